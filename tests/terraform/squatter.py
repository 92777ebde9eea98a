"""Becomes a process with a given pid, which must be free: `python squatter.py PID SECONDS`.

Exit code 3 where this machine does not let us choose a pid (it takes Linux,
and root or CAP_CHECKPOINT_RESTORE).
"""

import ctypes
import os
import signal
import sys

_CLONE3 = 435
_FIELDS = "flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup"


class _Args(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in _FIELDS.split()]


def main() -> None:
    pid, seconds = int(sys.argv[1]), sys.argv[2]
    wanted = (ctypes.c_int32 * 1)(pid)
    args = _Args(exit_signal=signal.SIGCHLD, set_tid=ctypes.addressof(wanted), set_tid_size=1)
    libc = ctypes.PyDLL(None, use_errno=True)  # it keeps the interpreter's lock: the child needs it
    made = libc.syscall(_CLONE3, ctypes.byref(args), ctypes.sizeof(args))
    if made == 0:
        os.execvp("sleep", ["sleep", seconds])  # noqa: S606 - to become it is the point
    if made != pid:
        sys.exit(3)
    sys.stdout.write("sits\n")
    sys.stdout.flush()
    os.waitpid(pid, 0)


main()

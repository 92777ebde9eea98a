"""Between fork and exec: ties a child's life to its parent's, then becomes the child.

Run as `python -I -S launch.py PARENT_PID DESCRIPTOR PROGRAM ARG…`; the descriptor
closes when the program runs. A process of its own because code between fork
and exec is unsafe in a program with threads. Linux only does the tying;
elsewhere a resumed run waits for the orphan instead.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for SIGINT at the parent's death, restore what Python or a shell ignores, exec."""
    parent, told, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    os.set_inheritable(told, False)  # noqa: FBT003 - it takes no name
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background job ignores it, and hands that on
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:  # it died before the request above could count
            sys.exit(130)
    os.execv(program, sys.argv[3:])  # noqa: S606 - exec is this file's one job


main()

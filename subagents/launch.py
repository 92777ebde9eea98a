"""Between fork and exec: waits to be told what to become, ties its life to its parent's, becomes that.

Run as `python -I -S launch.py PARENT_PID TOLD,LEASH`. LEASH ends with the parent;
what comes on it first is the command (`launcher._told`), and says that its start is
recorded. TOLD closes when the program runs. A process of its own because code
between fork and exec is unsafe in a program with threads. Linux only does the
tying; elsewhere a resumed run waits for the orphan instead. Whom an interrupt is sent to
is said here too, for planner and for what watches in its place.
"""

import marshal
import os
import select
import signal
import sys

PR_SET_PDEATHSIG = 1
SIZE_BYTES = 8
_ENGINES = ("terraform", "tofu", "opentofu")  # what their programs' names begin with


def main() -> None:
    """Wait, have SIGINT sent at the parent's death, restore what Python or a shell ignores, exec."""
    parent, ends = int(sys.argv[1]), sys.argv[2]
    told, leash = map(int, ends.split(","))
    for descriptor in (told, leash):
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - it takes no name
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background job ignores it, and hands that on
    said = read(leash, int.from_bytes(read(leash, SIZE_BYTES), "big"))
    argv, cwd, env, stdout, stderr = marshal.loads(said)  # noqa: S302 - our own parent wrote it
    for place, path in ((1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC), place)
    os.chdir(cwd)
    if sys.platform == "linux":
        try:
            me = os.pidfd_open(os.getpid())
        except (
            AttributeError,
            OSError,
        ):  # an old kernel: its signal comes once for each of planner's threads
            import ctypes  # noqa: PLC0415 - it costs as much as all the rest

            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        else:
            pid = os.getpid()
            if os.fork() == 0:
                watch(leash, me, pid)
        if os.getppid() != parent:  # it died before the request above could count
            sys.exit(130)
    become(argv, env)


def become(argv: tuple[bytes, ...], env: dict[bytes, bytes]) -> None:
    """The program; where it is one of another machine, or lacks its interpreter, a line that says so."""
    try:
        os.execve(argv[0], argv, env)  # noqa: S606 - exec is this file's one job
    except OSError as error:
        os.write(2, f"{os.fsdecode(argv[0])} cannot be run: {error.strerror}\n".encode(errors="replace"))
        os._exit(126)


def read(leash: int, size: int) -> bytes:
    """So many bytes; without them the parent died, could not record the start, or needs nobody any more."""
    said = b""
    while len(said) < size:
        part = os.read(leash, size - len(said))
        if not part:
            sys.exit(130)
        said += part
    return said


def watch(leash: int, child: int, pid: int) -> None:
    """Wait for the end of the leash or of the child (a pidfd); interrupt the child once if the leash was cut.

    A byte on the leash says that the parent has done that itself. Never returns.
    """
    os.setsid()  # of the child's group it would be one more process to wait for
    low, high = sorted((leash, child))
    os.closerange(0, low)
    os.closerange(low + 1, high)
    os.closerange(high + 1, 256)
    poll = select.poll()
    poll.register(leash, select.POLLIN)
    poll.register(child, select.POLLIN)
    ready = dict(poll.poll())
    if child not in ready and not os.read(leash, 1):
        for engine in engines_under(pid):
            os.kill(engine, signal.SIGINT)
    os._exit(0)


def engines_under(pid: int) -> list[int]:
    """Whom an interrupt of this process is for: itself, or the engines that it waits for as a wrapper does.

    A shell hands no interrupt on, others kill their child at one: the engine would never save its state.
    """
    at_depth, below = [pid], _children()
    while at_depth:
        engines = [one for one in at_depth if _is_engine(_program(one))]
        if engines:
            return engines
        at_depth = [child for one in at_depth for child in below.get(one, ())]
    return [pid]


def _is_engine(program: str) -> bool:
    return program.startswith(_ENGINES) and "provider-" not in program


def _children() -> dict[int, list[int]]:
    """Of each process; empty where the system does not tell."""
    below: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except OSError:
                continue  # it ended while we looked
            below.setdefault(parent, []).append(int(name))
    return below


def _program(pid: int) -> str:
    """The name of the file that a process runs: a script's is its interpreter's."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return ""


if __name__ == "__main__":
    main()

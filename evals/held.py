"""Run as a child of the harness: holds one thing until its standard input ends, then gives it back.

    python -I held.py aws | lock STATE INFO | disk FOLDER ASIDE

A process of its own because moto has one set of objects a process, and so have
POSIX locks one holder; and because input ends even where the harness is killed,
so that nothing stays behind. Prints `ok WHAT` once it holds the thing, or `no WHY`.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

_ROOM = 16 * 2**20
"""Bytes of the small file system beside what lay in the folder; nothing of it is free."""
_NO_SETUID_NO_DEVICES = 2 | 4
_DETACH = 2


@contextmanager
def aws() -> Iterator[str]:
    """An AWS of its own on loopback; yields its port."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - a development dependency, and only of this

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield str(server.get_host_and_port()[1])  # it ends with the process: stopping it takes half a second


@contextmanager
def lock(state: str, info: str) -> Iterator[str]:
    """The lock that Terraform takes on a local state, with what it writes beside it."""
    path = Path(state)
    beside = path.with_name(f".{path.name.removeprefix('.')}.lock.info")
    new = not path.exists()
    with path.open("ab") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        beside.write_text(info, encoding="utf-8")
        yield ""
        beside.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            if new and not path.stat().st_size:
                path.unlink()


@contextmanager
def disk(folder: str, aside: str) -> Iterator[str]:
    """A full file system over a folder, with what lies in it; what lies there then stays."""
    top, kept = Path(folder), Path(aside)
    shutil.copytree(top, kept, symlinks=True)
    size = _ROOM + sum(path.lstat().st_size for path in kept.rglob("*"))
    options = f"size={size},mode=755".encode()
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform != "linux" or libc.mount(
        b"tmpfs", os.fsencode(top), b"tmpfs", _NO_SETUID_NO_DEVICES, options
    ):
        shutil.rmtree(kept)
        raise OSError(ctypes.get_errno(), "no small file system can be mounted here")
    try:
        shutil.copytree(kept, top, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(kept)
        with tempfile.TemporaryFile(dir=top, buffering=0) as plug:  # it has no name: nobody sees it
            with suppress(OSError):
                while True:
                    plug.write(bytes(4096))
            yield ""
        shutil.copytree(top, kept, symlinks=True)
    finally:
        libc.umount2(os.fsencode(top), _DETACH)
    for path in top.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    shutil.copytree(kept, top, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(kept)


_KINDS: dict[str, Callable[..., AbstractContextManager[str]]] = {"aws": aws, "lock": lock, "disk": disk}


def main(kind: str, *arguments: str) -> None:
    """Hold what is asked for."""
    try:
        with _KINDS[kind](*arguments) as told:
            print(f"ok {told}", flush=True)
            sys.stdin.read()
    except OSError as error:
        print(f"no {error.strerror or error}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

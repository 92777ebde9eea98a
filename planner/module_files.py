"""Which files are a module's own and its called modules' code, and what tells each from another one (G1).

Decides what belongs to what an approval is bound to: every file below the
module and below each module it calls, wherever it lies, but for what Terraform
and Git keep there for themselves, by exact name. And how much of that is
looked at: what is no plain file is known by its kind, the folders in which a
machine shows itself are not entered, and more than a module can sensibly hold
is an operator's error, said before anything large is read. Whoever asks may
have it stop in the middle. Starts nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from contracts.errors import ModuleError

LOCK = ".terraform.lock.hcl"
MOST_BYTES = 4 << 30
MOST_FILES = 200_000
_DATA = ".terraform"
_MODULES = Path(_DATA, "modules")
_TERRAFORMS = frozenset({"environment", "modules", "plugin_path", "plugins", "providers"})
"""What Terraform keeps in `.terraform`, beside a state's form for the backend's settings."""
_STATE = re.compile(r".*\.tfstate(?:(?:\.[0-9]+)?\.backup)?|\..*\.tfstate\.lock\.info", re.DOTALL)
_GIT = ".git"
"""Rewritten by each clone; no checkout can hold a file of this name."""
Halt = Callable[[], None]
"""Called again and again while files are looked at; raises where somebody wants that to end."""
_EACH = 64
"""So many files are looked at between two such calls."""
_MACHINE = ("/proc", "/sys", "/dev")
_MEMORY = "/dev/shm"  # noqa: S108 - a place for files like any other; nothing of ours is written there


def installed(root: Path) -> list[tuple[str, Path]]:
    """Key (`a.b`) and folder of each module that is called, as the last init wrote them down."""
    try:
        listed = json.loads((root / _MODULES / "modules.json").read_bytes()).get("Modules") or []
        found = [(str(entry["Key"]), str(entry["Dir"])) for entry in listed]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return [(key, root / folder) for key, folder in found if key]


_OUTPUTS = (1, 2)
"""Where this process prints to."""
_CODE = (".tf", ".tf.json", ".tofu", ".tofu.json", ".tfvars", ".tfvars.json", ".hcl")


def go_on() -> None:
    """The `Halt` of whoever wants to see it through."""


def own_files(
    root: Path, but: Path | None, halt: Halt = go_on, *, printed: frozenset[str] | None = None
) -> dict[str, bytes]:
    """The files below the module, without those that `called_files` tells. Raises `ModuleError`.

    `but` is a folder that is no part of it, wherever a link leads to it; `printed`: see there.
    """
    if printed is None:
        printed = printed_in(root, but, halt)
    named = ((str(path.relative_to(root)), path) for path in _walked(root, root, _left_out(but), halt))
    return contents(((name, path) for name, path in named if name not in printed), halt)


def printed_in(root: Path, but: Path | None, halt: Halt = go_on) -> frozenset[str]:
    """The files below the module into which this very process prints: with each word they are other ones.

    Known by the open file, never by a name. What is run or read as code counts all the same.
    """
    into = set()
    for descriptor in _OUTPUTS:
        with suppress(OSError):
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode) and not found.st_mode & 0o111:
                into.add((found.st_dev, found.st_ino))
    if not into:
        return frozenset()
    files = (path for path in _walked(root, root, _left_out(but), halt) if not path.name.endswith(_CODE))
    return frozenset(str(path.relative_to(root)) for path in files if _identity(path) in into)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def called_files(root: Path, but: Path | None, halt: Halt = go_on) -> dict[str, bytes]:
    """The files of the modules it calls that do not lie among its own, and where each of them lies.

    Init installs a package as a whole, so all of it counts, in the folder that it has in
    `.terraform/modules`; where init is still to come, there is none yet. What lies elsewhere is told by
    the call: init writes another way to it down in a copy of the module. Raises `ModuleError`.
    """
    keys: dict[str, str] = {}
    tops: dict[str, Path] = {}
    listed = []
    for key, folder in sorted(installed(root)):
        place = Path(os.path.relpath(folder, root))
        if place.is_relative_to(_MODULES):
            package = Path(*place.parts[: len(_MODULES.parts) + 1])
            tops[str(package)] = root / package
        elif ".." in place.parts or _DATA in place.parts:
            place = Path(keys.setdefault(os.path.realpath(folder), f"module.{key}"))
            tops[str(place)] = folder
        listed.append((key, str(place)))
    places = (
        (os.path.join(name, os.path.relpath(path, top)), path)  # noqa: PTH118 - a name, not a path
        for name, top in tops.items()
        for path in _walked(top, root, _left_out(root, but), halt, whole=_is_package(name, top))
    )
    found = contents(places, halt)
    return found | {"": json.dumps(listed).encode()} if listed else found


def contents(files: Iterable[tuple[str, Path]], halt: Halt = go_on) -> dict[str, bytes]:
    """By name: a digest, where a link to a folder leads, or of what kind it is that is no plain file.

    Their sizes are asked of all before one is read. Raises `ModuleError` where that would be too much.
    """
    told: dict[str, bytes] = {}
    plain: dict[str, tuple[Path, int]] = {}
    total = 0
    for name, path in files:
        if len(told) % _EACH == 0:
            halt()
        told[name] = b""
        try:
            found = path.stat()
            if stat.S_ISDIR(found.st_mode):
                told[name] = os.fsencode(path.readlink())
            elif not stat.S_ISREG(found.st_mode):  # to read a pipe would wait for ever
                told[name] = f"kind {stat.S_IFMT(found.st_mode):o}".encode()
            else:
                plain[name] = path, found.st_size
                total += found.st_size
        except OSError:
            continue
        if total > MOST_BYTES:
            largest = max(plain, key=lambda one: plain[one][1])
            raise _too_much(f"more than {MOST_BYTES >> 20} MiB", largest, f"{plain[largest][1]} bytes")
        if len(told) > MOST_FILES:
            place, count = Counter(Path(one).parts[0] for one in told).most_common(1)[0]
            raise _too_much(f"more than {MOST_FILES} files", place, f"{count} files")
    return told | {name: _hashed(*where, halt) for name, where in plain.items()}


def _is_package(name: str, top: Path) -> bool:
    """Whether init put it there; of a path without `./` or `../` it makes a link to where somebody works."""
    return name.startswith(_DATA) and not top.is_symlink()


def _left_out(*folders: Path | None) -> set[str]:
    return {os.path.realpath(folder) for folder in folders if folder is not None}


def _walked(top: Path, root: Path, seen: set[str], halt: Halt, *, whole: bool = False) -> Iterator[Path]:
    """The files below a folder, and the links to folders; no folder twice, whatever leads to it.

    `whole`: Terraform runs in no folder below it, so that nothing there is its own.
    """
    machine = _is_machine(os.path.realpath(top))
    for place, folders, files in os.walk(top, followlinks=True):
        halt()
        real = os.path.realpath(place)
        if real in seen or (_is_machine(real) and not machine):
            folders.clear()
            continue
        seen.add(real)
        if len(seen) > MOST_FILES:
            raise _too_much(f"more than {MOST_FILES} folders", os.path.relpath(place, root), "one of them")
        kept = frozenset() if whole or Path(place).name != _DATA else _TERRAFORMS
        folders[:] = sorted({*folders} - kept - {_GIT})
        yield from (path for name in folders if (path := Path(place, name)).is_symlink())
        for name in sorted({*files} - kept - {_GIT}):
            lock = name == LOCK and Path(place) == root  # has a digest of its own
            if whole or not (lock or _STATE.fullmatch(name)):
                yield Path(place, name)


def _is_machine(real: str) -> bool:
    """Whether a folder shows the machine's processes and devices: it has no end, and no code of a module."""
    path = Path(real)
    return any(map(path.is_relative_to, _MACHINE)) and not path.is_relative_to(_MEMORY)


def _hashed(path: Path, size: int, halt: Halt) -> bytes:
    """No more of a file than it said to hold: some of the system's say 0, and never end."""
    digest = hashlib.sha256()
    try:
        if size:
            with path.open("rb") as file:
                while size > 0 and (chunk := file.read(min(size, 1 << 20))):
                    halt()
                    digest.update(chunk)
                    size -= len(chunk)
    except OSError:
        return b""
    return digest.digest()


def _too_much(what: str, place: str, how: str) -> ModuleError:
    return ModuleError(
        f"what an approval is bound to cannot be told: {what} lie in the module and the modules it calls, "
        f"such as {place} ({how})",
        remedy=f"move {place} out of there, or take away the link that leads to it, then `planner resume`",
    )

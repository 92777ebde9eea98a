"""Nothing outside the module is read, whatever a path says and whatever lies on its way."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from subagents.workspace import (
    FOLDER,
    LONGEST_NAME,
    MOST_BYTES,
    Plain,
    RefusedError,
    inside,
    read_inside,
    replace_at,
)

SECRET = "not of this module"


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.tf").write_text(SECRET, encoding="utf-8")
    module = tmp_path / "ws"
    (module / "sub").mkdir(parents=True)
    (module / "sub" / "x.tf").write_text("here\r\n", encoding="utf-8", newline="")
    (tmp_path / "ws-evil").mkdir()
    (tmp_path / "ws-evil" / "x.tf").write_text(SECRET, encoding="utf-8")
    return module


def test_a_file_of_the_module_is_read_as_it_is(module: Path) -> None:
    assert read_inside(module, "sub/x.tf") == "here\r\n"


def test_a_module_named_by_a_link_is_read(module: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(module)
    assert read_inside(tmp_path / "link", "sub/x.tf") == "here\r\n"


@pytest.mark.parametrize(
    "name",
    [
        "../outside/x.tf",
        "sub/../../outside/x.tf",
        "../ws-evil/x.tf",
        "/etc/passwd",
        "sub\\x.tf",
        "sub/x.tf\0.tf",
        "",
        ".",
        "sub",
        "absent.tf",
        "x" * 5000,
        "sub/x.tf/y.tf",
    ],
)
def test_what_is_no_file_of_the_module_is_refused(module: Path, name: str) -> None:
    with pytest.raises(RefusedError):
        read_inside(module, name)


def _link(module: Path, outside: Path) -> None:
    (module / "l.tf").symlink_to(outside / "x.tf")


def _dangling(module: Path, outside: Path) -> None:
    (module / "l.tf").symlink_to(outside / "gone.tf")


def _within(module: Path, outside: Path) -> None:
    (module / "l.tf").symlink_to(module / "sub" / "x.tf")


def _hard(module: Path, outside: Path) -> None:
    (module / "l.tf").hardlink_to(outside / "x.tf")


def _fifo(module: Path, outside: Path) -> None:
    os.mkfifo(module / "l.tf")


def _huge(module: Path, outside: Path) -> None:
    (module / "l.tf").write_bytes(b"#" * (MOST_BYTES + 1))


def _binary(module: Path, outside: Path) -> None:
    (module / "l.tf").write_bytes(b"\xff\xfe")


@pytest.mark.parametrize("make", [_link, _dangling, _within, _hard, _fifo, _huge, _binary])
def test_links_and_what_is_no_plain_text_are_refused(
    module: Path, tmp_path: Path, make: Callable[[Path, Path], None]
) -> None:
    make(module, tmp_path / "outside")
    with pytest.raises(RefusedError):
        read_inside(module, "l.tf")


def test_a_name_with_a_backslash_is_refused_though_there_is_such_a_file(module: Path) -> None:
    (module / "sub\\x.tf").write_text("here", encoding="utf-8")
    with pytest.raises(RefusedError):
        read_inside(module, "sub\\x.tf")


def test_a_file_and_a_name_may_be_as_long_as_the_limits_say(module: Path) -> None:
    (module / "long.tf").write_bytes(b"#" * MOST_BYTES)
    assert len(read_inside(module, "long.tf")) == MOST_BYTES
    assert inside("x" * LONGEST_NAME).name == "x" * LONGEST_NAME


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../x.tf", "'../x.tf' is no path inside the module"),
        ("x" * (LONGEST_NAME + 1), f"'{'x' * 40}'… is longer than 4096 characters"),
        ("gone.tf", "'gone.tf' cannot be read: No such file or directory"),
        ("huge.tf", "'huge.tf' is no plain file of at most 1048576 bytes with one name"),
        ("binary.tf", "'binary.tf' is not UTF-8"),
    ],
)
def test_a_refusal_names_the_file_and_the_reason(module: Path, name: str, why: str) -> None:
    (module / "huge.tf").write_bytes(b"#" * (MOST_BYTES + 1))
    (module / "binary.tf").write_bytes(b"\xff\xfe")
    with pytest.raises(RefusedError) as refused:
        read_inside(module, name)
    assert str(refused.value) == why


def test_a_folder_that_is_a_link_is_refused(module: Path, tmp_path: Path) -> None:
    (module / "linked").symlink_to(tmp_path / "outside")
    with pytest.raises(RefusedError):
        read_inside(module, "linked/x.tf")


def test_a_folder_swapped_for_a_link_while_it_is_read_leads_nowhere_else(
    module: Path, tmp_path: Path
) -> None:
    (module / "aside").symlink_to(tmp_path / "outside")
    done = Event()

    def swap() -> None:
        while not done.is_set():
            for old, new in (("sub", "kept"), ("aside", "sub"), ("sub", "aside"), ("kept", "sub")):
                (module / old).rename(module / new)

    swapper = Thread(target=swap)
    swapper.start()
    read, refused = 0, 0
    try:
        until = time.monotonic() + 30
        while min(read, refused) < 200 and time.monotonic() < until:
            try:
                assert read_inside(module, "sub/x.tf") == "here\r\n"
                read += 1
            except RefusedError:
                refused += 1
    finally:
        done.set()
        swapper.join()
    assert min(read, refused) == 200, "the race was never run"


NOBODY = 65534


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_that_root_replaces_stays_its_owners(module: Path) -> None:
    with opened(module / "sub") as folder:
        replace_at(folder, "x.tf", Plain(b"there", 0o640, (NOBODY, NOBODY)), via="new")
    found = (module / "sub" / "x.tf").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (NOBODY, NOBODY, 0o640)
    assert read_inside(module, "sub/x.tf") == "there"


def test_a_file_whose_owner_cannot_be_kept_is_replaced_all_the_same(module: Path) -> None:
    me = os.geteuid()
    with opened(module / "sub") as folder:
        if me == 0:
            os.fchown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            replace_at(folder, "x.tf", Plain(b"there", 0o640, (0, 0)), via="new")
            mine = os.geteuid()
        finally:
            os.seteuid(me)
    assert [path.name for path in (module / "sub").iterdir()] == ["x.tf"]
    assert read_inside(module, "sub/x.tf") == "there"
    assert (module / "sub" / "x.tf").stat().st_uid == mine


def test_what_is_being_written_is_nobody_elses_to_read_until_it_is_whole(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    fsync = os.fsync
    fchmod = os.fchmod

    def look(descriptor: int, mode: int) -> None:
        found = os.fstat(descriptor)
        seen.append((found.st_mode & 0o777, found.st_size))
        fchmod(descriptor, mode)

    def keep(descriptor: int) -> None:
        seen.append("file" if stat.S_ISREG(os.fstat(descriptor).st_mode) else "folder")
        fsync(descriptor)

    monkeypatch.setattr(os, "fchmod", look)
    monkeypatch.setattr(os, "fsync", keep)
    with opened(module / "sub") as folder:
        replace_at(folder, "x.tf", Plain(b"there", 0o644, (os.geteuid(), os.getegid())), via="new")
    assert seen == [(0o600, len(b"there")), "file", "folder"]

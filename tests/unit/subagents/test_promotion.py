"""A promotion changes all its files or none, whatever fails in it, and can be taken back to the byte."""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subagents.promotion import interrupted, promote, restore, roll_back
from subagents.remediator.edit_config import Change
from subagents.workspace import MOST_BYTES, RefusedError

CHANGES = {
    "main.tf": Change("a\r\n", "b\r\n"),
    "sub/x.tfvars": Change("c", "d\n"),
    ".terraform.lock.hcl": Change("# old\n", "# new\n"),
}
Tree = dict[str, tuple[bytes, int]]


@pytest.fixture
def module(tmp_path: Path) -> Path:
    module = tmp_path / "ws"
    make(module, CHANGES)
    (module / "sub" / "x.tfvars").chmod(0o640)
    return module


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "home" / "backup"


def make(module: Path, changes: dict[str, Change]) -> None:
    for name, change in changes.items():
        (module / name).parent.mkdir(parents=True, exist_ok=True)
        (module / name).write_bytes(change.before.encode())


def tree(module: Path) -> Tree:
    """All there is, half-written files too: bytes and modes."""
    files = (path for path in sorted(module.rglob("*")) if not path.is_dir())
    return {str(f.relative_to(module)): (f.read_bytes(), stat.S_IMODE(f.lstat().st_mode)) for f in files}


def test_what_is_promoted_stands_in_the_module_and_what_stood_there_in_the_backup(
    module: Path, backup: Path
) -> None:
    before = tree(module)
    promote(module, CHANGES, backup)
    after = tree(module)
    assert {name: content for name, (content, _) in after.items()} == {
        name: change.after.encode() for name, change in CHANGES.items()
    }
    assert [mode for _, mode in after.values()] == [mode for _, mode in before.values()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in backup.rglob("*") if path.is_file()} == {0o600}
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    said = json.loads((backup / "manifest.json").read_bytes())["files"]
    assert [file["name"] for file in said] == list(CHANGES)
    assert not interrupted(module, backup)
    assert restore(module, backup) == tuple(CHANGES)
    assert tree(module) == before
    assert restore(module, backup) == (), "what is old is left"


@pytest.mark.parametrize(
    "name", ["../x.tf", "/x.tf", "", ".", "a/../../x", "a\\b", "x\0", "./main.tf", "sub//x.tfvars", "gone.tf"]
)
def test_a_name_that_leads_elsewhere_or_nowhere_is_refused(module: Path, backup: Path, name: str) -> None:
    before = tree(module)
    with pytest.raises(RefusedError):
        promote(module, {**CHANGES, name: Change("a\r\n", "x")}, backup)
    assert tree(module) == before
    assert not backup.exists()


def _hard(module: Path) -> None:
    (module / "main.tf").rename(module.parent / "main.tf")
    (module / "main.tf").hardlink_to(module.parent / "main.tf")


def _linked(module: Path) -> None:
    (module / "main.tf").rename(module.parent / "main.tf")
    (module / "main.tf").symlink_to(module.parent / "main.tf")


def _folder_linked(module: Path) -> None:
    (module / "sub").rename(module.parent / "sub")
    (module / "sub").symlink_to(module.parent / "sub")


def _changed(module: Path) -> None:
    (module / "sub" / "x.tfvars").write_bytes(b"mine")


@pytest.mark.parametrize("change", [_hard, _linked, _folder_linked, _changed])
def test_what_changed_meanwhile_or_lies_behind_a_link_is_not_replaced(
    module: Path, backup: Path, change: Callable[[Path], None]
) -> None:
    change(module)
    before = tree(module.parent)
    with pytest.raises(RefusedError):
        promote(module, CHANGES, backup)
    assert tree(module.parent) == before


@pytest.mark.parametrize("text", ["x" * (MOST_BYTES + 1), "\ud800"])
def test_a_text_that_could_not_be_put_back_is_not_promoted(module: Path, backup: Path, text: str) -> None:
    with pytest.raises(RefusedError):
        promote(module, {"main.tf": Change("a\r\n", text)}, backup)


def test_a_file_changed_after_the_first_was_replaced_takes_the_first_back(
    module: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def and_then(*args: Any, **options: Any) -> None:
        replace(*args, **options)
        if args[1] == "main.tf":
            (module / "sub" / "x.tfvars").write_bytes(b"mine")

    monkeypatch.setattr(os, "replace", and_then)
    with pytest.raises(RefusedError, match="changed meanwhile"):
        promote(module, CHANGES, backup)
    assert (module / "main.tf").read_bytes() == b"a\r\n"
    assert (module / "sub" / "x.tfvars").read_bytes() == b"mine"


@pytest.mark.parametrize("gone", [False, True])
def test_nothing_is_put_back_where_a_file_holds_anything_else(
    module: Path, backup: Path, *, gone: bool
) -> None:
    promote(module, CHANGES, backup)
    (module / "sub" / "x.tfvars").unlink()
    if not gone:
        (module / "sub" / "x.tfvars").write_bytes(b"mine")
    before = tree(module)
    with pytest.raises(RefusedError, match=r"sub/x\.tfvars"):
        restore(module, backup)
    assert tree(module) == before


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"files": [], "token": "../x", "version": 1}', b'{"files": [1]}']
)
def test_a_damaged_backup_is_told(module: Path, backup: Path, content: bytes) -> None:
    promote(module, CHANGES, backup)
    before = tree(module)
    (backup / "manifest.json").write_bytes(content)
    for act in (restore, roll_back, interrupted):
        with pytest.raises(RefusedError):
            act(module, backup)
    (backup / "manifest.json").unlink()
    with pytest.raises(RefusedError, match="no backup"):
        restore(module, backup)
    assert tree(module) == before


def test_an_old_text_that_was_tampered_with_is_not_put_back(module: Path, backup: Path) -> None:
    promote(module, CHANGES, backup)
    before = tree(module)
    (backup / "before" / "1").write_bytes(b"other")
    with pytest.raises(RefusedError, match="damaged"):
        restore(module, backup)
    assert tree(module) == before


def test_a_backup_that_is_needed_is_not_written_over(module: Path, backup: Path) -> None:
    promote(module, CHANGES, backup)
    with pytest.raises(RefusedError, match="stands"):
        promote(module, {"main.tf": Change("b\r\n", "c")}, backup)
    restore(module, backup)
    promote(module, {"main.tf": Change("a\r\n", "c")}, backup)
    assert restore(module, backup) == ("main.tf",)


class Died(BaseException):
    """The process is no more."""


class Disk:
    """Counts what is done to the disk; at one count it fails, once or ever after, or the process dies."""

    NAMES = ("open", "fsync", "replace", "fchmod", "mkdir", "unlink", "stat")

    def __init__(self, patch: pytest.MonkeyPatch, at: int, how: str) -> None:
        self.at, self.how, self.done, self.reached = at, how, 0, False
        for name in self.NAMES:
            patch.setattr(os, name, self._wrapped(getattr(os, name)))

    def _wrapped(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def act(*args: Any, **options: Any) -> Any:
            self.done += 1
            self.reached |= self.done > self.at
            hit, past = self.done == self.at + 1, self.done > self.at
            if self.how == "dies after" and hit:
                real(*args, **options)
            if past and self.how.startswith("dies"):
                raise Died
            if hit or (past and self.how == "fails for good"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*args, **options)

        return act


def broken(how: str, act: Callable[[int], object]) -> Iterator[tuple[int, bool]]:
    """Acts with the disk breaking at its first use, its second, and so on; each time told: did it raise."""
    for at in count():
        raised = ""
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(patch, at, how)
            try:
                act(at)
            except (RefusedError, Died) as error:
                raised = str(error) or how
        assert how != "fails" or not raised or os.strerror(errno.ENOSPC) in raised
        yield at, bool(raised)
        if not disk.reached:
            assert at > 30, "the disk was hardly used"
            return


@pytest.mark.parametrize("how", ["dies before", "dies after", "fails for good"])
def test_a_promotion_that_broke_off_anywhere_is_rolled_back_to_the_byte(
    module: Path, tmp_path: Path, how: str
) -> None:
    old = tree(module)
    new = {name: (change.after.encode(), old[name][1]) for name, change in CHANGES.items()}
    backups = tmp_path / "backups"
    seen = set()
    for at, _ in broken(how, lambda at: promote(module, CHANGES, backups / str(at))):
        backup, now = backups / str(at), tree(module)
        for name in CHANGES:
            assert now[name] in {old[name], new[name]}, "a file is never half old and half new"
        assert interrupted(module, backup) == (now not in (old, new))
        seen.add("old" if now == old else "new" if now == new else "between")
        roll_back(module, backup)
        assert tree(module) == old
        assert not interrupted(module, backup)
    assert seen == {"old", "between", "new"}


def test_a_promotion_that_fails_anywhere_changes_nothing(module: Path, tmp_path: Path) -> None:
    old = tree(module)
    backups = tmp_path / "backups"
    for at, raised in broken("fails", lambda at: promote(module, CHANGES, backups / str(at))):
        if raised:
            assert tree(module) == old
            assert not interrupted(module, backups / str(at))


@pytest.mark.parametrize("how", ["fails", "dies before", "dies after"])
def test_a_taking_back_that_broke_off_anywhere_can_be_done_again(
    module: Path, backup: Path, how: str
) -> None:
    old = tree(module)
    promote(module, CHANGES, backup)
    for _ in broken(how, lambda _: restore(module, backup)):
        restore(module, backup)
        assert tree(module) == old
        promote(module, CHANGES, backup)


NAMES = st.sampled_from(["a.tf", "b.tfvars", ".terraform.lock.hcl", "s/a.tf", "s/t/ü.tf", "x" * 250 + ".tf"])
FILES = st.dictionaries(
    NAMES,
    st.tuples(st.text(max_size=40), st.text(max_size=40), st.sampled_from([0o400, 0o600, 0o644, 0o755])),
)


@settings(deadline=None, max_examples=50)  # a disk that syncs takes what it takes
@given(FILES)
def test_to_promote_and_to_restore_is_to_do_nothing(files: dict[str, tuple[str, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        module, backup = Path(place, "ws"), Path(place, "backup")
        module.mkdir()
        changes = {name: Change(before, after) for name, (before, after, _) in files.items()}
        make(module, changes)
        for name, (_, _, mode) in files.items():
            (module / name).chmod(mode)
        old = tree(module)
        promote(module, changes, backup)
        assert tree(module) == {name: (after.encode(), mode) for name, (_, after, mode) in files.items()}
        assert not interrupted(module, backup)
        assert set(restore(module, backup)) == {
            n for n, (before, after, _) in files.items() if before != after
        }
        assert tree(module) == old

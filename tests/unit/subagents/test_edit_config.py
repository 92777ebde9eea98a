"""Edits touch what they name exactly once, and their patch is what git makes of them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from contracts.remediation import Edit
from subagents.remediator.edit_config import Change, changed, patch
from subagents.workspace import RefusedError

MAIN = 'resource "x" "a" {\n  size = 1\n  name = "a"\n}\n'
WORDS = st.lists(st.sampled_from(["a", "b", "size = 1", "\n", "\r\n", " ", "}", "é", "\f"]), max_size=12).map(
    "".join
)


def edit(search: str, replace: str = "", file: str = "main.tf") -> Edit:
    return Edit(file=file, search=search, replace=replace)


def after(*edits: Edit, text: str = MAIN) -> Mapping[str, Change]:
    return changed(edits, lambda _: text)


def test_a_text_that_stands_there_once_is_replaced() -> None:
    assert after(edit("size = 1", "size = 2"))["main.tf"].after == MAIN.replace("1", "2")


def test_a_later_edit_sees_what_an_earlier_one_made() -> None:
    both = after(edit("size = 1", "size = 2"), edit("size = 2", "size = 3", file="./main.tf"))
    assert {name: change.after for name, change in both.items()} == {"main.tf": MAIN.replace("1", "3")}


@pytest.mark.parametrize("search", ["absent", "a", "", "\n"])
def test_a_text_that_does_not_stand_there_exactly_once_is_refused(search: str) -> None:
    with pytest.raises(RefusedError, match="exactly once"):
        after(edit(search, "z"))


def test_occurrences_that_overlap_count() -> None:
    with pytest.raises(RefusedError, match="2 times"):
        after(edit("aa", "z"), text="aaa")


@pytest.mark.parametrize(
    "file",
    [
        "main.tf.json",
        "run.sh",
        ".terraformrc",
        ".hidden.tf",
        ".terraform/modules/m/main.tf",
        ".terraform.lock.hcl",
        "terraform.tfstate",
        "tf",
        ".tf",
        'a"b.tf',
        "a\nb.tf",
    ],
)
def test_only_files_of_configuration_that_can_be_seen_are_touched(file: str) -> None:
    with pytest.raises(RefusedError):
        after(edit("size = 1", "size = 2", file=file))


def test_an_edit_that_changes_nothing_makes_no_patch() -> None:
    assert patch(after(edit("size = 1", "size = 1"))) == ""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(before=WORDS, replace=WORDS, at=st.integers(0, 60), length=st.integers(1, 9))
def test_git_applies_the_patch_and_takes_it_back(before: str, replace: str, at: int, length: int) -> None:
    start = at % max(1, len(before))
    search = before[start : start + length]
    assume(search and before.find(search, before.find(search) + 1) < 0)
    changes = after(edit(search, replace, file="sub dir/main.tf"), text=before)
    assume(changes)
    wanted = changes["sub dir/main.tf"].after
    with TemporaryDirectory() as there:
        file = Path(there, "sub dir", "main.tf")
        file.parent.mkdir()
        file.write_bytes(before.encode())
        _git(there, patch(changes))
        assert file.read_bytes() == wanted.encode()
        _git(there, patch(changes), "--reverse")
        assert file.read_bytes() == before.encode()


def _git(there: str, text: str, *options: str) -> None:
    command = ["git", "apply", "--unidiff-zero", "--whitespace=nowarn", *options]
    done = subprocess.run(command, cwd=there, input=text.encode(), capture_output=True, check=False)
    assert done.returncode == 0, (done.stderr, text)

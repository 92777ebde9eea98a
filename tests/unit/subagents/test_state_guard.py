"""A local state that cannot be believed stops a plan before it starts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest

from contracts.terraform import StateMark
from subagents.remediator.unlock import lock_of
from subagents.terraform.state_guard import doubt_about, fault_of, mark_in, mark_of, outputs_in

GOOD = json.dumps({"version": 4, "serial": 1, "lineage": "a", "resources": []})
FAULTS = {
    "0 bytes": (b"", "State file is empty"),
    "only white space": (b" \n", "State file is empty"),
    "cut off": (GOOD[:20].encode(), "State file is damaged"),
    "no object": (b"[]", "State file is damaged"),
    "not UTF-8": (b"\xff\xfe{", "State file is damaged"),
}


@pytest.mark.parametrize(("raw", "summary"), FAULTS.values(), ids=FAULTS.keys())
def test_a_state_that_is_none_is_named(tmp_path: Path, raw: bytes, summary: str) -> None:
    (tmp_path / "terraform.tfstate").write_bytes(raw)
    fault = fault_of(tmp_path)
    assert fault is not None
    assert fault.summary == summary
    assert "terraform.tfstate" in fault.detail


def test_no_state_and_a_good_state_are_no_fault(tmp_path: Path) -> None:
    assert fault_of(tmp_path) is None
    (tmp_path / "terraform.tfstate").write_text(GOOD, encoding="utf-8")
    assert fault_of(tmp_path) is None


def test_an_unsaved_state_blocks_until_it_is_pushed(tmp_path: Path) -> None:
    (tmp_path / "errored.tfstate").write_text(GOOD, encoding="utf-8")
    fault = fault_of(tmp_path)
    assert fault is not None
    assert "state push" in fault.detail


def backend(module: Path, kind: str, **config: str) -> None:
    (module / ".terraform").mkdir()
    told = {"backend": {"type": kind, "config": config}}
    (module / ".terraform/terraform.tfstate").write_text(json.dumps(told), encoding="utf-8")


def test_of_an_unsaved_state_that_is_empty_it_is_told_where_the_whole_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "errored.tfstate").touch()
    fault = fault_of(tmp_path)
    assert fault is not None
    assert "errored.tfstate is empty" in fault.detail
    assert "`planner show` of that run tells where" in fault.detail


def test_a_remote_state_is_its_backends_business(tmp_path: Path) -> None:
    backend(tmp_path, "s3", bucket="b")
    (tmp_path / "terraform.tfstate").write_bytes(b"")
    assert fault_of(tmp_path) is None


def test_the_path_of_a_local_backend_counts(tmp_path: Path) -> None:
    backend(tmp_path, "local", path="kept/here.tfstate")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/here.tfstate").write_bytes(b"")
    fault = fault_of(tmp_path)
    assert fault is not None
    assert "kept/here.tfstate" in fault.detail


def test_the_selected_workspace_counts(tmp_path: Path) -> None:
    folder = tmp_path / "terraform.tfstate.d/blue"
    folder.mkdir(parents=True)
    (folder / "terraform.tfstate").write_bytes(b"")
    assert fault_of(tmp_path) is None
    assert fault_of(tmp_path, "blue") is not None
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform/environment").write_text("blue", encoding="utf-8")
    assert fault_of(tmp_path) is not None


# --- what was last seen of it -------------------------------------------------------------------

KNOWN = StateMark(lineage="aaaa", serial=7, instances=2)


def write(
    folder: Path, *, lineage: str = "aaaa", serial: int = 7, instances: int = 2, name: str = ""
) -> None:
    made = {"mode": "managed", "instances": [{}] * instances}
    looked_up = {"mode": "data", "instances": [{}]}
    state = {"version": 4, "serial": serial, "lineage": lineage, "resources": [made, looked_up]}
    (folder / f"terraform.tfstate{name}").write_text(json.dumps(state), encoding="utf-8")


DOUBTS: dict[str, tuple[dict[str, object], str]] = {
    "of another lineage": ({"lineage": "bbbb"}, "not the one planner last saw (lineage bbbb, was aaaa)"),
    "with a lower serial": ({"serial": 6}, "older than planner last saw (serial 6, was 7)"),
    "edited by hand": ({"instances": 1}, "was edited (1 object, were 2, at the same serial)"),
    "valid but empty": ({"serial": 8, "instances": 0}, "has no objects any more, and planner last saw 2"),
}


@pytest.mark.parametrize(("changed", "told"), DOUBTS.values(), ids=DOUBTS.keys())
def test_a_state_that_cannot_have_become_so_is_doubted(
    tmp_path: Path, changed: dict[str, int], told: str
) -> None:
    write(tmp_path, **changed)  # type: ignore[arg-type]
    doubt = doubt_about(KNOWN, tmp_path)
    assert doubt is not None
    assert told in doubt


NO_DOUBTS: dict[str, dict[str, int]] = {
    "the same": {},
    "written by somebody else since": {"serial": 9, "instances": 1},
    "grown by somebody else": {"serial": 8, "instances": 5},
}


@pytest.mark.parametrize("changed", NO_DOUBTS.values(), ids=NO_DOUBTS.keys())
def test_a_state_that_went_on_is_believed(tmp_path: Path, changed: dict[str, int]) -> None:
    write(tmp_path, **changed)  # type: ignore[arg-type]
    assert doubt_about(KNOWN, tmp_path) is None


def test_what_was_never_seen_and_what_is_not_there_is_not_doubted(tmp_path: Path) -> None:
    assert doubt_about(KNOWN, tmp_path) is None
    write(tmp_path)
    assert doubt_about(None, tmp_path) is None
    assert mark_of(tmp_path) == KNOWN


def test_the_backup_is_named_with_what_it_holds_if_it_is_of_the_same_state(tmp_path: Path) -> None:
    write(tmp_path, serial=3, instances=0)
    write(tmp_path, serial=7, name=".backup")
    assert "terraform.tfstate.backup holds serial 7 with 2 objects" in (doubt_about(KNOWN, tmp_path) or "")
    write(tmp_path, lineage="cccc", serial=7, name=".backup")
    assert "backup" not in (doubt_about(KNOWN, tmp_path) or "")


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"lineage": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_state_has_no_mark(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "terraform.tfstate").write_bytes(raw)
    assert mark_of(tmp_path) is None


@pytest.mark.parametrize(
    "number",
    ["9" * 5000, "-" + "9" * 5000, "9" * 400 + ".5", "1e999"],
    ids=["many digits", "below zero", "a fraction", "an exponent"],
)
def test_a_number_that_python_does_not_hold_is_no_damage(tmp_path: Path, number: str) -> None:
    told = GOOD[:-1] + f', "outputs": {{"o": {{"value": {number}, "type": "number"}}}}}}'
    (tmp_path / "terraform.tfstate").write_text(told, encoding="utf-8")
    assert fault_of(tmp_path) is None
    assert mark_of(tmp_path) == StateMark(lineage="a", serial=1, instances=0)
    assert (outputs_in(tmp_path) or {})["o"]["value"] == number


def test_a_saved_plan_tells_which_state_it_was_made_from(tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    with ZipFile(plan, "w") as saved:
        saved.writestr("tfstate", json.dumps({"lineage": "0b0e", "serial": 3, "resources": []}))
    assert mark_in(plan) == StateMark(lineage="0b0e", serial=3, instances=0)


@pytest.mark.parametrize("state", [None, "", "[]", '{"lineage": "", "serial": 0, "resources": []}'])
def test_a_plan_of_no_state_or_without_one_tells_of_none(tmp_path: Path, state: str | None) -> None:
    plan = tmp_path / "plan"
    with ZipFile(plan, "w") as saved:
        saved.writestr("tfplan" if state is None else "tfstate", state or "")
    assert mark_in(plan) is None
    plan.write_text('{"remote_plan_format": 1}', encoding="utf-8")
    assert mark_in(plan) is None
    plan.unlink()
    assert mark_in(plan) is None


def test_an_unsaved_state_that_was_cut_off_is_not_to_be_pushed(tmp_path: Path) -> None:
    (tmp_path / "errored.tfstate").write_text(GOOD[:-9], encoding="utf-8")
    fault = fault_of(tmp_path)
    assert fault is not None
    assert "errored.tfstate is cut off" in fault.detail


def test_an_unsaved_state_that_nobody_could_look_into_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsaved = tmp_path / "errored.tfstate"

    def told() -> str:
        fault = fault_of(tmp_path)
        assert fault is not None
        assert "remove" not in fault.detail
        return fault.detail

    for strange in ('{"version": 4, "resources": null}', "[" * 100_000 + "]" * 100_000):
        unsaved.write_text(strange, encoding="utf-8")
        assert "holds no state that planner understands" in told()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as denied:
        denied.setattr(Path, "open", refuse)
        denied.setattr(Path, "read_bytes", refuse)
        assert "cannot be read (Permission denied)" in told()
    unsaved.unlink()
    unsaved.mkdir()
    assert "cannot be read (it is no file)" in told()


HOLDS = """
import fcntl, sys, time
state = open(sys.argv[1], "r+b")
fcntl.lockf(state, fcntl.LOCK_EX)
print(flush=True)
time.sleep(60)
"""


@contextmanager
def held(state: Path) -> Iterator[None]:
    """Another process holds it, as a Terraform does."""
    with subprocess.Popen([sys.executable, "-c", HOLDS, state], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield
        holder.kill()


@pytest.mark.parametrize("raw", [b"", GOOD[:20].encode()])
def test_a_state_that_somebody_is_writing_is_held_not_damaged(tmp_path: Path, raw: bytes) -> None:
    state = tmp_path / "terraform.tfstate"
    state.write_bytes(raw)
    note = {"ID": "6f1a9d1c-0000", "Who": "ada@box", "Created": "2026-11-20T10:00:00.5Z", "Other": "x"}
    (tmp_path / ".terraform.tfstate.lock.info").write_text(json.dumps(note), encoding="utf-8")
    with held(state):
        fault = fault_of(tmp_path)
    assert fault is not None
    assert fault.summary == "Error acquiring the state lock"
    found = lock_of([fault])
    assert found is not None
    assert (found.id, found.who) == ("6f1a9d1c-0000", "ada@box")
    assert found.created == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize("note", [None, "", "[]", "{"])
def test_a_held_state_is_held_whatever_is_noted_of_its_holder(tmp_path: Path, note: str | None) -> None:
    state = tmp_path / "terraform.tfstate"
    state.write_bytes(b"")
    if note is not None:
        (tmp_path / ".terraform.tfstate.lock.info").write_text(note, encoding="utf-8")
    with held(state):
        fault = fault_of(tmp_path)
    assert fault is not None
    assert fault.summary == "Error acquiring the state lock"


def test_a_note_that_a_killed_holder_left_makes_no_damaged_state_whole(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfstate").write_bytes(b"")
    (tmp_path / ".terraform.tfstate.lock.info").write_text('{"ID": "6f1a9d1c"}', encoding="utf-8")
    fault = fault_of(tmp_path)
    assert fault is not None
    assert fault.summary == "State file is empty"

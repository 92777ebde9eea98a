"""What an apply made and could not save is kept, in private, and never mistaken."""

from __future__ import annotations

import json
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from subagents.terraform.recovery import rescued_in
from subagents.terraform.rescue import rescue, too_little_space
from subagents.terraform.state_guard import fault_of

STATE = {"version": 4, "serial": 3, "lineage": "l", "resources": [{"mode": "managed", "instances": [{}]}]}
DUMP = json.dumps({"@message": "Emergency state dump", "type": "log", "state": STATE})
EARLIER = json.dumps({"@message": "Emergency state dump", "type": "log", "state": STATE | {"serial": 2}})


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    import os  # noqa: PLC0415

    before = os.umask(0)
    yield
    os.umask(before)


def places(folder: Path, printed: str) -> tuple[Path, Path]:
    module, output = folder / "module", folder / "out" / "apply-1"
    module.mkdir()
    output.mkdir(parents=True)
    (output / "stdout").write_text(printed, encoding="utf-8")
    return module, output


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_apply_that_saved_its_state_needs_no_rescue(tmp_path: Path) -> None:
    assert rescue(*places(tmp_path, '{"type": "change_summary"}\n')) is None


def test_the_file_that_terraform_left_is_made_private_and_blocks_the_next_plan(tmp_path: Path) -> None:
    module, output = places(tmp_path, "")
    left = module / "errored.tfstate"
    left.write_text(json.dumps(STATE), encoding="utf-8")
    told = rescue(module, output)
    assert told is not None
    assert mode(left) == 0o600
    assert fault_of(module) is not None


@pytest.mark.parametrize(
    "left",
    [None, "", json.dumps(STATE)[:-9]],
    ids=["no file", "an empty file, for the disk was full", "a part"],
)
def test_a_state_on_the_output_is_written_where_the_next_plan_stops_at_it(
    tmp_path: Path, left: str | None
) -> None:
    module, output = places(tmp_path, f"{EARLIER}\nnoise\n{DUMP}\n{DUMP[:-9]}\n")
    if left is not None:
        (module / "errored.tfstate").write_text(left, encoding="utf-8")
    told = rescue(module, output)
    assert told is not None
    assert "state push" in told.detail
    kept = module / "errored.tfstate"
    assert json.loads(kept.read_bytes()) == STATE
    assert mode(kept) == 0o600
    assert fault_of(module) is not None
    assert rescue(module, output) is not None, "whoever comes after a crash does the same again"
    assert json.loads(kept.read_bytes()) == STATE


def test_where_the_module_takes_no_file_the_state_is_kept_beside_the_output(tmp_path: Path) -> None:
    _, output = places(tmp_path, DUMP + "\n")
    nowhere = tmp_path / "gone"
    told = rescue(nowhere, output)
    assert told is not None
    assert str(output / "errored.tfstate") in told.detail
    assert json.loads((output / "errored.tfstate").read_bytes()) == STATE


@pytest.mark.parametrize(("left", "what"), [("", "is empty"), ('{"lineage": "l"', "is cut off")])
def test_a_file_without_a_state_that_nothing_else_holds_is_told(tmp_path: Path, left: str, what: str) -> None:
    module, output = places(tmp_path, "")
    (module / "errored.tfstate").write_text(left, encoding="utf-8")
    told = rescue(module, output)
    assert told is not None
    assert f"{what}, and nothing else holds it" in told.detail
    assert mode(module / "errored.tfstate") == 0o600


@pytest.mark.parametrize(
    "printed",
    ['{"lineage": "x"}', '{"state": {"lineage": 1}}', '"lineage"', "{" * 9, '{"state": "\\"lineage\\""}'],
)
def test_what_only_looks_like_a_state_is_none(tmp_path: Path, printed: str) -> None:
    module, output = places(tmp_path, printed + "\n")
    assert rescue(module, output) is None
    assert not (module / "errored.tfstate").exists()


def test_whoever_comes_after_a_crash_rescues_too(tmp_path: Path) -> None:
    module, output = places(tmp_path, DUMP + "\n")
    rescued_in(output.parent, module)
    assert json.loads((module / "errored.tfstate").read_bytes()) == STATE


def test_an_apply_must_not_begin_where_its_output_could_not_hold_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "terraform.tfstate"
    state.write_bytes(b"x" * 1000)
    assert too_little_space(tmp_path, state) is None

    class Full:
        f_bavail, f_frsize = 8192 + 3, 1024  # a kilobyte short of what the floor and four states take

    monkeypatch.setattr("os.statvfs", lambda _: Full)
    told = too_little_space(tmp_path, state)
    assert told is not None
    assert "no space left on device" in told.detail
    assert too_little_space(tmp_path, None) is None


def test_an_apply_must_not_begin_where_no_file_may_grow_as_large_as_the_state_may(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        told = too_little_space(tmp_path, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert told is not None
    assert "no file may grow larger than 1,048,576 bytes here (raise that limit: ulimit" in told.detail


def test_the_numbers_of_a_rescued_state_are_those_that_terraform_printed(tmp_path: Path) -> None:
    numbers = ["9" * 5000, "0.10000000000000000000000001", "123456789.50", "-7"]
    told = DUMP.replace("[{}]", f"[{{}}, {', '.join(numbers)}]")
    module, output = places(tmp_path, f"{told}\n")
    assert rescue(module, output) is not None
    kept = (module / "errored.tfstate").read_text(encoding="utf-8")
    assert [line.strip(" ,") for line in kept.splitlines() if line.strip(" ,") in numbers] == numbers

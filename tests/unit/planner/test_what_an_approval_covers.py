"""Which files an approval is bound to, wherever they lie, and that no file makes the look at them endless."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from contracts.approval import Approval
from contracts.context import ModuleFacts
from contracts.errors import ModuleError, StoppedError
from contracts.journal import Decided
from contracts.proposal import Binding
from contracts.remediation import Edit, EditConfig
from contracts.run import RunState, StopKind
from planner import module_files
from planner.baseline import world_of
from tests.fakes.planning import CREATE_A
from tests.fakes.scripted_fixer import Planned, ScriptedFixer, broken, mended_by

STATES = [
    *(
        "terraform.tfstate",
        "other.tfstate",
        "terraform.tfstate.backup",
        "terraform.tfstate.1700000000.backup",
    ),
    *(".terraform.tfstate.lock.info", "errored.tfstate", "terraform.tfstate.d/prod/terraform.tfstate"),
]


def put(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def calls(module: Path, *folders: str, manifest: bool = True) -> Path:
    """A module that init has made ready, with the modules it calls."""
    put(module / "main.tf", "# root\n")
    listed = [{"Key": "", "Source": "", "Dir": "."}]
    for number, folder in enumerate(folders):
        put(module / folder / "main.tf", f"# {number}\n")
        listed.append({"Key": f"m{number}", "Source": folder, "Dir": folder})
    if manifest:
        put(module / ".terraform/modules/modules.json", json.dumps({"Modules": listed}))
    return module


def world(module: Path) -> Binding:
    return world_of(module, {})


@pytest.fixture
def module(tmp_path: Path) -> Path:
    return tmp_path / "work/module"


# --- the code of called modules -----------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        "hook.sh",
        "scripts/deep/er/hook.sh",
        ".hidden/hook.sh",
        "terraform.tfstate.d/hook.sh",
        ".terraform/hook.sh",
        ".terraform.lock.hcl",
    ],
)
@pytest.mark.parametrize("source", ["./x", "../shared/x", "..", ".terraform/modules/m0"])
def test_a_file_of_a_called_module_belongs_to_what_was_approved_at_any_depth(
    module: Path, source: str, script: str
) -> None:
    calls(module, source)
    absent = world(module)
    hook = put(module / source / script)
    before = world(module)
    hook.write_text("#!/bin/sh\nrm -rf /\n", encoding="utf-8")
    assert len({one.model_dump_json() for one in (absent, before, world(module))}) == 3


def test_a_package_counts_as_a_whole_where_a_folder_of_it_is_called(module: Path) -> None:
    calls(module, ".terraform/modules/net/inner")
    hook = put(module / ".terraform/modules/net/scripts/hook.sh")
    before = world(module)
    hook.write_text("other", encoding="utf-8")
    assert world(module).modules != before.modules


def test_another_folder_that_a_call_is_led_to_is_another_world(module: Path) -> None:
    calls(module, "./x")
    put(module / "y/main.tf", "# 0\n")
    before = world(module)
    listed = module / ".terraform/modules/modules.json"
    put(listed, listed.read_text(encoding="utf-8").replace('"Dir": "./x"', '"Dir": "./y"'))
    assert world(module) != before


def test_a_fresh_checkout_and_init_of_the_same_source_is_the_same_world(module: Path, tmp_path: Path) -> None:
    package = ".terraform/modules/net"
    calls(module, package, "../shared/x")
    put(module / package / ".git/index", "times of one clone")
    put(module / ".git/index", "times of one clone")
    put(module / ".terraform/modules/modules.json.tmp", "left over")
    again = tmp_path / "again/module"
    calls(again, package, "../shared/x")
    put(again / package / ".git/index", "times of another clone")
    put(again / ".git", "gitdir: elsewhere")
    listed = again / ".terraform/modules/modules.json"
    told = json.loads(listed.read_text(encoding="utf-8"))
    put(listed, json.dumps({"Modules": told["Modules"][::-1]}, indent=1))
    os.utime(again / package / "main.tf", (1, 1))
    assert world(again) == world(module)


def test_the_way_to_a_called_module_does_not_count_and_which_one_it_is_does(module: Path) -> None:
    calls(module, "../shared", "../shared/x", "../shared/y")
    before = world(module)
    (module.parent / "far").mkdir()
    (module.parent / "far/link").symlink_to(module.parent / "shared")
    listed = module / ".terraform/modules/modules.json"
    text = listed.read_text(encoding="utf-8")
    put(listed, text.replace('"Dir": "../shared', '"Dir": "../far/link'))
    assert world(module) == before
    put(listed, text.replace('"Dir": "../shared/x"', '"Dir": "../shared/y"'))
    assert world(module) != before


def test_before_init_only_the_called_code_is_missing(module: Path) -> None:
    calls(module, ".terraform/modules/net", "../shared")
    before = world(module)
    shutil.rmtree(module / ".terraform")
    absent = world(module)
    assert absent.modules != before.modules
    assert absent == before.model_copy(update={"modules": absent.modules})


# --- states -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("folder", ["", "../shared"])
def test_a_state_is_no_part_of_the_files(module: Path, folder: str, name: str) -> None:
    calls(module, "../shared")
    before = world(module)
    put(module / folder / name, '{"serial": 1}')
    now = world(module)
    assert (now.tree, now.modules) == (before.tree, before.modules)


@pytest.mark.parametrize(
    "name",
    [
        "hook.tfstate.sh",
        "terraform.tfstate.sh.backup",
        "terraform.tfstate.old",
        "x.tfstate.d/a",
        "tfstate.backup",
    ],
)
@pytest.mark.parametrize("folder", ["", "x", "../shared"])
def test_a_file_that_is_only_called_like_a_state_is(module: Path, folder: str, name: str) -> None:
    calls(module, "./x", "../shared")
    hook = put(module / folder / name)
    before = world(module)
    hook.write_text("other", encoding="utf-8")
    assert world(module) != before


# --- what has no end ----------------------------------------------------------------------------


def sparse(path: Path) -> None:
    put(path, "")
    os.truncate(path, 500 << 30)


def many(path: Path) -> None:
    for number in range(30):
        put(path / f"{number}.txt")


@pytest.mark.parametrize("make", [sparse, many])
@pytest.mark.parametrize("folder", ["data", "../shared/data"])
def test_what_is_too_much_to_be_looked_at_is_named_and_not_read(
    module: Path, folder: str, make: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module_files, "MOST_FILES", 20)
    calls(module, "../shared")
    make(module / folder)
    with pytest.raises(ModuleError, match="data" if folder == "data" else "module.m0") as error:
        world(module)
    assert "move" in error.value.remedy


def test_every_file_counts_however_many_there_are(module: Path) -> None:
    calls(module)
    for number in range(200):
        put(module / f"data/{number // 20}/{number}.txt")
    before = world(module)
    put(module / "data/9/199.txt", "other")
    assert world(module) != before


@pytest.mark.parametrize(
    "place", ["/proc", "/sys", "/dev", "/proc/self", "/proc/kmsg", "/dev/zero", "/dev/tty"]
)
def test_what_shows_the_machine_is_not_entered(module: Path, place: str) -> None:
    calls(module)
    before = world(module)
    (module / "p").symlink_to(place)
    (module / "x").mkdir()
    (module / "x/again").symlink_to(place)
    assert world(module).tree != before.tree
    assert world(module) == world(module)


def test_a_pipe_and_a_link_in_a_circle_are_known_by_what_they_are(module: Path) -> None:
    calls(module)
    os.mkfifo(module / "pipe")
    (module / "self").symlink_to(module)
    (module / "up").symlink_to(module.parent)
    assert world(module) == world(module)
    put(module.parent / "beside.sh")
    before = world(module)
    put(module.parent / "beside.sh", "other")
    assert world(module) != before, "a link to a folder leads to what the module may use"


# --- the copy in which a fix is proven ----------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["main.tf~", ".main.tf.swp", "#main.tf#", "crash.log", ".terragrunt-cache/x"]
)
def test_a_file_that_anything_can_read_belongs_to_what_a_fix_was_proven_with(
    tmp_path: Path, name: str
) -> None:
    wrong = 'resource "terraform_data" "a" {\n  inptu = 1\n}\n'
    edit = EditConfig(summary="spell it", edits=(Edit(file="main.tf", search="inptu", replace="input"),))
    bench = broken(tmp_path, {"main.tf": wrong}, edit)
    put(tmp_path / "module" / name, "one")
    mended_by(bench, ScriptedFixer(Planned((CREATE_A,))))
    bench.drive()
    asked = bench.record.pending
    assert asked is not None
    said = Approval(decision="approve", digest=asked.digest, actor="ada", at=bench.clock.now())
    bench.journal.append(Decided(approval=said))
    put(tmp_path / "module" / name, "two")
    record = bench.drive()
    assert record.parked
    assert "the approval does not count" in record.reason
    assert "a log that somebody writes into it is one too" in record.reason


# --- what planner itself writes there -----------------------------------------------------------


@pytest.fixture
def output(module: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[str]]:
    """Where this process prints to: a file in the module."""
    with put(calls(module, "./x") / "run.log", "RUNNING\n").open("a", encoding="utf-8") as file:
        monkeypatch.setattr(module_files, "_OUTPUTS", (file.fileno(),))
        yield file


def test_what_this_process_prints_into_the_module_is_no_part_of_it(module: Path, output: IO[str]) -> None:
    before = world(module)
    print("DIAGNOSING", file=output, flush=True)
    assert world(module) == before
    (module / "run.log").unlink()
    assert world(module) == before


@pytest.mark.parametrize(("name", "mode"), [("more.tf", 0o600), ("a.auto.tfvars", 0o600), ("run.sh", 0o700)])
def test_where_it_prints_into_what_is_run_or_read_as_code_it_is(
    module: Path, monkeypatch: pytest.MonkeyPatch, name: str, mode: int
) -> None:
    path = put(calls(module, "./x") / name)
    path.chmod(mode)
    before = world(module)
    with path.open("a", encoding="utf-8") as file:
        monkeypatch.setattr(module_files, "_OUTPUTS", (file.fileno(),))
        print("# DIAGNOSING", file=file, flush=True)
        assert world(module) != before


def test_a_file_that_others_print_into_counts(module: Path, output: IO[str]) -> None:
    before = world(module)
    put(module / "other.log", "x")
    assert world(module) != before


def test_a_fix_is_approved_whose_answer_is_printed_into_the_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = 'resource "terraform_data" "a" {\n  inptu = 1\n}\n'
    edit = EditConfig(summary="spell it", edits=(Edit(file="main.tf", search="inptu", replace="input"),))
    bench = broken(tmp_path, {"main.tf": wrong}, edit)
    mended_by(bench, ScriptedFixer(Planned((CREATE_A,))))
    with put(tmp_path / "module/run.log", "").open("a", encoding="utf-8") as file:
        monkeypatch.setattr(module_files, "_OUTPUTS", (file.fileno(),))
        print("RUNNING", file=file, flush=True)
        bench.drive()
        print("approval needed", file=file, flush=True)
        assert bench.record.pending is not None
        digest = bench.record.pending.digest
        said = Approval(decision="approve", digest=digest, actor="ada", at=bench.clock.now())
        bench.journal.append(Decided(approval=said))
        assert bench.drive().state is RunState.SUCCESS


# --- who wants it to end ------------------------------------------------------------------------


def halting(after: int) -> Callable[[], None]:
    """Wants the look to end at that call."""
    calls = iter(range(after))

    def halt() -> None:
        if next(calls, None) is None:
            raise StoppedError("stop", remedy="")

    return halt


@pytest.mark.parametrize("after", [0, 1, 5, 9])
def test_a_look_at_many_files_ends_where_somebody_wants_it_to(module: Path, after: int) -> None:
    for number in range(10):
        put(calls(module, "../shared") / f"f{number}/main.tf")
        put(module.parent / f"shared/f{number}/main.tf")
    with pytest.raises(StoppedError):
        world_of(module, {}, halt=halting(after))


def test_a_run_that_is_stopped_while_its_module_is_looked_at_ends_so(tmp_path: Path) -> None:
    edit = EditConfig(summary="x", edits=(Edit(file="main.tf", search="a", replace="b"),))
    bench = broken(tmp_path, {"main.tf": "locals { a = 1 }\n"}, edit)
    copies = ScriptedFixer(Planned((CREATE_A,)))
    mended_by(bench, ScriptedFixer(), copies)

    def interrupted(_: object) -> ModuleFacts:
        bench.stop.kind = StopKind.INTERRUPT
        return ModuleFacts()

    bench._facts = interrupted
    record = bench.drive()
    assert (record.state, record.stop) == (RunState.FAILED, StopKind.INTERRUPT)
    assert copies.calls == []
    assert not bench.rundir.sandbox.exists()

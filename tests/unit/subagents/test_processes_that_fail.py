"""How a Terraform process ended that did not end by itself, or could not begin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.errors import EngineError, StoreError
from contracts.identity import ProcessId
from contracts.ports import Command, Exit, Stop
from contracts.run import StopKind
from contracts.terraform import ApplyRequest, Ended, Engine, PlanRequest
from subagents.clock import SystemClock
from subagents.process import SystemProcessRunner
from subagents.terraform.agent import EngineAgent
from tests.fakes.planning import SetStop

ENGINE = Engine(name="tofu", version="1.9.0", argv=("/bin/tofu",), init_json=True)
MINUTE = timedelta(minutes=1)


class EndingRunner:
    """Runs nothing: every process prints nothing and ends so."""

    def __init__(self, exit_: Exit) -> None:
        self._exit = exit_

    def run(
        self,
        command: Command,
        *,
        on_start: Callable[[ProcessId], None],
        on_line: Callable[[bytes], None],
        stop: Stop,
    ) -> Exit:
        command.stdout.touch()
        command.stderr.write_text("Killed\n", encoding="utf-8")
        return self._exit


def agent(folder: Path, exit_: Exit) -> EngineAgent:
    return EngineAgent(
        engine=ENGINE,
        runner=EndingRunner(exit_),
        environment={},
        out_dir=folder / "out",
        on_progress=lambda _: None,
    )


ENDS = {
    "the kernel's killer": (
        Exit(code=None, signal=9, ended=Ended.KILLED, duration_s=3),
        "signal 9 (SIGKILL)",
    ),
    "a crash": (Exit(code=None, signal=11, ended=Ended.KILLED, duration_s=3), "signal 11 (SIGSEGV)"),
    "a wrapper's child": (Exit(code=137, ended=Ended.ERRORED, duration_s=3), "signal 9 (SIGKILL)"),
    "a signal without a name": (Exit(code=168, ended=Ended.ERRORED, duration_s=3), ""),
    "a code that is no signal's": (Exit(code=255, ended=Ended.ERRORED, duration_s=3), ""),
    "an error": (Exit(code=1, ended=Ended.ERRORED, duration_s=3), ""),
    "our own kill, of what printed without end": (
        Exit(code=None, signal=9, ended=Ended.KILLED, duration_s=3, flooded=True),
        "",
    ),
    "our own kill, after its time": (Exit(code=None, signal=9, ended=Ended.KILLED, duration_s=99), ""),
}


@pytest.mark.parametrize(("exit_", "by"), ENDS.values(), ids=ENDS.keys())
def test_a_kill_from_outside_is_told_with_its_command(tmp_path: Path, exit_: Exit, by: str) -> None:
    made = agent(tmp_path, exit_)
    plan = made.plan(PlanRequest(module=tmp_path, timeout=MINUTE), SetStop(), lambda _: None)
    assert plan.killed == (f"tofu plan was killed by {by}" if by else "")
    request = ApplyRequest(module=tmp_path, timeout=MINUTE, plan_file=tmp_path / "plan")
    apply = made.apply(request, SetStop(), lambda _: None)
    assert apply.killed == (f"tofu apply was killed by {by}" if by else "")


def test_a_folder_for_the_output_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    made = agent(tmp_path, Exit(code=0, ended=Ended.COMPLETED, duration_s=3))
    with pytest.raises(StoreError, match="out cannot be written") as told:
        made.plan(PlanRequest(module=tmp_path, timeout=MINUTE), SetStop(), lambda _: None)
    assert "planner resume" in told.value.remedy


def test_a_program_that_went_away_is_told(tmp_path: Path) -> None:
    made = EngineAgent(
        engine=ENGINE.model_copy(update={"argv": (str(tmp_path / "gone"),)}),
        runner=SystemProcessRunner(SystemClock()),
        environment={},
        out_dir=tmp_path / "out",
        on_progress=lambda _: None,
    )
    with pytest.raises(EngineError, match=r"tofu cannot be run: .*gone"):
        made.plan(PlanRequest(module=tmp_path, timeout=MINUTE), SetStop(), lambda _: None)


def test_what_dies_after_it_was_asked_to_stop_was_not_killed_from_outside(tmp_path: Path) -> None:
    stop = SetStop()
    stop.kind = StopKind.INTERRUPT
    made = agent(tmp_path, Exit(code=None, signal=9, ended=Ended.KILLED, duration_s=3))
    assert made.plan(PlanRequest(module=tmp_path, timeout=MINUTE), stop, lambda _: None).killed == ""


def test_what_an_apply_printed_stays_where_planner_fails_in_the_middle_of_it(tmp_path: Path) -> None:
    class Failing(EndingRunner):
        def run(self, command: Command, **_: object) -> Exit:
            command.stdout.write_text("a state", encoding="utf-8")
            raise OSError(5, "Input/output error")

    made = agent(tmp_path, Exit(code=0, ended=Ended.COMPLETED, duration_s=3))
    made._runner = Failing(Exit(code=0, ended=Ended.COMPLETED, duration_s=3))
    request = ApplyRequest(module=tmp_path, timeout=MINUTE, plan_file=tmp_path / "plan")
    with pytest.raises(EngineError, match="Input/output error"):
        made.apply(request, SetStop(), lambda _: None)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.glob("out/apply-*/stdout*")] == ["a state"]


def test_an_output_without_end_is_the_first_thing_that_is_told(tmp_path: Path) -> None:
    made = agent(tmp_path, Exit(code=1, ended=Ended.ERRORED, duration_s=3, flooded=True))
    request = ApplyRequest(module=tmp_path, timeout=MINUTE, plan_file=tmp_path / "plan")
    result = made.apply(request, SetStop(), lambda _: None)
    assert result.diagnostics[0].summary == "The output does not end"

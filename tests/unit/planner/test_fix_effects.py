"""What a proof may take of a run's time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from contracts.fixing import ValidateRequest
from contracts.ports import FixingAgent, OnStart, Stop
from contracts.terraform import Ended, TerraformResult
from planner.fix_effects import LONGEST_VALIDATE, FixEffects
from subagents.workspace import RefusedError
from tests.fakes.planning import Bench


class Endless:
    """Takes all the time it is given."""

    def __init__(self, ended: Ended) -> None:
        self.ended = ended
        self.given: list[timedelta] = []

    def validate(self, request: ValidateRequest, stop: Stop, on_start: OnStart) -> TerraformResult:
        self.given.append(request.timeout)
        return TerraformResult(ended=self.ended, duration_s=request.timeout.total_seconds())


def effects(folder: Path, agent: Endless, left: timedelta) -> FixEffects:
    bench = Bench(folder)
    given = cast("FixingAgent", cast("Any", agent))
    return FixEffects(
        agent=given, prover=given, journal=bench.journal, stop=bench.stop, time_left=lambda: left
    )


@pytest.mark.parametrize("ended", [Ended.TIMED_OUT, Ended.KILLED])
def test_a18_a_fix_that_makes_terraform_compute_without_end_is_refused(tmp_path: Path, ended: Ended) -> None:
    bomb = Endless(ended)
    with pytest.raises(RefusedError, match="does not come to an end"):
        effects(tmp_path, bomb, timedelta(hours=1)).validate(tmp_path)
    assert bomb.given == [LONGEST_VALIDATE]


def test_a_run_whose_own_time_is_up_says_nothing_of_the_fix(tmp_path: Path) -> None:
    left = timedelta(seconds=5)
    late = Endless(Ended.TIMED_OUT)
    assert effects(tmp_path, late, left).validate(tmp_path).ended is Ended.TIMED_OUT
    assert late.given == [left]

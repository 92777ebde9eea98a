"""Why a run ended is told once, in words that a person would use."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.budget import Limits
from contracts.hypothesis import Source
from contracts.incident import Named
from contracts.journal import Moved
from contracts.remediation import WaitAndRetry
from contracts.run import RunRequest
from contracts.settings import Answer, Policy
from tests.fakes.planning import (
    DESTROY_B,
    INIT_BROKEN,
    Bench,
    ScriptedDiagnoser,
    ScriptedTerraform,
    hypothesis,
    plan_of,
)


@pytest.mark.parametrize(
    ("cap", "said"),
    [
        (1, "the cap of 1 retry is reached (tried: wait_and_retry for network)"),
        (3, "the cap of 3 retries is reached (tried: wait_and_retry for network, 3 times)"),
    ],
)
def test_what_was_tried_several_times_is_counted_and_not_repeated(
    tmp_path: Path, cap: int, said: str
) -> None:
    cause = hypothesis(WaitAndRetry(summary="wait", wait_s=1))
    waits = Named(hypothesis=cause, source=Source.SIGNATURE, origin="t")
    record = Bench(
        tmp_path,
        terraform=ScriptedTerraform(inits=[INIT_BROKEN]),
        diagnoser=ScriptedDiagnoser(waits),
        request=RunRequest(module=tmp_path, limits=Limits(max_retries=cap)),
    ).drive()
    assert record.reason.startswith(said)


def test_nobody_is_told_to_run_again_to_be_asked_what_the_policy_never_allows(tmp_path: Path) -> None:
    never = RunRequest(module=tmp_path, policy=Policy(destroy=Answer.NEVER))
    bench = Bench(tmp_path, terraform=ScriptedTerraform(plans=[plan_of(DESTROY_B)]), request=never)
    advice = bench.drive().incidents[-1].remediation.summary
    assert "asked anew" not in advice
    assert "policy" in advice


@pytest.mark.parametrize(
    ("workspace", "said"), [("default", "on the module"), ("prod", "on the module, workspace prod")]
)
def test_a_workspace_of_its_own_is_named_when_a_run_begins(tmp_path: Path, workspace: str, said: str) -> None:
    bench = Bench(tmp_path, request=RunRequest(module=tmp_path, workspace=workspace))
    bench.drive()
    begun = next(line.entry for line in bench.store.lines("run-1") if isinstance(line.entry, Moved))
    assert begun.outcome.reason.endswith(said)

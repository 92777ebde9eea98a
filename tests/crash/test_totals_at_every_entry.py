"""planner dies before and after every entry of a run that fails, asks and is mended: all is counted once."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.approval import Approval
from contracts.hypothesis import Source
from contracts.incident import Named
from contracts.journal import Decided
from contracts.remediation import WaitAndRetry
from contracts.run import RunState
from planner.recount import totals_of
from planner.store import Store
from tests.crash.test_every_entry import Died, MortalStore
from tests.fakes.metrics import totals
from tests.fakes.planning import (
    DESTROY_B,
    INIT_BROKEN,
    INIT_OK,
    AgreeableValidator,
    Bench,
    ScriptedDiagnoser,
    ScriptedTerraform,
    apply_of,
    hypothesis,
    plan_of,
)

WAIT = Named(
    hypothesis=hypothesis(WaitAndRetry(summary="wait", wait_s=1)), source=Source.SIGNATURE, origin="t"
)


def bench(folder: Path) -> Bench:
    """init breaks once, the plan destroys something, a check fails once."""
    return Bench(
        folder,
        terraform=ScriptedTerraform(
            inits=[INIT_BROKEN, INIT_OK],
            plans=[plan_of(DESTROY_B), plan_of(DESTROY_B), plan_of()],
            applies=[apply_of(DESTROY_B)],
        ),
        validator=AgreeableValidator(fails=1),
        diagnoser=ScriptedDiagnoser(WAIT),
    )


def to_its_end(run: Bench) -> None:
    """Drive it, and say yes to what it asks."""
    while run.drive().state is not RunState.SUCCESS and run.record.parked and run.record.pending:
        digest, now = run.record.pending.digest, run.clock.now()
        run.journal.append(Decided(approval=Approval(decision="approve", digest=digest, actor="ana", at=now)))


@pytest.mark.parametrize("after", [False, True], ids=["before it is durable", "after it is durable"])
def test_totals_are_those_of_the_journal_after_a_death_at_any_entry(tmp_path: Path, *, after: bool) -> None:
    whole = bench(tmp_path / "whole")
    to_its_end(whole)
    deaths = len(whole.store.lines("run-1")) - 1
    assert deaths > 25
    for n in range(1, deaths + 1):
        folder = tmp_path / f"death-{n}"
        run = bench(folder)
        run.store.close()
        run.store = MortalStore(folder / "planner.db", dies_at=n, after=after)
        run.journal._store = run.store
        with pytest.raises(Died):
            to_its_end(run)
        run.store.close()
        agree(folder)
        run.store = Store(folder / "planner.db")
        run.take_up()
        to_its_end(run)
        run.store.close()
        told = agree(folder)
        assert told["planner_runs_started_total"] == 1, f"death at entry {n}"
        assert sum(v for name, v in told.items() if name.startswith("planner_runs_ended")) <= 1


def agree(folder: Path) -> dict[str, float]:
    """What is counted, which is what the journal amounts to."""
    store = Store(folder / "planner.db")
    counted = {(name, labels): value for name, labels, value in store.rows("SELECT * FROM totals", ())}
    assert counted == pytest.approx(dict(totals_of("run-1", store.lines("run-1"))))
    told = totals(store)
    store.close()
    return told

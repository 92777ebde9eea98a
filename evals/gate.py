"""What makes a set of trials unfit to land: the gate of `make evals`. Pure."""

from __future__ import annotations

from evals.scenario import Suite, Tier
from evals.scores import Outcome
from evals.scripted import GOLD, SIGNATURE_ONLY
from evals.table import Table
from evals.trials import Ran


def broken(table: Table) -> list[str]:
    """What does not hold, a line each; empty: it may land."""
    found = []
    for cell in table.cells.values():
        case = cell.case
        failed = [s for s in cell.scores if s.outcome is not Outcome.PASS]
        solid = case.scenario.tier is Tier.MUST_PASS and cell.model == SIGNATURE_ONLY
        proof = case.scenario.suite is Suite.EXECUTED and cell.model == GOLD
        if failed and (solid or proof):
            what = "must pass" if solid else "is not proven"
            found.append(f"{case.id} ({case.expect.title}) {what}: {failed[0].why or failed[0].outcome}")
        if any(trial.ran is Ran.STALE_CASSETTE for trial in cell.trials):
            found.append(f"{case.id} with {cell.model}: no reply is recorded for what was asked")
        if any(trial.ran is Ran.CRASHED for trial in cell.trials):
            found.append(f"{case.id} with {cell.model}: planner ended without a result")
        found += [f"{case.id} with {cell.model} did harm: {', '.join(s.harm)}" for s in cell.scores if s.harm]
    if table.invalid:
        found.append("more than 5 % of the trials failed because of the environment: the run is invalid")
    return found

"""What is known of the world after an apply, by the plans made around it and what it reported. Pure.

Which of these are made is decided by `planner.steps`, what follows from them by
the checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from contracts.terraform import ApplyResult, ChangeAction, OutputValue, PlanResult
from contracts.validation import Observed

_OWN_CHECK_FAILED = "Check block assertion failed"


class Applied(NamedTuple):
    """What RUNNING hands to VALIDATING in the same process; a resumed run observes anew."""

    plan: PlanResult
    apply: ApplyResult | None
    code: Mapping[str, str]
    """What the module's code was made of just before it was planned."""


def own_checks_of(applied: Applied | None) -> str:
    """What the module's own `check` blocks said when they were last looked at: Terraform only warns."""
    told = () if applied is None else (applied.apply or applied.plan).diagnostics
    fail = {d.range for d in told if d.summary == _OWN_CHECK_FAILED}
    many = "an assertion" if len(fail) == 1 else f"{len(fail)} assertions"
    return f"; {many} of the module's own check blocks failed" if fail else ""


def observed_of(
    applied: Applied | None,
    replan: PlanResult | None,
    outputs: Mapping[str, OutputValue],
    code: Mapping[str, str],
) -> Observed:
    """What the checks are told; `code` is what the module's code is made of by now, file by file."""
    plan = applied.plan if applied is not None else replan
    declared = replan.outputs if replan is not None else outputs
    in_state = _state_after(applied) if replan is None else frozenset(replan.state_addresses)
    return Observed(
        expected_addresses=tuple(sorted(_wanted(plan))) if plan is not None else (),
        state_addresses=tuple(sorted(in_state)),
        outputs=outputs,
        declared_outputs=tuple(sorted(declared)),
        pending=replan.changes if replan is not None else None,
        drifted=replan.met if replan is not None else (),
        edited=_edited(applied.code, code) if applied is not None else (),
    )


def _edited(was: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The files that somebody changed since what was applied was planned; none where either is not known."""
    names = was.keys() | now if was and now else ()
    return tuple(sorted(name for name in names if was.get(name) != now.get(name)))


def _wanted(plan: PlanResult) -> frozenset[str]:
    """Every managed instance that should be in the state once a plan is applied."""
    gone = {c.address for c in plan.changes if c.action in {ChangeAction.DELETE, ChangeAction.REMOVE}}
    gone |= {c.previous_address for c in plan.changes if c.previous_address}
    # where something is made or changed, what goes is a deposed object, or one that moves on
    made = {c.address for c in plan.changes if c.action not in {ChangeAction.DELETE, ChangeAction.REMOVE}}
    return (frozenset(plan.state_addresses) - gone) | made


def _state_after(applied: Applied | None) -> frozenset[str]:
    """What is in the state after an apply, by what the plan found and the apply reported."""
    if applied is None:
        return frozenset()
    created = {c.address for c in applied.apply.applied if c.ok} if applied.apply else set()
    return _wanted(applied.plan) & (frozenset(applied.plan.state_addresses) | created)

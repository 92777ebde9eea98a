"""What a look at a module comes to; what a service computed by itself counts as nobody's change."""

from __future__ import annotations

from contracts.terraform import ChangeAction, Ended, PlannedChange, PlanResult


def change(address: str, action: ChangeAction = ChangeAction.UPDATE) -> PlannedChange:
    return PlannedChange(address=address, action=action)


def test_of_the_drift_an_apply_meets_what_it_would_change_and_what_is_gone() -> None:
    gone = change("a.gone", ChangeAction.DELETE)
    plan = PlanResult(
        ended=Ended.COMPLETED,
        changes=(change("a.by_hand"), change("a.gone", ChangeAction.CREATE), change("a.of_the_code")),
        drift=(change("a.by_hand"), change("a.computed"), gone),
    )
    assert plan.met == (change("a.by_hand"), gone)


def test_an_empty_plan_meets_only_what_is_gone() -> None:
    drift = (change("a.computed"), change("a.gone", ChangeAction.DELETE))
    assert PlanResult(ended=Ended.COMPLETED, drift=drift).met == drift[1:]

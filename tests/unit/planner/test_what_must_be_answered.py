"""What a plan and an answer allow: by action, by digest, by age, and by the fix that was proven."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from contracts.approval import Approval, ApprovalRequest, Proposal
from contracts.identity import EngineId
from contracts.record import RunRecord
from contracts.run import Carried, RunEvent, RunRequest
from contracts.settings import Answer, Approve, PlanAction, Policy
from contracts.terraform import ChangeAction, PlannedChange, PlanResult
from planner import approvals, plan_policy, questions
from planner.known_state import NothingKnown
from planner.world import PlainWorld
from tests.fakes.clock import START
from tests.fakes.planning import CREATE_A, DESTROY_B, plan_of

C, P, A = ChangeAction, PlanAction, Approve
NAMED = {
    C.CREATE: P.CREATE,
    C.UPDATE: P.UPDATE,
    C.IMPORT: P.IMPORT,
    C.REPLACE: P.REPLACE,
    C.DELETE: P.DESTROY,
    C.REMOVE: P.FORGET,
}
LOSES = {C.REPLACE, C.DELETE, C.REMOVE, C.UNKNOWN}
OF_DESTROY = {Answer.ASK: A.ASK, Answer.ALLOW: A.AUTO, Answer.NEVER: A.NEVER}


def record(**fields: object) -> RunRecord:
    request = fields.pop("request", None) or RunRequest(module=Path("/m"))
    base = RunRecord(
        run_id="r",
        request=request,
        engine=EngineId(name="t", version="1"),
        started_at=START,
        last_at=START,
    )
    return base.model_copy(update=fields)


class Once(NothingKnown):
    def __init__(self, made: frozenset[str]) -> None:
        self._made = made

    def doubted(self, seen: object = None) -> frozenset[str]:
        return self._made


class OneWorld(PlainWorld):
    def __init__(self, digest: str | None = "world", made: frozenset[str] = frozenset()) -> None:
        self._digest, self.known = digest, Once(made)

    def digest(self) -> str:
        assert self._digest is not None, "nobody asked"
        return self._digest


def needed(held: RunRecord, plan: PlanResult, world: str = "world") -> ApprovalRequest | None:
    return questions.approval_needed(held, plan, OneWorld(world), START)


def asking(**plan: Approve) -> RunRequest:
    return RunRequest(module=Path("/m"), plan={P(action): said for action, said in plan.items()})


@pytest.mark.parametrize(("action", "said", "destroy"), list(product(C, (None, *A), Answer)))
def test_what_a_profile_says_of_an_action_wins_else_only_losses_are_asked_about(
    action: ChangeAction, said: Approve | None, destroy: Answer
) -> None:
    plan = {NAMED[action]: said} if said is not None and action in NAMED else {}
    request = RunRequest(module=Path("/m"), plan=plan, policy=Policy(destroy=destroy))
    expected = plan.get(NAMED.get(action, P.CREATE)) if action in NAMED else None
    if expected is None:
        expected = OF_DESTROY[destroy] if action in LOSES else A.AUTO
    change = PlannedChange(address="a.b", action=action)
    assert plan_policy.answer_to_change(record(request=request), change) is expected
    asked = needed(record(request=request), plan_of(change))
    assert (asked is not None) is (expected in {A.ASK, A.NEVER})


def test_a_harmless_action_that_a_profile_asks_about_is_asked_about() -> None:
    asked = needed(record(request=asking(create=A.ASK)), plan_of(CREATE_A))
    assert asked is not None
    assert asked.changes == (CREATE_A,)
    assert CREATE_A.address in asked.question


def test_another_plan_than_the_proven_one_is_asked_about_as_a_whole() -> None:
    proven = Carried(changes_digest=plan_policy.changes_digest((CREATE_A,)))
    assert needed(record(carried=proven), plan_of(CREATE_A)) is None
    other = PlannedChange(address="terraform_data.z", action=C.UPDATE)
    asked = needed(record(carried=proven), plan_of(CREATE_A, other))
    assert asked is not None
    assert asked.changes == (CREATE_A, other)
    assert "no longer the one" in asked.question


def test_a_fix_without_a_plan_binds_no_plan() -> None:
    assert needed(record(carried=Carried(changes_digest=None)), plan_of(CREATE_A)) is None


def test_the_order_of_changes_is_no_other_plan_but_a_reason_is() -> None:
    tainted = DESTROY_B.model_copy(update={"reason": "tainted"})
    digest = plan_policy.changes_digest((CREATE_A, DESTROY_B))
    assert digest == plan_policy.changes_digest((DESTROY_B, CREATE_A))
    assert digest != plan_policy.changes_digest((CREATE_A, tainted))
    assert digest != plan_policy.changes_digest((CREATE_A,))


def test_what_is_asked_is_bound_to_the_plan_and_to_what_the_module_is_made_of() -> None:
    first = needed(record(), plan_of(DESTROY_B))
    again = needed(record(), plan_of(DESTROY_B))
    elsewhere = needed(record(), plan_of(DESTROY_B), "another world")
    more = needed(record(), plan_of(CREATE_A, DESTROY_B))
    assert first is not None
    assert first == again
    assert len({asked.digest for asked in (first, elsewhere, more) if asked}) == 3


def test_the_world_is_not_looked_at_where_nothing_is_asked() -> None:
    assert questions.approval_needed(record(), plan_of(CREATE_A), OneWorld(None), START) is None


def test_what_earlier_runs_made_and_no_state_tells_of_is_asked_about_before_it_is_made_again() -> None:
    world = OneWorld(made=frozenset({CREATE_A.address}))
    asked = questions.approval_needed(record(), plan_of(CREATE_A), world, START)
    assert asked is not None
    assert "may already have created" in asked.question


def test_what_is_asked_about_for_two_reasons_is_listed_once() -> None:
    change = PlannedChange(address="a.b", action=C.REPLACE)
    world = OneWorld(made=frozenset({change.address}))
    asked = questions.approval_needed(record(), plan_of(change), world, START)
    assert asked is not None
    assert asked.changes == (change,)


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ('x.k["<secret:6364>"]', True),
        ('x.<secret:6364>["<secret:0000>"]', True),
        ('x.j["<secret:6364>"]', False),
        ('x.k["<secret:nohex>"]', False),
    ],
)
def test_an_address_of_which_the_journal_masked_a_part_is_known_again(told: str, *, asked: bool) -> None:
    again = PlannedChange(address='x.k["deployer"]', action=C.CREATE)
    assert (needed(record(maybe_created=frozenset({told})), plan_of(again)) is not None) is asked


def test_what_a_person_saw_with_the_fix_is_not_asked_about_again_but_never_stays_never() -> None:
    seen = Carried(changes_digest=plan_policy.changes_digest((DESTROY_B,)), approved=True, approved_at=START)
    assert needed(record(carried=seen), plan_of(DESTROY_B)) is None
    assert needed(record(carried=seen), plan_of(DESTROY_B, CREATE_A)) is not None
    unseen = seen.model_copy(update={"approved": False})
    assert needed(record(carried=unseen), plan_of(DESTROY_B)) is not None
    never = RunRequest(module=Path("/m"), policy=Policy(destroy=Answer.NEVER))
    assert needed(record(carried=seen, request=never), plan_of(DESTROY_B)) is not None


def test_what_a_person_saw_with_the_fix_they_allowed_for_seventy_two_hours() -> None:
    digest = plan_policy.changes_digest((DESTROY_B,))
    held = record(carried=Carried(changes_digest=digest, approved=True, approved_at=START))
    last = START + timedelta(hours=72)
    assert questions.approval_needed(held, plan_of(DESTROY_B), OneWorld(), last) is None
    late = last + timedelta(seconds=1)
    assert questions.approval_needed(held, plan_of(DESTROY_B), OneWorld(), late) is not None


def wanting(**fields: object) -> ApprovalRequest:
    given = {"digest": "d" * 64, "question": "destroy?", "changes": (DESTROY_B,)} | fields
    return ApprovalRequest.model_validate(given)


def said(decision: str, digest: str = "d" * 64, comment: str = "") -> Approval:
    return Approval.model_validate(
        {"decision": decision, "digest": digest, "actor": "ada", "at": START, "comment": comment}
    )


def test_an_approval_lets_the_run_go_on() -> None:
    move = approvals.answer_to(record(approval=said("approve")), wanting(), START)
    assert move is not None
    assert (move.event, move.reason) == (RunEvent.APPROVED, "approved by ada")


def test_an_approval_of_old_allows_no_apply() -> None:
    held, lives = record(approval=said("approve")), approvals.APPROVAL_LIVES
    assert approvals.is_answered(held, wanting(), START + lives)
    assert not approvals.is_answered(held, wanting(), START + lives + timedelta(seconds=1))


def test_a_rejection_ends_the_run_with_its_comment() -> None:
    move = approvals.answer_to(record(approval=said("reject", comment="not today")), wanting(), START)
    assert move is not None
    assert (move.event, move.reason) == (RunEvent.EXHAUSTED, "rejected by ada: not today")


@pytest.mark.parametrize(
    "approval",
    [None, said("approve", "e" * 64), said("reject", "e" * 64)],
    ids=["none", "other", "rejection"],
)
def test_no_answer_or_one_to_something_else_is_no_answer(approval: Approval | None) -> None:
    assert approvals.answer_to(record(approval=approval), wanting(), START) is None


def test_an_answer_counts_for_seventy_two_hours_and_not_a_second_longer() -> None:
    request = approvals.asked_now(wanting(), START)
    waiting = record(approval=said("approve"))
    last = START + timedelta(hours=72)
    assert approvals.answer_to(waiting, request, last) is not None
    assert approvals.answer_to(waiting, request, last + timedelta(seconds=1)) is None
    assert not approvals.expired(wanting(), last), "what has no end does not expire"


def test_a_yes_that_is_too_old_stays_so_however_often_the_question_is_asked_anew() -> None:
    late = START + timedelta(hours=100)
    renewed = approvals.asked_now(wanting(), late)
    assert approvals.answer_to(record(approval=said("approve")), renewed, late) is None


def test_a_no_counts_however_late_it_is_acted_on() -> None:
    request = approvals.asked_now(wanting(), START)
    late = START + timedelta(hours=100)
    move = approvals.answer_to(record(approval=said("reject")), request, late)
    assert move is not None
    assert move.event is RunEvent.EXHAUSTED


def test_never_stays_never_whatever_a_person_says() -> None:
    request = RunRequest(module=Path("/m"), policy=Policy(destroy=Answer.NEVER), yes=True)
    held = record(request=request, approval=said("approve"))
    move = approvals.answer_to(held, wanting(), START)
    assert move is not None
    assert move.event is RunEvent.EXHAUSTED
    assert not approvals.is_answered(held, wanting(), START)


def test_never_is_of_the_modules_own_plans_and_not_of_a_fix_that_was_gated() -> None:
    request = RunRequest(module=Path("/m"), policy=Policy(destroy=Answer.NEVER))
    of_a_fix = wanting(proposal=Proposal(remediations=()))
    move = approvals.answer_to(record(request=request, approval=said("approve")), of_a_fix, START)
    assert move is not None
    assert move.event is RunEvent.APPROVED


OTHER = wanting(unproven=True)


@pytest.mark.parametrize(
    ("yes", "carried", "approval", "request_", "expected"),
    [
        (False, False, None, wanting(), False),
        (True, False, None, wanting(), True),
        (True, True, None, wanting(), True),
        (True, True, None, OTHER, False),  # --yes was said before any fix was known
        (False, True, "approve", OTHER, True),
        (True, False, "reject", wanting(), False),
    ],
)
def test_yes_answers_for_the_module_and_not_for_a_plan_that_is_not_the_proven_one(
    *, yes: bool, carried: bool, approval: str | None, request_: ApprovalRequest, expected: bool
) -> None:
    held = record(
        request=RunRequest(module=Path("/m"), yes=yes),
        carried=Carried(changes_digest="other") if carried else None,
        approval=said(approval) if approval else None,
    )
    assert approvals.is_answered(held, request_, START) is expected


def test_where_only_a_deposed_object_goes_the_question_says_so() -> None:
    asked = needed(record(), plan_of(DESTROY_B))
    assert asked is not None
    entry = {"address": DESTROY_B.address, "change": {"actions": ["delete"]}}
    only = questions.bound_to(asked, {"resource_changes": [entry | {"deposed": "8f2a"}]})
    both = questions.bound_to(asked, {"resource_changes": [entry, entry | {"deposed": "8f2a"}]})
    assert only.question.endswith("only what an earlier replacement left over, not the object in use")
    assert both.question == asked.question

"""Which models are asked, how often, and what follows each reply."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.budget import LimitReached, Usage
from contracts.diagnostic import Diagnostic, Severity
from contracts.hypothesis import Category, Source
from contracts.identity import EngineId
from contracts.incident import Evidence, Named, Stage
from contracts.model import Fault, ModelReply
from contracts.permit import ModelPermit
from contracts.record import RunRecord
from contracts.remediation import Escalate
from contracts.run import RunRequest, RunState, StopKind
from diagnosis.asking import Silence
from tests.fakes.asking import PAID, World, answer, fault, permits
from tests.fakes.planning import RETRY

FAILURE = Evidence(
    stage=Stage.PLAN, diagnostics=(Diagnostic(severity=Severity.ERROR, summary="Invalid index"),)
)
FREE = Usage(calls=1)
UNSURE = answer(confidence=0.2)


def permit(time_left_s: float = 600) -> ModelPermit:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    record = RunRecord(
        run_id="r1",
        request=RunRequest(module=Path("/module")),
        engine=EngineId(name="terraform", version="1.11.4"),
        started_at=at,
        last_at=at,
        state=RunState.DIAGNOSING,
    )
    return ModelPermit(record, time_left_s=time_left_s)


def ask(
    world: World, minted: Callable[[], ModelPermit | None] = permit, *, fix_failed: bool = False
) -> Named | Silence:
    return world.asker().ask(FAILURE, minted, (), fix_failed=fix_failed)


def asked(world: World) -> list[str]:
    return [did.removeprefix("ask ") for did in world.did if did.startswith("ask ")]


def why(said: Named | Silence) -> str:
    assert isinstance(said, Silence), said
    return said.why


def test_money_is_set_aside_before_the_call_and_booked_after_it() -> None:
    world = World()
    said = ask(world)
    assert world.did == ["open fake:one", "reserve fake:one 0.01", "ask fake:one", "settle 7"]
    assert isinstance(said, Named)
    assert (said.source, said.origin, said.usage) == (Source.MODEL, "fake:one", PAID)
    assert said.hypothesis.category is Category.INVALID_REFERENCE
    assert said.hypothesis.remediation == Escalate(summary="Add it.")


def test_without_a_permit_no_model_is_opened() -> None:
    world = World()
    assert "the retry cap leaves no model call" in why(ask(world, lambda: None))
    assert world.did == []


def test_no_more_requests_are_sent_than_there_are_permits() -> None:
    world = World(fault(Fault.DOWN))
    ask(world, permits(2, permit))
    assert len(asked(world)) == 2


def test_a_limit_refuses_the_call_and_leaves_the_permit_unspent() -> None:
    limit = LimitReached(limit="max_usd", allowed="0.05", spent="0.05")
    world, minted = World(fallback=(answer(),), limits=(limit,)), permit()
    assert "max_usd reached: 0.05 of 0.05" in why(ask(world, lambda: minted))
    assert asked(world) == [], "another model's money is the same money"
    minted.spend()


# --- routing ---------------------------------------------------------------------------------------


def test_a_stronger_model_is_asked_only_where_the_first_one_is_not_sure() -> None:
    sure = World(stronger=(answer(),))
    ask(sure)
    assert asked(sure) == ["fake:one"]
    world = World(UNSURE, stronger=(answer(confidence=0.9),))
    said = ask(world)
    assert asked(world) == ["fake:one", "fake:strong"]
    assert isinstance(said, Named)
    assert (said.origin, said.usage) == ("fake:strong", PAID + PAID)


def test_of_two_that_are_not_sure_the_surer_one_is_believed() -> None:
    said = ask(World(answer(confidence=0.4), stronger=(answer(confidence=0.3),)))
    assert isinstance(said, Named)
    assert (said.origin, said.hypothesis.confidence) == ("fake:one", 0.4)


def test_an_unsure_answer_is_kept_where_the_stronger_model_is_down() -> None:
    said = ask(World(UNSURE, stronger=(fault(Fault.REJECTED),), fallback=(answer(),)))
    assert isinstance(said, Named)
    assert said.origin == "fake:one"


def test_after_a_failed_fix_the_stronger_model_is_asked_at_once() -> None:
    world = World(stronger=(answer(),))
    ask(world, fix_failed=True)
    assert asked(world) == ["fake:strong"]


@pytest.mark.parametrize("kind", [Fault.DOWN, Fault.SPENT, Fault.REJECTED, Fault.REFUSED, Fault.UNREADABLE])
def test_a_fallback_is_asked_where_the_first_one_gives_no_answer(kind: Fault) -> None:
    world = World(fault(kind), fallback=(answer(),))
    said = ask(world)
    assert isinstance(said, Named)
    assert said.origin == "other:two"


def test_nobody_else_is_asked_once_the_run_is_ending() -> None:
    world = World(fault(Fault.STOPPED), fallback=(answer(),))
    assert "gave no answer" in why(ask(world))
    assert asked(world) == ["fake:one"]


def test_a_fallback_is_asked_where_the_breaker_is_open() -> None:
    world = World(fallback=(answer(),), limits=(LimitReached(limit="breaker", allowed="", spent="open"),))
    ask(world)
    assert asked(world) == ["other:two"]


# --- faults ----------------------------------------------------------------------------------------

REQUESTS = {
    Fault.THROTTLED: 3,
    Fault.DOWN: 3,
    Fault.CONFLICT: 2,
    Fault.TOO_LARGE: 2,
    Fault.CUT_OFF: 2,
    Fault.SPENT: 1,
    Fault.REFUSED: 1,
    Fault.REJECTED: 1,
    Fault.STOPPED: 1,
    Fault.UNREADABLE: 1,
}


@pytest.mark.parametrize("kind", Fault)
def test_each_fault_is_met_with_so_many_requests(kind: Fault) -> None:
    world = World(fault(kind, "error: 529 overloaded_error"))
    assert "fake:one gave no answer: error: 529 overloaded_error" in why(ask(world))
    assert len(asked(world)) == REQUESTS[kind]
    assert len(world.settled) == REQUESTS[kind]


def test_every_request_is_paid_for_whatever_came_of_it() -> None:
    said = ask(World(fault(Fault.DOWN), fault(Fault.CUT_OFF, "max_tokens"), answer()))
    assert isinstance(said, Named)
    assert said.usage == PAID + PAID + PAID


def test_what_was_too_large_is_asked_again_with_less() -> None:
    long = Evidence(
        stage=Stage.PLAN,
        diagnostics=tuple(
            Diagnostic(severity=Severity.ERROR, summary=f"Invalid index {'abcdefgh'[n]}", detail="x y " * 300)
            for n in range(8)
        ),
    )
    world = World(fault(Fault.TOO_LARGE), answer())
    world.asker().ask(long, permit, (), fix_failed=False)
    first, second = world.prompts
    assert len(second.user) < len(first.user) / 2
    assert "Invalid index a" in second.user


def test_an_answer_nobody_can_use_is_asked_for_again_with_the_reason() -> None:
    world = World(ModelReply(text='{"cause": "x"}', stop="end", usage=PAID), answer())
    assert isinstance(ask(world), Named)
    assert "could not be used" not in world.prompts[0].user
    assert world.prompts[1].user.endswith("Answer again with one JSON object of the schema.")
    assert "Field required" in world.prompts[1].user


@pytest.mark.parametrize("text", ["It is the index.", "", '{"cause": "x"}', '{"cause": '])
def test_a_model_that_never_gives_a_usable_answer_is_given_up(text: str) -> None:
    world = World(ModelReply(text=text, stop="end", usage=PAID))
    said = ask(world)
    assert "the answer of fake:one cannot be used" in why(said)
    assert len(asked(world)) == 2
    assert said.usage == PAID + PAID


def test_what_was_wrong_with_an_answer_is_told_where_the_next_request_fails() -> None:
    said = ask(World(ModelReply(text='{"cause": "x"}', stop="end", usage=PAID), fault(Fault.REJECTED)))
    assert "gave no answer" in why(said)
    assert "its answer before cannot be used: " in why(said)
    assert "Field required" in why(said)


# --- waiting ---------------------------------------------------------------------------------------


def test_repeated_calls_back_off_and_wait_for_the_shared_rate() -> None:
    world = World(fault(Fault.DOWN))
    ask(world)
    assert 1.5 < sum(world.clock.sleeps) < 4.5
    slow = World(wait_s=42)
    ask(slow)
    assert sum(slow.clock.sleeps) == pytest.approx(42)


def test_a_call_whose_turn_comes_after_the_runs_time_is_not_made_and_costs_nothing() -> None:
    world = World(wait_s=42)
    assert "the run is ending" in why(ask(world, lambda: permit(time_left_s=40)))
    assert asked(world) == []
    assert [reply.usage for reply in world.settled] == [Usage()]


def test_a_wait_ends_when_somebody_wants_the_run_to_stop() -> None:
    world = World(wait_s=42)
    world.stop.kind = StopKind.KILL_SWITCH
    assert "the run is ending" in why(ask(world))
    assert asked(world) == []


# --- cache -----------------------------------------------------------------------------------------


def test_the_same_question_is_paid_for_once() -> None:
    world = World()
    ask(world)
    again = ask(world, lambda: None)  # not even a permit is needed
    assert isinstance(again, Named)
    assert again.usage == Usage()
    assert len(asked(world)) == 1


def test_other_evidence_another_model_or_another_try_is_another_question() -> None:
    world = World(stronger=(answer(),))
    asker = world.asker()
    for evidence, tried, failed in (
        (FAILURE, (), False),
        (FAILURE.model_copy(update={"engine": "tofu 1.10"}), (), False),
        (FAILURE, (RETRY,), False),
        (FAILURE, (), True),
    ):
        asker.ask(evidence, permit, tried, fix_failed=failed)
    assert len(asked(world)) == 4


def test_a_tag_of_a_secret_that_is_new_in_each_run_does_not_make_another_question() -> None:
    world = World()
    for tag in ("<secret:0a1b>", "<secret:ffff>"):
        world.asker().ask(FAILURE.model_copy(update={"text": f"token {tag}"}), permit, (), fix_failed=False)
    assert len(asked(world)) == 1


def test_no_answer_that_cannot_be_used_is_kept() -> None:
    world = World(ModelReply(text=json.dumps({"cause": "x"}), stop="end", usage=PAID))
    ask(world)
    assert world.answers == {}


def test_what_nobody_knows_the_price_of_stays_unknown() -> None:
    unknown = Usage(calls=1, cost_usd=None)
    said = ask(World(fault(Fault.DOWN, usage=unknown), answer()))
    assert said.usage.cost_usd is None
    assert said.usage.calls == 2
    assert PAID.cost_usd == Decimal("0.00019")

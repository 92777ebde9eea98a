"""What happens to runs in a fleet: each story is one run, from its beginning to where it ended or stands."""

from __future__ import annotations

from collections.abc import Callable

from contracts.approval import ApprovalRequest
from contracts.hypothesis import Category, Source
from contracts.incident import APPROVAL_PREFIX, Decision, Incident, Stage
from contracts.journal import EffectIntended, EffectStarted, Tried
from contracts.model import Fault
from contracts.remediation import (
    Credentials,
    EditConfig,
    Escalate,
    ForceUnlock,
    Permissions,
    SetVariable,
    WaitAndRetry,
)
from contracts.run import Effect, GaveUp, RunEvent, StopKind
from contracts.validation import CheckKind
from tests.fakes.planning import PROCESS
from tests.fakes.seeded_runs import HAIKU, OPENAI, SCRIPTED, SONNET, Told


def _clean(run: Told) -> None:
    run.succeeds()


def _throttled(run: Told) -> None:
    for _ in range(2):
        run.fails(Stage.APPLY)
        wait = WaitAndRetry(summary="Wait.", wait_s=10)
        run.mends(run.incident(Category.THROTTLING, Source.SIGNATURE, wait, decision=Decision.APPLIED))
    run.succeeds()


def _misspelt(run: Told) -> None:
    run.fails(Stage.PLAN)
    edit = EditConfig(summary="Mend the name.")
    run.effect(Effect.PROVE, 3)
    waiting = run.parks(run.incident(Category.INVALID_REFERENCE, Source.SIGNATURE, edit), fix=True)
    run.answered("approve", 1800)
    run.effect(Effect.PROVE, 3)
    run.mends(waiting.model_copy(update={"decision": Decision.APPROVED}))
    run.succeeds()


def _by_model(model: str) -> Callable[[Told], None]:
    def story(run: Told) -> None:
        run.fails(Stage.PLAN)
        usage = run.ask(model)
        remedy = SetVariable(summary="Give it a value.", name="region", value="eu-1")
        found = run.incident(
            Category.INVALID_ARGUMENT, Source.MODEL, remedy, decision=Decision.APPLIED, usage=usage
        )
        run.effect(Effect.PROVE, 4)
        run.effect(Effect.PROMOTE, 0.1, "done")
        run.mends(found)
        run.succeeds()

    return story


def _answer_kept(run: Told) -> None:
    run.fails(Stage.APPLY)
    found = run.incident(Category.API_VALIDATION, Source.MODEL, EditConfig(summary="Shorten the name."))
    run.effect(Effect.PROVE, 4, "errored")
    run.journal.append(Tried(incident=found.model_copy(update={"decision": Decision.REFUSED}), kept=False))
    again = run.incident(
        Category.API_VALIDATION, Source.MODEL, Escalate(summary="Ask."), usage=run.ask(SONNET)
    )
    run.gives_up(again, GaveUp.PERSON_MUST_ACT)


def _remembered(run: Told) -> None:
    run.fails(Stage.APPLY)
    unlock = ForceUnlock(summary="Release it.", lock_id="7")
    run.effect(Effect.CHANGE, 1)
    run.mends(run.incident(Category.STATE_LOCK, Source.MEMORY, unlock, decision=Decision.APPLIED))
    run.succeeds()


def _twice(run: Told) -> None:
    edit, named = EditConfig(summary="Wait for the role."), Category.EVENTUAL_CONSISTENCY
    run.fails(Stage.APPLY)
    run.mends(run.incident(named, Source.MODEL, edit, decision=Decision.APPLIED, usage=run.ask(HAIKU)))
    run.fails(Stage.APPLY)
    run.gives_up(run.incident(named, Source.MODEL, edit, usage=run.ask(HAIKU)), GaveUp.SAME_HYPOTHESIS)


def _denied(run: Told) -> None:
    run.fails(Stage.APPLY)
    remedy = Permissions(summary="Grant it.")
    run.gives_up(run.incident(Category.PERMISSION, Source.SIGNATURE, remedy), GaveUp.PERSON_MUST_ACT)


def _logged_out(run: Told) -> None:
    run.fails(Stage.INIT)
    remedy = Credentials(summary="Log in.")
    run.gives_up(run.incident(Category.AUTH, Source.SIGNATURE, remedy), GaveUp.PERSON_MUST_ACT)


def _unknown(model: str, fault: Fault | None) -> Callable[[Told], None]:
    def story(run: Told) -> None:
        run.fails(Stage.APPLY)
        usage = run.ask(model, fault)
        nobody = run.incident(Category.OTHER, None, Escalate(summary="Look at main.tf."), usage=usage)
        run.gives_up(nobody, GaveUp.UNKNOWN_CAUSE)

    return story


def _drifted(run: Told) -> None:
    run.applies()
    run.checks(failed=CheckKind.DRIFT)
    drift = run.incident(Category.STATE_DRIFT, Source.SIGNATURE, Escalate(summary="Look who changed it."))
    run.gives_up(drift, GaveUp.HOPELESS)


def _unhealthy(run: Told) -> None:
    run.applies()
    run.checks(failed=CheckKind.HEALTH)
    wait = WaitAndRetry(summary="Wait.", wait_s=10)
    run.mends(
        run.incident(Category.VALIDATION_CHECK_FAILED, Source.SIGNATURE, wait, decision=Decision.APPLIED)
    )
    run.succeeds()


def _stopped(kind: StopKind) -> Callable[[Told], None]:
    def story(run: Told) -> None:
        run.effect(Effect.INIT, 2)
        run.effect(Effect.PLAN, 4, "stopped")
        run.move(RunEvent.KILLED, stop=kind, attempt=run.attempt(Stage.PLAN, ok=False))

    return story


def _own_plan(run: Told) -> Incident:
    """A plan that destroys something, waiting for a person."""
    run.effect(Effect.INIT, 2)
    run.effect(Effect.PLAN, 4)
    asked = ApprovalRequest(digest="a" * 64, question="It would destroy a bucket.", changes=())
    run.move(RunEvent.ERRORED, attempt=run.attempt(Stage.PLAN, ok=False), pending=asked)
    remedy = Escalate(summary="Look at the changes.")
    plan = run.incident(Category.OTHER, Source.SIGNATURE, remedy, fingerprint=f"{APPROVAL_PREFIX}{'a' * 16}")
    return run.parks(plan, fix=False)


def _plan_approved(run: Told) -> None:
    plan = _own_plan(run)
    run.answered("approve", 5400)
    run.move(RunEvent.APPROVED, incident=plan.model_copy(update={"decision": Decision.APPROVED}))
    run.succeeds()


def _plan_rejected(run: Told) -> None:
    plan = _own_plan(run)
    run.answered("reject", 900)
    run.gives_up(plan.model_copy(update={"decision": Decision.REFUSED}), GaveUp.REJECTED)


def _plan_waits(run: Told) -> None:
    _own_plan(run)


def _fix_waits(run: Told) -> None:
    run.fails(Stage.PLAN)
    edit = EditConfig(summary="Mend the type.")
    found = run.incident(Category.TYPE_MISMATCH, Source.MODEL, edit, usage=run.ask(HAIKU))
    run.effect(Effect.PROVE, 3)
    run.parks(found, fix=True)


def _cut_off(run: Told) -> None:
    """In the middle of an apply, and nobody took it up."""
    run.effect(Effect.INIT, 2)
    run.effect(Effect.PLAN, 4)
    run.journal.append(EffectIntended(effect=Effect.APPLY, attempt=1))
    run.journal.append(EffectStarted(effect=Effect.APPLY, process=PROCESS))


STORIES: tuple[Callable[[Told], None], ...] = (
    *(_clean, _throttled, _clean, _misspelt, _clean, _by_model(HAIKU), _clean, _denied, _clean, _remembered),
    *(_clean, _drifted, _clean, _by_model(SONNET), _clean, _twice, _clean, _plan_approved, _clean),
    *(_unhealthy, _clean, _logged_out, _clean, _stopped(StopKind.KILL_SWITCH), _clean, _answer_kept),
    *(_clean, _by_model(OPENAI), _clean, _stopped(StopKind.INTERRUPT), _clean, _plan_rejected, _clean),
    *(_unknown(HAIKU, None), _clean, _by_model(SCRIPTED), _clean, _stopped(StopKind.TIMEOUT)),
    *(_clean, _unknown(OPENAI, Fault.DOWN)),
)
"""What ends, over and over again."""
UNFINISHED: tuple[Callable[[Told], None], ...] = (_plan_waits, _fix_waits, _cut_off)
"""What is under way at the end."""
LAST = _unknown(OPENAI, Fault.SPENT)
"""Opens the breaker of its provider."""

"""Bugs to put into planner on purpose: each breaks a promise, and the simulator must see it.

Each is a patch of one or two functions, in a context that takes it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from contracts.journal import EffectEnded, EffectIntended, JournalLine, RunResumed
from contracts.record import RunRecord
from contracts.run import Effect
from contracts.terraform import ChangeAction
from planner import approvals, effects, fold, journal, policy, questions, resume, steps
from planner.ledger import Ledger
from planner.rundir import RunDir
from planner.signals import StopRequest
from planner.store import Store
from tests.assurance.patching import Patch


def _absorbing(of: type, change: Callable[[RunRecord, Any], None]) -> list[Patch]:
    """`fold` takes this entry in another way, too."""
    table = dict(fold._ABSORB)
    real = table[of]

    def wrong(record: RunRecord, entry: Any) -> None:
        real(record, entry)
        change(record, entry)

    return [(fold, "_ABSORB", {**table, of: wrong})]


def no_gate() -> list[Patch]:
    return [(questions, "approval_needed", lambda *_: None)]


def any_approval_counts() -> list[Patch]:
    def answered(record: RunRecord, *_: object) -> bool:
        return record.approval is not None or record.request.yes

    real = approvals.answer_to

    def answer(record: RunRecord, request: Any, now: Any) -> Any:
        if record.approval is not None:
            record.approval = record.approval.model_copy(update={"digest": request.digest})
        return real(record, request, now)

    return [(approvals, "is_answered", answered), (approvals, "answer_to", answer)]


def the_last_cause_is_asked_about_alone() -> list[Patch]:
    real = policy.must_ask
    return [(policy, "must_ask", lambda record, remedies: real(record, tuple(remedies)[-1:]))]


def nothing_may_exist() -> list[Patch]:
    return [(resume, "_maybe_created", lambda *_: ())]


def only_what_never_ended_may_exist() -> list[Patch]:
    """As it was until the simulator found it."""

    def wrong(applied: Any, creates: tuple[str, ...]) -> tuple[str, ...]:
        ok = {change.address: change.ok for change in applied if change.action is ChangeAction.CREATE}
        return tuple(address for address in creates if ok.get(address) is False)

    return [(effects, "begun", wrong), (resume, "begun", wrong)]


def forgetful_resume() -> list[Patch]:
    def forget(record: RunRecord, _: RunResumed) -> None:
        record.maybe_created = frozenset()
        record.open_effect = None

    return _absorbing(RunResumed, forget)


def calls_counted_late() -> list[Patch]:
    """M19's first fault."""
    table = dict(fold._ABSORB)

    def intended(record: RunRecord, entry: EffectIntended) -> None:
        before = record.model_calls
        fold._intended(record, entry)
        record.model_calls = before

    def ended(record: RunRecord, entry: EffectEnded) -> None:
        fold._ended(record, entry)
        record.model_calls += entry.effect is Effect.MODEL and entry.usage is not None

    return [(fold, "_ABSORB", {**table, EffectIntended: intended, EffectEnded: ended})]


def no_last_look() -> list[Patch]:
    """M19's race: between the last look at the switch and the start."""

    @contextmanager
    def starting(self: StopRequest) -> Iterator[None]:
        yield None

    return [(StopRequest, "starting", starting)]


def intention_after_the_effect() -> list[Patch]:
    real = journal.Journal.append

    def append(self: journal.Journal, entry: Any) -> None:
        if isinstance(entry, EffectIntended) and entry.effect is Effect.APPLY:
            self.__dict__["late"] = entry
            return
        if isinstance(entry, EffectEnded) and (late := self.__dict__.pop("late", None)):
            real(self, late)
        real(self, entry)

    return [(journal.Journal, "append", append)]


def full_disk_is_ignored() -> list[Patch]:
    real = Store.append

    def append(self: Store, line: JournalLine, **more: Any) -> None:
        with suppress(Exception):
            real(self, line, **more)

    return [(Store, "append", append)]


def reservations_do_not_count() -> list[Patch]:
    from planner import ledger  # noqa: PLC0415 - its private function

    real = ledger._sum

    def less(db: Any, what: str, where: str, parameters: tuple[str, ...]) -> int:
        return real(
            db, what.replace("coalesce(settled, reserved)", "coalesce(settled, 0)"), where, parameters
        )

    return [(ledger, "_sum", less)]


def nothing_is_set_aside() -> list[Patch]:
    real = Ledger._caps

    def caps(self: Ledger, *of: Any) -> Any:
        return [cap._replace(spent=0) for cap in real(self, *of)]

    return [(Ledger, "_caps", caps)]


def permits_for_ever() -> list[Patch]:
    real = policy.may_ask_model

    def always(record: RunRecord, left: Any) -> Any:
        poor = record.model_copy(update={"model_calls": 0})
        return real(poor, left)

    return [(policy, "may_ask_model", always)]


def no_redaction() -> list[Patch]:
    return [(journal, "_redacted", lambda line, _: line)]


def half_a_fix_stays() -> list[Patch]:
    return [(resume, "_roll_back", lambda *_: None)]


def nobody_waits_for_an_orphan() -> list[Patch]:
    return [(resume, "_await_orphan", lambda *_: None)]


def an_old_plan_is_applied() -> list[Patch]:
    """Each attempt after the first applies the plan that lies there."""
    from tests.assurance.sim_terraform import SimTerraform  # noqa: PLC0415 - it is patched

    real = SimTerraform.apply

    def apply(self: SimTerraform, request: Any, stop: Any, on_start: Any) -> Any:
        old = self._rundir.path / "old"
        if old.exists():
            request.plan_file.write_text(old.read_text(encoding="utf-8"), encoding="utf-8")
        old.write_text(request.plan_file.read_text(encoding="utf-8"), encoding="utf-8")
        self._world.cloud.serial = self._world.cloud.plans[old.read_text(encoding="utf-8")][
            0
        ]  # no stale check
        return real(self, request, stop, on_start)

    return [(SimTerraform, "apply", apply), (RunDir, "drop_plan", lambda _: None)]


def validation_is_believed_unasked() -> list[Patch]:
    """Whatever the checks say, the run succeeds."""
    from contracts.run import Outcome, RunEvent  # noqa: PLC0415 - only here

    real = steps.Steps._validating

    def validating(self: steps.Steps) -> Outcome:
        done = real(self)
        return (
            done.model_copy(update={"event": RunEvent.VERIFIED}) if done.event is RunEvent.REJECTED else done
        )

    return [(steps.Steps, "_validating", validating)]


BUGS: dict[str, tuple[Callable[[], list[Patch]], str]] = {
    "the gate is gone": (no_gate, "S-06"),
    "any approval counts": (any_approval_counts, "S-06"),
    "of two causes the last is asked about": (the_last_cause_is_asked_about_alone, "S-06"),
    "an unknown apply made nothing": (nothing_may_exist, "I2"),
    "what was told is saved": (only_what_never_ended_may_exist, "I2"),
    "a resume forgets": (forgetful_resume, "I2"),
    "calls are counted after they end": (calls_counted_late, "I7"),
    "no last look before a start": (no_last_look, "I8"),
    "the intention comes after the apply": (intention_after_the_effect, "S-07"),
    "a write that failed is ignored": (full_disk_is_ignored, "I3"),
    "what is reserved is not spent": (reservations_do_not_count, "I7"),
    "caps forget what is spent": (nothing_is_set_aside, "I7"),
    "permits for ever": (permits_for_ever, "I7"),
    "nothing is masked": (no_redaction, "I12"),
    "half of a fix stays": (half_a_fix_stays, "I11"),
    "an orphan is not waited for": (nobody_waits_for_an_orphan, "I6"),
    "an old plan is applied": (an_old_plan_is_applied, "I1"),
    "failed checks pass": (validation_is_believed_unasked, "I4"),
}
"""Name → the patch, and what of the report tells of it."""

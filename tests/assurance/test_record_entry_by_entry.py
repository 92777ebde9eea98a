"""S-12: what every kind of entry does to the record, to the last field, and how damage is told.

One journal, hand-written; after each entry all that changed is named. What is not named has not changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.approval import Approval, ApprovalRequest
from contracts.errors import StoreError
from contracts.fixing import StateChange
from contracts.incident import Stage
from contracts.journal import (
    Decided,
    EffectEnded,
    EffectIntended,
    EffectStarted,
    Entry,
    JournalLine,
    Moved,
    RunOpened,
    RunParked,
    RunResumed,
    Undone,
)
from contracts.model import Fault
from contracts.record import RunRecord
from contracts.run import Attempt, Carried, Effect, Outcome, RunEvent, RunRequest, RunState
from contracts.terraform import StateMark
from planner.brakes import Brake, admitted, after
from planner.fold import fold
from planner.journal import Journal
from planner.run_list import newest
from planner.store import Store
from tests.fakes.clock import START, ManualClock
from tests.fakes.planning import CREATE_A, ENGINE, PROCESS, PlainRedactor

MOVE = StateChange(verb="mv", source="x.a", destination="x.b")
SECOND = StateChange(verb="import", source="x.c", destination="1")
FORGET = StateChange(verb="rm", source="x.d")
BACK = MOVE.back
MARKS = StateMark(lineage="l", serial=1, instances=1), StateMark(lineage="l", serial=2, instances=2)
ASKED = ApprovalRequest(digest="d", question="may it?", changes=())
APPROVAL = Approval(decision="approve", digest="d", actor="ada", at=START)
SECONDS = 2.5

S, E = RunState, RunEvent


def opening() -> RunOpened:
    return RunOpened(
        request=RunRequest(module=Path("/m")), engine=ENGINE, planner_version="0", actor="ada",
        maybe_created=("x.left",), state=MARKS[0],
    )  # fmt: skip


def lines_of(entries: Sequence[Entry]) -> list[JournalLine]:
    return [
        JournalLine(run_id="r", seq=seq, at=START + timedelta(seconds=SECONDS * seq), entry=entry)
        for seq, entry in enumerate(entries)
    ]


def moved(event: RunEvent, source: RunState, target: RunState, **facts: Any) -> Moved:
    return Moved(
        event=event, source=source, target=target, outcome=Outcome(event=event, reason=event, **facts)
    )


def intended(effect: Effect, **more: Any) -> EffectIntended:
    return EffectIntended(effect=effect, attempt=1, **more)


def ended(effect: Effect, how: str = "completed", **more: Any) -> EffectEnded:
    return EffectEnded(effect=effect, ended=how, **more)


FAILED = Attempt(n=1, stage=Stage.PLAN, ok=False, duration_s=1)
CARRIED = Carried(changes_digest="c", approved=True)
LIFE: list[tuple[Entry, dict[str, Any]]] = [
    (moved(E.BEGIN, S.INIT, S.RUNNING), {"state": S.RUNNING, "reason": "begin", "entered_s": 2.5}),
    (intended(Effect.PLAN), {"open_effect": Effect.PLAN}),
    (EffectStarted(effect=Effect.PLAN, process=PROCESS), {"open_process": PROCESS}),
    (
        ended(Effect.PLAN, "errored", duration_s=1.2344, state=MARKS[1]),
        {"open_effect": None, "open_process": None, "terraform_s": 1.234, "state_mark": MARKS[1]},
    ),
    (
        moved(E.ERRORED, S.RUNNING, S.DIAGNOSING, attempt=FAILED, pending=ASKED, planned_changes=(CREATE_A,),
              in_state=("x.a",)),
        {"state": S.DIAGNOSING, "reason": "errored", "entered_s": 12.5, "attempts": (FAILED,),
         "pending": ASKED,
         "first_plan": (CREATE_A,), "in_state": ("x.a",)},
    ),
    (intended(Effect.MODEL, model="a:b"), {"open_effect": Effect.MODEL, "model_calls": 1}),
    (ended(Effect.MODEL, "done", duration_s=9), {"open_effect": None}),
    (intended(Effect.MODEL, model="a:b"), {"open_effect": Effect.MODEL, "model_calls": 2}),
    (RunResumed(engine=ENGINE, actor="bob"), {"actor": "bob"}),
    (ended(Effect.MODEL, "unknown"), {"open_effect": None}),
    (intended(Effect.PROMOTE, patch="-a\n+b"), {"open_effect": Effect.PROMOTE, "patch": "-a\n+b"}),
    (ended(Effect.PROMOTE, "refused"), {"open_effect": None}),
    (intended(Effect.PROMOTE, patch="-c\n+d"), {"open_effect": Effect.PROMOTE, "patch": "-c\n+d"}),
    (ended(Effect.PROMOTE, "done"), {"open_effect": None, "promotions": 1, "unsettled": True}),
    (intended(Effect.CHANGE, change=MOVE), {"open_effect": Effect.CHANGE, "open_change": MOVE}),
    (
        ended(Effect.CHANGE, duration_s=2),
        {"open_effect": None, "open_change": None, "state_changes": (MOVE,), "terraform_s": 3.234},
    ),
    (intended(Effect.CHANGE, change=FORGET), {"open_effect": Effect.CHANGE, "open_change": FORGET}),
    (ended(Effect.CHANGE), {"open_effect": None, "open_change": None, "state_changes": (MOVE, FORGET)}),
    (intended(Effect.CHANGE, change=SECOND), {"open_effect": Effect.CHANGE, "open_change": SECOND}),
    (ended(Effect.CHANGE, "errored"), {"open_effect": None, "open_change": None}),
    (
        moved(E.REMEDIED, S.DIAGNOSING, S.RUNNING, carried=CARRIED),
        {"state": S.RUNNING, "reason": "remedied", "retries": 1, "pending": None, "carried": CARRIED,
         "unsettled": False, "entered_s": 50.0},
    ),
    (
        intended(Effect.APPLY, creates=("x.a", "x.b"), destroys=True),
        {"open_effect": Effect.APPLY, "maybe_created": frozenset({"x.a", "x.b"}), "open_destroys": True},
    ),
    (
        ended(Effect.APPLY, "killed", maybe_created=("x.b",)),
        {"open_effect": None, "maybe_created": frozenset({"x.b"}), "open_destroys": False, "carried": None},
    ),
    (
        moved(E.ERRORED, S.RUNNING, S.DIAGNOSING, planned_changes=()),
        {"state": S.DIAGNOSING, "reason": "errored", "entered_s": 57.5},
    ),
    (intended(Effect.PROMOTE, patch="p"), {"open_effect": Effect.PROMOTE, "patch": "p"}),
    (ended(Effect.PROMOTE, "done"), {"open_effect": None, "promotions": 2, "unsettled": True}),
    (intended(Effect.UNDO), {"open_effect": Effect.UNDO}),
    (ended(Effect.UNDO, "refused"), {"open_effect": None}),
    (intended(Effect.UNDO), {"open_effect": Effect.UNDO}),
    (ended(Effect.UNDO, "done"), {"open_effect": None, "promotions": 1, "unsettled": False}),
    (Decided(approval=APPROVAL), {"approval": APPROVAL}),
    (intended(Effect.APPLY), {"open_effect": Effect.APPLY, "maybe_created": frozenset()}),
    (ended(Effect.APPLY, "errored"), {"open_effect": None}),
    (intended(Effect.APPLY), {"open_effect": Effect.APPLY}),
    (ended(Effect.APPLY), {"open_effect": None, "approval": None}),
    (intended(Effect.UNDO, change=BACK), {"open_effect": Effect.UNDO, "open_change": BACK}),
    (
        ended(Effect.UNDO),
        {"open_effect": None, "open_change": None, "state_changes": (FORGET,)},
    ),
    (intended(Effect.UNDO), {"open_effect": Effect.UNDO}),
    (ended(Effect.UNDO, "done"), {"open_effect": None, "promotions": 0}),
    (Undone(what=("files",), actor="ada"), {"undone": True}),
]  # fmt: skip
NOBODY_DRIVES = (Decided, RunResumed, Undone)


def test_each_entry_changes_what_it_says_and_nothing_else() -> None:
    entries: list[Entry] = [opening()]
    before = fold("r", lines_of(entries)).model_dump()
    assert (before["actor"], before["maybe_created"], before["state_mark"]) == (
        "ada", frozenset({"x.left"}), MARKS[0].model_dump()
    )  # fmt: skip
    for entry, changes in LIFE:
        entries.append(entry)
        lines = lines_of(entries)
        now = fold("r", lines)
        driven = 0 if isinstance(entry, NOBODY_DRIVES) else SECONDS
        wanted = before | {"last_at": lines[-1].at, "duration_s": before["duration_s"] + driven}
        expected = RunRecord.model_validate(wanted).model_copy(update=changes)
        if "entered_s" in changes:
            expected = expected.model_copy(update={"entered_s": expected.duration_s})
        assert now.model_dump() == expected.model_dump(), f"after entry {len(entries) - 1}"
        before = now.model_dump()


def test_a_wait_for_a_person_ends_with_the_answer_or_with_whoever_takes_the_run_up() -> None:
    from tests.unit.planner.test_fold import incident  # noqa: PLC0415 - one shape of an incident is enough

    parked: list[Entry] = [opening(), RunParked(reason="ask", incident=incident("x"), pending=ASKED)]
    waiting = fold("r", lines_of(parked))
    assert (waiting.parked, waiting.reason, waiting.pending) == (True, "ask", ASKED)
    answers: tuple[Entry, ...] = (Decided(approval=APPROVAL), RunResumed(engine=ENGINE))
    for entry in answers:
        assert not fold("r", lines_of([*parked, entry])).parked


DAMAGE: list[tuple[list[Entry], str]] = [
    ([], "it is empty"),
    ([ended(Effect.PLAN)], "it does not begin with its opening entry"),
    ([opening(), opening()], "it is opened twice"),
    ([opening(), moved(E.APPLIED, S.RUNNING, S.VALIDATING)], "entry 1 leaves RUNNING in INIT"),
    ([opening(), moved(E.BEGIN, S.INIT, S.FAILED)], "entry 1 names another target than the machine"),
]


@pytest.mark.parametrize(("entries", "why"), DAMAGE, ids=[why for _, why in DAMAGE])
def test_a_journal_that_does_not_hold_together_is_refused_and_says_why(
    entries: list[Entry], why: str
) -> None:
    with pytest.raises(StoreError) as caught:
        fold("r", lines_of(entries))
    assert caught.value.what == f"the journal of run r is damaged: {why}"


def test_a_listener_of_a_fold_sees_each_entry_with_the_record_before_it() -> None:
    seen: list[tuple[RunState | None, int]] = []
    lines = lines_of([opening(), moved(E.BEGIN, S.INIT, S.RUNNING), intended(Effect.PLAN)])
    fold("r", lines, lambda record, line: seen.append((record.state if record else None, line.seq)))
    assert [seq for _, seq in seen] == [0, 1, 2]
    assert seen[0][0] is None
    assert seen[2][0] is S.RUNNING


def test_the_places_of_a_run_are_kept_as_they_are_though_they_look_like_a_secret(tmp_path: Path) -> None:
    store = Store(tmp_path / "planner.db")
    request = RunRequest(module=Path("/hunter2/m"), var_files=(Path("/hunter2/v"),), workspace="hunter2")
    told: list[int] = []

    class Watcher:
        def on_line(self, line: JournalLine) -> None:
            told.append(line.seq)

    journal = Journal.open(
        store=store, clock=ManualClock(), redactor=PlainRedactor("hunter2"), run_id="r",
        entry=RunOpened(request=request, engine=ENGINE, planner_version="0"),
    )  # fmt: skip
    journal.watch(Watcher())
    journal.append(intended(Effect.PLAN, what="hunter2"))
    opened, planned = store.lines("r")
    assert isinstance(opened.entry, RunOpened)
    assert isinstance(planned.entry, EffectIntended)
    kept = opened.entry.request
    assert (kept.module, kept.var_files, kept.workspace) == (request.module, request.var_files, "hunter2")
    assert planned.entry.what == "<secret>"
    assert told[-1] == 1
    assert newest(store, 1)[0].module == "/hunter2/m"
    store.close()


def test_a_spent_account_is_left_alone_for_an_hour_and_then_one_call_is_let_through() -> None:
    brake = after(Brake(next_at=7), Fault.SPENT, None, 100.0)
    assert brake == Brake(trips=1, open_until=3700.0, why="its spend limit is reached", next_at=7)
    assert admitted(brake, 3699.0, 60) == (
        "the model's provider is left alone for 1 s more (its spend limit is reached)"
    )
    assert isinstance(admitted(brake, 3700.0, 60), tuple)


def test_a_third_fault_keeps_what_the_provider_asked_for_and_says_what_was_seen() -> None:
    brake = Brake()
    for _ in range(3):
        brake = after(brake, Fault.DOWN, 5.0, 100.0)
    assert brake == Brake(failures=3, trips=1, open_until=130.0, why="last seen down", next_at=105.0)
    assert isinstance(admitted(Brake(next_at=105.0), 100.0, 5.0), tuple), "just in time"

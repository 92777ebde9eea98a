"""`force_unlock`: only the lock that stands in the way, and only of a holder that is dead (A29, A30)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contracts.diagnostic import Diagnostic, Severity
from contracts.identity import ProcessId
from contracts.proposal import Verdict
from subagents.remediator.unlock import Lock, Machine, Started, lock_of, unlocking
from subagents.workspace import RefusedError

ID = "9f2d6c1e-4a51-7b0c-8a6f-3f6b1d2c4e5a"
TAKEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DETAIL = """Error message: operation error S3: PutObject, api error PreconditionFailed
Lock Info:
  ID:        {id}
  Path:      terraform.tfstate
  Operation: OperationTypeApply
  Who:       {who}
  Version:   1.11.4
  Created:   {created}
  Info:
"""

LOCAL = ("operation error S3: PutObject, api error PreconditionFailed", "resource temporarily unavailable")
UNTOLD = f"HTTP remote state already locked, failed to unmarshal body\n{DETAIL}"


def locked(
    id_: str = ID, who: str = "ada@here", created: str = "2026-11-20 10:00:00.123456 +0000 UTC"
) -> Diagnostic:
    detail = DETAIL.format(id=id_, who=who, created=created)
    return Diagnostic(severity=Severity.ERROR, summary="Error acquiring the state lock", detail=detail)


def machine(*ours: Started, oldest: datetime | None = None) -> Machine:
    return Machine("here", ours, oldest)


def process(
    *, alive: bool, at: datetime = TAKEN - MINUTE, until: datetime = TAKEN + MINUTE, orderly: bool = False
) -> Started:
    who = ProcessId(pid=77, start="1", boot_id="b")
    return Started(who, alive, orderly, "OperationTypeApply", at, until)


def test_the_lock_is_the_one_that_terraform_names() -> None:
    assert lock_of([locked()]) == Lock(ID, "ada@here", "OperationTypeApply", TAKEN)


@pytest.mark.parametrize(
    "diagnostic",
    [
        Diagnostic(severity=Severity.ERROR, summary="It broke", detail=DETAIL),
        locked().model_copy(update={"address": "terraform_data.evil"}),
        locked().model_copy(update={"detail": "nothing of a lock"}),
        locked().model_copy(update={"detail": UNTOLD}),
    ],
    ids=["another error", "an error of a resource", "no lock in it", "the lock of the one who asked"],
)
def test_what_another_error_says_of_locks_is_not_believed(diagnostic: Diagnostic) -> None:
    assert lock_of([diagnostic]) is None
    with pytest.raises(RefusedError):
        unlocking(ID, [diagnostic], machine(process(alive=False)))


@pytest.mark.parametrize("said", [ID.upper(), ID[:-1], "", "0000", "-force", f"{ID} ", "*"])
def test_another_id_than_the_locks_is_refused(said: str) -> None:
    with pytest.raises(RefusedError, match="not the one"):
        unlocking(said, [locked()], machine(process(alive=False)))


@pytest.mark.parametrize("id_", ["-force", "a b", "a\tb", "x" * 300, ";id", ".."])
def test_an_id_that_is_none_is_refused_though_it_is_the_locks(id_: str) -> None:
    with pytest.raises(RefusedError, match="not the one"):
        unlocking(id_, [locked(id_)], machine(process(alive=False)))


def test_a_holder_of_our_own_that_lives_keeps_its_lock() -> None:
    with pytest.raises(RefusedError, match="still runs"):
        unlocking(ID, [locked()], machine(process(alive=False), process(alive=True)))


def test_a_holder_for_which_the_system_keeps_a_local_states_file_lives_whoever_it_is() -> None:
    local = locked().model_copy(
        update={"detail": DETAIL.format(id=ID, who="ada@here", created="").replace(*LOCAL, 1)}
    )
    for known in (machine(process(alive=False)), machine()):
        with pytest.raises(RefusedError, match="ada@here, still runs"):
            unlocking(ID, [local], known)


def test_a_holder_of_our_own_that_is_dead_needs_no_person() -> None:
    why, findings = unlocking(ID, [locked()], machine(process(alive=False)))
    assert "pid 77" in why
    assert findings == ()


def test_a_terraform_that_was_started_after_the_lock_was_taken_cannot_hold_it() -> None:
    why, findings = unlocking(ID, [locked()], machine(process(alive=False), oldest=TAKEN + MINUTE))
    assert "pid 77" in why
    assert findings == ()


ASKED = {
    "another host": (locked(who="ada@there"), machine(process(alive=False))),
    "a host whose name only ends alike": (locked(who="ada@not-here"), machine(process(alive=False))),
    "nobody": (locked(who=""), machine(process(alive=False))),
    "a process of somebody else's": (locked(), machine()),
    "somebody else's, while one of ours ended in order": (
        locked(),
        machine(process(alive=False, orderly=True)),
    ),
    "one of ours is dead, but some Terraform runs": (
        locked(),
        machine(process(alive=False), oldest=TAKEN),
    ),
    "one of ours that did something else": (
        locked(),
        machine(process(alive=False)._replace(operation="OperationTypePlan")),
    ),
    "one of ours that began later": (
        locked(),
        machine(process(alive=False, at=TAKEN + MINUTE, until=TAKEN + 2 * MINUTE)),
    ),
    "one of ours that ended before": (
        locked(),
        machine(process(alive=False, at=TAKEN - 3 * MINUTE, until=TAKEN - MINUTE)),
    ),
    "a time that nobody can read": (
        locked(created="yesterday"),
        machine(process(alive=False)),
    ),
    "a time of another zone": (
        locked(created="2026-11-20 10:00:00 +0200 CEST"),
        machine(process(alive=False)),
    ),
    "a day that is none": (locked(created="2026-13-40 10:00:00 +0000 UTC"), machine(process(alive=False))),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_holder_that_nobody_can_tell_of_is_asked_about(name: str) -> None:
    diagnostic, known = ASKED[name]
    _, (finding,) = unlocking(ID, [diagnostic], known)
    assert (finding.rule, finding.verdict) == ("unlock:holder", Verdict.ASK)


def test_a_live_process_of_ours_that_took_it_on_another_host_is_no_proof_of_death() -> None:
    """The name of the host is Terraform's; a container may call itself otherwise. Nobody is sure: ask."""
    _, findings = unlocking(ID, [locked(who="ada@there")], machine(process(alive=True)))
    assert findings


HELD = Diagnostic(
    severity=Severity.ERROR,
    summary="Error acquiring the state lock",
    detail=f"HTTP remote state already locked: ID={ID}\n\nLock Info:\n  ID: 0\n  Who: ada@here\n",
)
"""Of a store that tells an id and no holder."""


def test_a_lock_of_no_known_holder_is_asked_about_with_the_process_of_ours_that_died_over_it() -> None:
    _, [asked] = unlocking(ID, [HELD], machine(process(alive=False)))
    assert asked.verdict is Verdict.ASK
    assert "it may be pid 77 of an earlier run of planner (OperationTypeApply, started " in asked.what


@pytest.mark.parametrize(
    "ours",
    [
        (),
        (process(alive=False, orderly=True),),
        (
            process(alive=False),
            process(alive=False, orderly=True, at=TAKEN + MINUTE)._replace(completed=True),
        ),
    ],
    ids=["nothing of ours", "it ended in order", "another got by since"],
)
def test_a_lock_of_no_known_holder_is_not_told_as_ours_where_ours_was_freed(
    ours: tuple[Started, ...],
) -> None:
    _, [asked] = unlocking(ID, [HELD], machine(*ours))
    assert asked.what.endswith("its holder, unknown, still runs")


def test_a_lock_of_no_known_holder_is_not_released_while_a_process_of_ours_lives() -> None:
    with pytest.raises(RefusedError, match="may be pid 77, a process of planner that still runs"):
        unlocking(ID, [HELD], machine(process(alive=True)))

"""What must hold of a run whatever happened: an independent reader of the journal and of the world's log.

Asks nothing of planner but to read its own journal; the rules are written down
here a second time (I1-I14 and S-01, S-05, S-06 of the test plan).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import takewhile

from contracts.approval import ApprovalRequest
from contracts.journal import Decided, EffectEnded, EffectIntended, Entry, JournalLine, Moved, RunParked
from contracts.record import RunRecord
from contracts.remediation import RemediationKind
from contracts.run import TERMINAL, Effect, RunEvent, RunState
from contracts.settings import Answer, Approve, Autonomy
from contracts.terraform import ChangeAction, PlannedChange
from planner.fold import fold
from tests.assurance.sim_mender import in_order
from tests.assurance.sim_run import RUN, Simulation
from tests.assurance.sim_terraform import SECRET

_ANSWER_LIVES = timedelta(hours=72)
_ONCE = {"delete", "apply"}


def broken(sim: Simulation, last: RunRecord | None, *, over: bool = True) -> list[str]:
    """Every invariant that does not hold; `over`: the run had calm enough to come to its end."""
    lines = sim.store.lines(RUN)
    record = fold(RUN, lines)
    rules = (
        *(_log(sim), _journal(sim, lines, record, last), _money(sim, lines, record)),
        *(_applies(sim, lines), _fixes(sim, lines)),
    )
    found = [*sim.violations, *(said for rule in rules for said in rule)]
    if over:
        found += _end(sim, record)
    return found


def _log(sim: Simulation) -> Iterator[str]:
    for (what, detail), count in Counter((h.what, h.detail) for h in sim.world.log).items():
        if what in _ONCE and count > 1:
            yield f"{'I1' if what == 'apply' else 'I2'}: {what} {detail}, {count} times"
    if any(h.what == "process" and h.detail for h in sim.world.log):
        yield "I6: a process was started beside another one"


def _journal(
    sim: Simulation, lines: list[JournalLine], record: RunRecord, last: RunRecord | None
) -> Iterator[str]:
    by_place = {line.seq: line for line in lines}
    lost = [seq for seq, line in sim.acknowledged.items() if by_place.get(seq) != line]
    if lost:
        yield f"I3: acknowledged, and not in the journal: {lost}"
    if (last or fold(RUN, lines)) != record:  # lived, or read once more
        yield "I14: the journal does not fold to the record that was lived"
    ended = [line.seq for line in lines if isinstance(line.entry, Moved) and line.entry.target in TERMINAL]
    if len(ended) > 1:
        yield f"S-05: it ended twice: {ended}"
    if sim.disk.execute("SELECT state FROM runs").fetchone()[0] != record.state:
        yield "the listing tells another state than the journal"
    kept = " ".join(
        text
        for (text,) in sim.disk.execute(
            "SELECT line FROM journal UNION ALL SELECT value FROM cache UNION ALL SELECT line FROM audit "
            "UNION ALL SELECT incident FROM incidents UNION ALL SELECT reason FROM runs"
        )
    )
    if SECRET in kept:
        yield "I12: a secret is in the store"


def _money(sim: Simulation, lines: list[JournalLine], record: RunRecord) -> Iterator[str]:
    limits = record.request.limits
    begun = sum(
        isinstance(line.entry, Moved)
        and line.entry.event in {RunEvent.BEGIN, RunEvent.REMEDIED}
        and line.entry.target is RunState.RUNNING
        for line in lines
    )
    asked = sum(h.what == "ask" for h in sim.world.log)
    intended = sum(
        isinstance(line.entry, EffectIntended) and line.entry.effect is Effect.MODEL for line in lines
    )
    if begun > limits.max_retries + 1:
        yield f"S-01: {begun} runs with {limits.max_retries} retries"
    if not asked <= intended <= limits.max_retries:
        yield f"I7: {asked} requests on the wire, {intended} intended, {limits.max_retries} allowed"
    spent = sim.disk.execute("SELECT coalesce(sum(coalesce(settled, reserved)), 0) FROM calls").fetchone()[0]
    if Decimal(spent) / 10**9 > limits.max_usd:
        yield f"I7: {spent} billionths of a dollar spent of {limits.max_usd}"


def _applies(sim: Simulation, lines: list[JournalLine]) -> Iterator[str]:
    """S-06, and what may be created again."""
    for happened in sim.world.log:
        before = lines[: happened.at]
        if happened.what == "apply":
            changes = sim.world.cloud.plans[happened.detail][1]
            yield from _gated(sim, before, changes)
        elif happened.what == "create again":
            again = PlannedChange(address=happened.detail, action=ChangeAction.CREATE)
            if not sim.request.yes and not _allowed(before, (again,)):
                yield f"I2: {happened.detail} is created again, and nobody was asked"


def _gated(sim: Simulation, before: list[JournalLine], changes: tuple[PlannedChange, ...]) -> Iterator[str]:
    since = list(takewhile(lambda line: not isinstance(line.entry, Moved), reversed(before)))
    kinds = [
        line.entry.effect
        for line in since
        if isinstance(line.entry, EffectEnded) and line.entry.ended == "completed"
        if line.entry.effect is not Effect.SHOW  # of that very plan
    ]
    if not kinds or kinds[0] is not Effect.PLAN:
        yield "S-06: an apply without a plan just before it"
    taken = tuple(change for change in changes if change.action is ChangeAction.DELETE)
    policy = sim.request.policy.destroy
    if not taken or policy is Answer.ALLOW:
        return
    if policy is Answer.NEVER:
        yield "S-06: the policy says never, and it was destroyed"
    elif not sim.request.yes and not _allowed(before, taken):
        yield "S-06: it was destroyed, and nobody allowed it"


def _fixes(sim: Simulation, lines: list[JournalLine]) -> Iterator[str]:
    """S-06 of fixes: what was to be asked about, a person allowed."""
    request = sim.request
    for place, line in enumerate(lines):
        kind = _kind(line.entry)
        alone = request.autonomy is Autonomy.FIX and kind is RemediationKind.EDIT_CONFIG
        default = Approve.AUTO if alone else Approve.ASK
        if kind is None or request.approve.get(kind, default) is Approve.AUTO:
            continue
        asked: dict[str, set[str]] = {}
        for before in lines[:place]:
            pending = _asked(before.entry)
            if pending is not None and pending.proposal is not None:
                asked[pending.digest] = {remedy.kind for remedy in pending.proposal.remediations}
        said = [b.entry.approval for b in lines[:place] if isinstance(b.entry, Decided)]
        if not any(yes.decision == "approve" and kind in asked.get(yes.digest, ()) for yes in said):
            yield f"S-06: {kind} was done, and nobody allowed it"


def _kind(entry: Entry) -> RemediationKind | None:
    """Of the fix that an effect carries out."""
    match entry:
        case EffectIntended(effect=Effect.PROMOTE):
            return RemediationKind.EDIT_CONFIG
        case EffectIntended(effect=Effect.CHANGE):
            return RemediationKind.IMPORT
        case _:
            return None


def _asked(entry: Entry) -> ApprovalRequest | None:
    match entry:
        case Moved(outcome=outcome):
            return outcome.pending
        case RunParked(pending=pending):
            return pending
        case _:
            return None


def _allowed(before: list[JournalLine], changes: tuple[PlannedChange, ...]) -> bool:
    """Whether a person said yes, not too long ago, to a question that showed these changes."""
    asked: dict[str, ApprovalRequest] = {}
    yes: dict[str, JournalLine] = {}
    for line in before:
        if (pending := _asked(line.entry)) is not None:
            asked[pending.digest] = pending
        elif isinstance(line.entry, Decided) and line.entry.approval.decision == "approve":
            yes[line.entry.approval.digest] = line
    return any(
        digest in asked
        and set(changes) <= set(asked[digest].changes)
        and before[-1].at <= line.at + _ANSWER_LIVES
        for digest, line in yes.items()
    )


def _end(sim: Simulation, record: RunRecord) -> Iterator[str]:
    if record.state not in TERMINAL:
        yield f"I4: after the calm it is in {record.state}: {sim.endings[-3:]}"
    if not record.reason:
        yield "I4: it ended without a reason"
    if record.state is RunState.SUCCESS and not sim.world.cloud.settled:
        yield "I4: SUCCESS, and the world is not what was asked for"
    wrong = in_order(sim.request.module, mended=record.promotions > 0, misspelt=sim.misspelt)
    if wrong:
        yield f"I11: {wrong}"
    if record.open_effect is not None:
        yield f"it ended with {record.open_effect} open"


def edges(lines: list[JournalLine]) -> Iterator[str]:
    """The transitions that a run took (C-21)."""
    for line in lines:
        if isinstance(line.entry, Moved):
            yield f"{line.entry.source} {line.entry.event} {line.entry.target}"

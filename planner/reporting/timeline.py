"""Journal entries → the lines of a timeline. Pure.

Decides what becomes one line: an effect from its intention to its end, all
Terraform calls of one proof, and every other entry for itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from contracts.journal import (
    Decided,
    EffectEnded,
    EffectIntended,
    JournalLine,
    Moved,
    RunOpened,
    RunParked,
    RunResumed,
    Tried,
    Undone,
)
from contracts.report import Moment, MomentKind
from contracts.run import Effect, RunState
from contracts.terraform import Ended

_WELL = frozenset({Ended.COMPLETED.value, "done"})
_KINDS = {
    Effect.VALIDATE: MomentKind.CHECKS,
    Effect.MODEL: MomentKind.MODEL,
    Effect.PROVE: MomentKind.PROOF,
    Effect.PROMOTE: MomentKind.FIX,
    Effect.CHANGE: MomentKind.FIX,
    Effect.UNDO: MomentKind.FIX,
}
_WELL_STATES = {RunState.SUCCESS: True, RunState.DIAGNOSING: False, RunState.FAILED: False}
"""Which moves say that something went well, or did not."""
_UNSEEN = "its end was not seen"


class Span(NamedTuple):
    """An effect: the entry that intends it, and the one that ends it where there is one."""

    begun: JournalLine
    end: JournalLine | None


def effects(lines: Sequence[JournalLine]) -> Iterator[Span]:
    """The effects of a journal, in the order they were intended; one runs at a time."""
    open_: JournalLine | None = None
    for line in lines:
        if isinstance(line.entry, EffectIntended):
            if open_ is not None:
                yield Span(open_, None)
            open_ = line
        elif isinstance(line.entry, EffectEnded) and open_ is not None:
            yield Span(open_, line)
            open_ = None
    if open_ is not None:
        yield Span(open_, None)


def timeline_of(lines: Sequence[JournalLine]) -> tuple[Moment, ...]:
    """What happened, in the journal's order."""
    ends = {span.begun.seq: span.end for span in effects(lines)}
    moments: list[Moment] = []
    proof: list[Span] = []
    for line in lines:
        entry = line.entry
        if isinstance(entry, EffectIntended):
            span = Span(line, ends[line.seq])
            if entry.effect is Effect.PROVE:
                proof.append(span)
                continue
            moments += _proof(proof)
            moments.append(_effect(span, entry))
        elif (told := _entry(line)) is not None:
            moments += _proof(proof)
            moments.append(told)
    return (*moments, *_proof(proof))


def _proof(spans: list[Span]) -> Iterator[Moment]:
    """All calls of one proof as one line; `spans` is empty afterwards."""
    if not spans:
        return
    done, last = list(spans), spans[-1].end
    spans.clear()
    names = [span.begun.entry.what for span in done if isinstance(span.begun.entry, EffectIntended)]
    seconds = (last.at - done[0].begun.at).total_seconds() if last else None
    how = _how(done[-1])
    yield Moment(
        at=done[0].begun.at,
        kind=MomentKind.PROOF,
        what=f"tried on a copy of the module: {', '.join(names)}" + (f"; {how}" if how else ""),
        duration_s=seconds,
        ok=_ok(done[-1]),
    )


def _effect(span: Span, entry: EffectIntended) -> Moment:
    how = _how(span)
    return Moment(
        at=span.begun.at,
        kind=_KINDS.get(entry.effect, MomentKind.TERRAFORM),
        what=_what(entry) + (f"; {how}" if how else ""),
        duration_s=(span.end.at - span.begun.at).total_seconds() if span.end else None,
        ok=_ok(span),
    )


def _what(entry: EffectIntended) -> str:
    if entry.effect in {Effect.INIT, Effect.PLAN, Effect.SHOW, Effect.APPLY, Effect.OUTPUT}:
        creates = f", {len(entry.creates):,} to create" if entry.creates else ""
        return f"terraform {entry.effect}{creates}" + (", takes something away" if entry.destroys else "")
    return {
        Effect.VALIDATE: "the checks",
        Effect.MODEL: f"asked {entry.model or 'a model'}",
        Effect.PROMOTE: f"wrote the fix to {entry.what}",
        Effect.UNDO: f"put back: {entry.what}",
    }.get(entry.effect, entry.what)


def _how(span: Span) -> str:
    """What is to be said of its end; empty where it ended well."""
    if span.end is None or not isinstance(span.end.entry, EffectEnded):
        return _UNSEEN
    ended = span.end.entry.ended
    if ended in _WELL:
        return ""
    return _UNSEEN if ended == "unknown" else ended.replace("_", " ")


def _ok(span: Span) -> bool | None:
    if span.end is None or not isinstance(span.end.entry, EffectEnded):
        return None
    return span.end.entry.ended in _WELL


def _entry(line: JournalLine) -> Moment | None:
    """An entry that stands for itself; None where it is part of an effect."""
    told: Moment | None = None
    match line.entry:
        case RunOpened() as entry:
            engine = f"{entry.engine.name} {entry.engine.version}"
            what = f"the run began, with {engine} and planner {entry.planner_version}"
            told = Moment(at=line.at, kind=MomentKind.OPENED, what=what, who=entry.actor)
        case Moved() as entry:
            what = f"{entry.source.value} → {entry.target.value}: {entry.outcome.reason}"
            told = Moment(at=line.at, kind=MomentKind.MOVED, what=what, ok=_WELL_STATES.get(entry.target))
        case Tried() as entry:
            done = "kept for the rest of the fix" if entry.kept else "refused"
            what = f"{done}: {entry.incident.remediation.summary} — {entry.incident.note}"
            told = Moment(at=line.at, kind=MomentKind.TRIED, what=what, ok=entry.kept)
        case RunParked() as entry:
            told = Moment(at=line.at, kind=MomentKind.ASKED, what=entry.reason)
        case Decided(approval=answer):
            what = ("approved" if answer.decision == "approve" else "rejected") + (answer.comment and ": ")
            told = Moment(at=line.at, kind=MomentKind.ANSWERED, what=what + answer.comment, who=answer.actor)
        case RunResumed() as entry:
            told = Moment(at=line.at, kind=MomentKind.RESUMED, what="the run was taken up", who=entry.actor)
        case Undone() as entry:
            what = f"taken back: {'; '.join(entry.what)}"
            told = Moment(at=line.at, kind=MomentKind.FIX, what=what, who=entry.actor, ok=True)
        case _:
            pass
    return told

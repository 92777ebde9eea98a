"""All that a run can do, searched breadth first over the real table and the real policy (S-01, S-02).

A node holds what decides where a run goes on: state, counts, what waits, what
was tried. What Terraform, a model, a person or a crash may do are its edges; a
crash leaves no count behind, so that any number of them is searched. The order
of the calls within DIAGNOSING is written here a second time; what each may lead
to is asked of `planner.policy` and the machine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from contracts.budget import Limits
from contracts.hypothesis import Category, Hypothesis, Source
from contracts.identity import EngineId
from contracts.incident import Incident, Stage
from contracts.record import RunRecord
from contracts.remediation import Edit, EditConfig, Escalate, Remediation, Retry
from contracts.run import TERMINAL, Attempt, Outcome, RunEvent, RunRequest, RunState
from contracts.settings import Autonomy
from diagnosis.dedup import repeated
from planner import policy
from planner.machine import RunMachine
from tests.fakes.clock import START

ANSWERS = 1
"""How often a person may answer: each answer is somebody's deed, and no progress of the run's own."""
S, E = RunState, RunEvent


def _edit(name: str) -> EditConfig:
    return EditConfig(summary="mend it", edits=(Edit(file="main.tf", search=name, replace="x"),))


def _hypothesis(remedy: Remediation, cause: str, *, retryable: bool) -> Hypothesis:
    return Hypothesis(
        category=Category.OTHER, retryable=retryable, root_cause=cause, confidence=1, remediation=remedy
    )


KNOWN = (
    (_hypothesis(Retry(summary="again"), "It passes.", retryable=True), Source.SIGNATURE),
    (_hypothesis(_edit("a"), "`a` is misspelt.", retryable=False), Source.MODEL),
    (_hypothesis(_edit("b"), "`b` is missing.", retryable=False), Source.MODEL),
    (_hypothesis(Escalate(summary="look"), "Nobody knows.", retryable=False), Source.MODEL),
)
"""What may be said of a failure, and by whom."""


class Node(NamedTuple):
    state: RunState = S.INIT
    runs: int = 0
    """Attempts that were begun, those that a person's yes lets go on not counted anew."""
    retries: int = 0
    calls: int = 0
    proofs: int = 0
    tried: frozenset[int] = frozenset()
    waits: bool = False
    """Whether a plan of the module's own waits for a person."""
    allowed: bool = False
    kill: bool = False
    intent: str = ""
    answers: int = 0


class Edge(NamedTuple):
    to: Node
    outside: bool = False
    """Whether somebody outside planner had to do something: a person, or what killed it."""


def successors(node: Node, cap: int) -> Iterator[Edge]:
    """Where a run may go from here."""
    if node.state in TERMINAL:
        return
    if node.intent:  # planner dies: what was intended is closed as unknown, and the state does its work again
        yield Edge(node._replace(intent=""), outside=True)
    if not node.kill:
        yield Edge(node._replace(kill=True), outside=True)
    if node.kill and not node.intent:
        yield from _moved(node, E.KILLED, cap)
        return
    yield from _WORK[node.state](node, cap)


def _init(node: Node, cap: int) -> Iterator[Edge]:
    for edge in _moved(node, E.BEGIN, cap):
        yield Edge(edge.to._replace(runs=node.runs + 1))


def _running(node: Node, cap: int) -> Iterator[Edge]:
    if node.intent == "apply":  # how it ends; the kill switch waits for that
        done = node._replace(intent="", allowed=False)
        yield from _moved(done, E.APPLIED, cap)
        yield from _moved(done, E.ERRORED, cap)
        return
    yield from _moved(node, E.ERRORED, cap)  # init or plan fails
    yield Edge(node._replace(intent="apply"))
    if not node.allowed:  # the plan asks
        for edge in _moved(node, E.ERRORED, cap):
            yield Edge(edge.to._replace(waits=True))


def _validating(node: Node, cap: int) -> Iterator[Edge]:
    yield from _moved(node, E.VERIFIED, cap)
    yield from _moved(node, E.REJECTED, cap)


def _diagnosing(node: Node, cap: int) -> Iterator[Edge]:
    if node.waits:
        if node.answers < ANSWERS:
            for edge in _moved(
                node._replace(waits=False, allowed=True, answers=node.answers + 1), E.APPROVED, cap
            ):
                yield edge._replace(outside=True)
            for edge in _moved(node, E.EXHAUSTED, cap):
                yield edge._replace(outside=True)
        return
    model = policy.may_ask_model(record(node, cap), timedelta(minutes=1)) is not None
    if node.intent != "model":
        if model:
            yield Edge(node._replace(intent="model", calls=node.calls + 1))
        yield from _moved(node, E.EXHAUSTED, cap)  # nobody knows the cause
        yield from _named(node, 0, cap)
        return
    answered = node._replace(intent="")
    yield Edge(answered)  # garbled, or the provider is down
    for place in range(1, len(KNOWN)):
        yield from _named(answered, place, cap)


def _named(node: Node, place: int, cap: int) -> Iterator[Edge]:
    """What follows a hypothesis: the policy's word, and what a proof may say."""
    said = _said(node.retries, node.proofs, node.tried, place, cap)
    if isinstance(said, E):
        tried = node.tried | {place}
        yield from _moved(node._replace(tried=tried, proofs=node.proofs + 1), said, cap)
        return
    noted = node._replace(tried=node.tried | {place}, proofs=node.proofs + 1)
    yield from _moved(noted, E.REMEDIED, cap)
    yield Edge(noted)  # refused, or it settles a part: another hypothesis is due
    if node.answers < ANSWERS:  # asked about first
        for edge in _moved(noted._replace(answers=node.answers + 1), E.REMEDIED, cap):
            yield edge._replace(outside=True)


_WORK = {S.INIT: _init, S.RUNNING: _running, S.VALIDATING: _validating, S.DIAGNOSING: _diagnosing}


@cache
def _said(retries: int, proofs: int, tried: frozenset[int], place: int, cap: int) -> RunEvent | None:
    """What `policy.next_move` says; None: the remedy may be proven."""
    node = Node(S.DIAGNOSING, retries=retries, proofs=proofs)
    hypothesis, source = KNOWN[place]
    before = [KNOWN[earlier][0] for earlier in sorted(tried)]
    move = policy.next_move(record(node, cap), hypothesis, source, repeated, before)
    return move.event if isinstance(move, Outcome) else None


def _moved(node: Node, event: RunEvent, cap: int) -> Iterator[Edge]:
    target, retries = table(node.state, event, node.retries, cap)
    if target is S.RUNNING and event is E.REMEDIED:
        node = node._replace(runs=node.runs + 1, proofs=0)
    yield Edge(node._replace(state=target, retries=retries, intent=""))


@cache
def table(state: RunState, event: RunEvent, retries: int, cap: int) -> tuple[RunState, int]:
    """Where the real machine leads; raises where it allows none."""
    run = record(Node(state, retries=retries), cap)
    RunMachine(model=run).send(event)
    return run.state, run.retries


@cache
def _blank(cap: int) -> RunRecord:
    return RunRecord(
        run_id="r",
        request=RunRequest(module=Path("/m"), autonomy=Autonomy.FIX, limits=Limits(max_retries=cap)),
        engine=EngineId(name="terraform", version="1"),
        started_at=START,
        last_at=START,
    )


@cache
def _incident() -> Incident:
    hypothesis = KNOWN[0][0]
    kept = {name: getattr(hypothesis, name) for name in type(hypothesis).model_fields}
    return Incident(attempt=1, fingerprint="f", stage=Stage.PLAN, source=Source.MODEL, **kept)


def record(node: Node, cap: int) -> RunRecord:
    """A record of which the policy sees what the node says."""
    return _blank(cap).model_copy(
        update={
            "state": node.state,
            "retries": node.retries,
            "model_calls": node.calls,
            "attempts": (Attempt(n=1, stage=Stage.PLAN, ok=False, duration_s=0),),
            "incidents": (_incident(),) * node.proofs,
        }
    )


def search(cap: int) -> dict[Node, list[Edge]]:
    """Every node that can be reached, with its edges; it ends where one has more runs than it may."""
    found: dict[Node, list[Edge]] = {}
    frontier = deque([Node()])
    while frontier:
        node = frontier.popleft()
        if node.runs > cap + 1:
            return {**found, node: []}
        if node not in found:
            found[node] = list(successors(node, cap))
            frontier.extend(edge.to for edge in found[node])
    return found

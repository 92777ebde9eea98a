"""AS-03: whatever remediation is proposed, no process starts that the policy forbids.

`PLANNER_ACTIONS=100000` runs the number that the guide asks for. For each hundred
of them one more goes the whole way, over a real journal, copy and promotion.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from contracts.approval import Approval
from contracts.context import ModuleFacts
from contracts.diagnostic import Diagnostic, Severity, SourceRange
from contracts.fixing import ImportRequest, StateRequest, UnlockRequest
from contracts.hypothesis import Category, Hypothesis, Source
from contracts.identity import EngineId, ProcessId
from contracts.incident import Named, Stage
from contracts.journal import Decided, RunOpened, RunParked
from contracts.proposal import Verdict
from contracts.record import RunRecord
from contracts.remediation import RemediationKind
from contracts.run import Attempt, Outcome, Parked, RunEvent, RunRequest, RunState
from contracts.settings import Approve, Autonomy
from contracts.terraform import InitRequest, PlanRequest
from diagnosis.dedup import repeated
from planner.diagnosing import DiagnosingStep
from planner.fix_effects import FixEffects
from planner.journal import Journal
from planner.judging import judged
from planner.machine import RunMachine
from planner.mending import RunMender
from planner.policy import must_ask, next_move
from planner.rundir import RunDir
from planner.settling import Failure
from planner.store import Store
from subagents.remediator.edit_called import Failed
from subagents.remediator.edit_reach import Around
from subagents.remediator.unlock import Machine, Started, unlocking
from subagents.remediator.work import Work, work_of
from subagents.workspace import RefusedError
from tests.fakes.clock import ManualClock
from tests.fakes.planning import PlainRedactor, ScriptedDiagnoser, SetStop
from tests.fakes.recording_fixer import Asked, RecordingFixer, a_fixer, argv, paths, smuggled
from tests.property.action_oracle import Holder, May, may
from tests.property.random_actions import LOCK_ID, Action, an_action

ACTIONS = int(os.environ.get("PLANNER_ACTIONS", "10000"))
WHOLE_WAY = 40
SEED = 20261120
TAKEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
HERE, ELSEWHERE = "this-host", "other-host"


class Case:
    """An action, how far planner may go, and the machine it happens on."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.rng, self.seed = rng, seed
        self.action: Action = an_action(rng)
        self.autonomy = rng.choice(list(Autonomy))
        kind = RemediationKind(self.action.remedy.kind)
        said = rng.choice((None, None, None, *Approve))
        self.approve = {} if said is None else {kind: said}
        self.locked = rng.random() < 0.8
        self.host = rng.choice((HERE, ELSEWHERE))
        self.ours = rng.choice(("", "alive", "dead"))
        self.orderly, self.engine_runs = rng.random() < 0.2, rng.random() < 0.2
        self.retryable = rng.random() < 0.8
        self.stage = Stage.APPLY if rng.random() < 0.2 else Stage.PLAN
        self.pointed = rng.random() < 0.8

    def may(self) -> May:
        """What the oracle says."""
        answer = next(iter(self.approve.values()), None)
        ours = "" if self.orderly else "unsure" if self.ours == "dead" and self.engine_runs else self.ours
        holder = Holder(LOCK_ID if self.locked else None, self.host == HERE, ours)
        return may(self.action.remedy, self.action.texts, self.autonomy, answer, holder)

    @property
    def hypothesis(self) -> Hypothesis:
        return Hypothesis(
            category=Category.OTHER,
            retryable=self.retryable,
            root_cause="It broke.",
            confidence=0.9,
            remediation=self.action.remedy,
        )

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        lock = f"Lock Info:\n  ID:        {LOCK_ID}\n  Path:      p\n  Operation: OperationTypeApply\n"
        taken = f"  Who:       ada@{self.host}\n  Created:   {TAKEN:%Y-%m-%d %H:%M:%S}.12 +0000 UTC\n"
        summary = "Error acquiring the state lock" if self.locked else "It broke"
        edited = self.edited if self.pointed else None  # unasked, what nothing points at is not touched
        return (Diagnostic(severity=Severity.ERROR, summary=summary, detail=lock + taken, range=edited),)

    @property
    def edited(self) -> SourceRange | None:
        """The lines that its first edit replaces, where there are such."""
        for edit in getattr(self.action.remedy, "edits", ()):
            text = self.action.texts.get(edit.file, "")
            if edit.search and edit.search in text:
                first = text[: text.index(edit.search)].count("\n") + 1
                last = first + edit.search.count("\n")
                return SourceRange(filename=edit.file, start_line=first, end_line=last)
        return None

    def machine(self) -> Machine:
        """Where planner runs, perhaps with a process of its own."""
        minute = timedelta(minutes=1)
        process = ProcessId(pid=77, start="1", boot_id="b")
        mine = Started(
            process, self.ours == "alive", self.orderly, "OperationTypeApply", TAKEN - minute, TAKEN + minute
        )
        oldest = TAKEN if self.engine_runs else None
        return Machine(HERE, (mine,) if self.ours else (), oldest)

    def request(self, module: Path) -> RunRequest:
        return RunRequest(module=module, autonomy=self.autonomy, approve=self.approve)


def decided(case: Case, record: RunRecord) -> tuple[May, Work]:
    """What planner's own code lets come of it, as far as that is known before a plan is made."""
    move = next_move(record, case.hypothesis, Source.MODEL, repeated, ())
    if isinstance(move, Outcome):
        return May.NOTHING, Work()
    texts = case.action.texts
    try:
        work = work_of(
            [case.action.remedy], texts, lambda said: unlocking(said, case.diagnostics, case.machine())
        )
    except RefusedError:
        return May.NOTHING, Work()
    findings = (*work.findings, *judged(work, texts, Around(), Failed.of(case.diagnostics)))
    if any(finding.verdict is Verdict.STOP for finding in findings):
        return May.NOTHING, Work()
    asks = bool(findings) or must_ask(record, [case.action.remedy])
    return (May.PROVE if asks else May.CHANGE), work


def a_record(case: Case) -> RunRecord:
    attempt = Attempt(n=1, stage=case.stage, ok=False, duration_s=1, diagnostics=case.diagnostics)
    return RunRecord(
        run_id="run-1",
        request=case.request(Path("/module")),
        engine=EngineId(name="terraform", version="1.11.4"),
        started_at=TAKEN,
        last_at=TAKEN,
        state=RunState.DIAGNOSING,
        attempts=(attempt,),
    )


def test_no_decision_lets_a_process_start_that_the_policy_forbids() -> None:
    seen: Counter[tuple[str, May, May]] = Counter()
    for number in range(ACTIONS):
        case = Case(SEED + number)
        found, work = decided(case, a_record(case))
        most = case.may()
        assert found <= most, f"seed {SEED + number}: {found.name}, at most {most.name}: {case.action.remedy}"
        for arguments in commands(work):
            assert not smuggled(arguments), f"seed {SEED + number}: {arguments}"
        seen[case.action.remedy.kind, most, found] += 1
    kinds = {kind for kind, _, _ in seen}
    assert kinds == {kind.value for kind in RemediationKind}
    told = Counter(most for kind, most, _ in seen.elements() if kind == "edit_config")
    assert min(told[most] for most in May) > ACTIONS // 100, f"a test that forbids all proves nothing: {told}"
    stricter = sum(count for (_, most, found), count in seen.items() if found < most)
    assert stricter < ACTIONS // 20, "planner refuses much that nothing speaks against"


def commands(work: Work) -> Sequence[tuple[str, ...]]:
    """The command lines that the work comes to."""
    at: dict[str, Any] = {"module": Path("/module"), "timeout": timedelta(1)}
    given = {"variables": work.variables}
    asked: list[Asked] = [PlanRequest(**at, **given, replace=work.replace), InitRequest(**at, mode=work.init)]
    asked += [ImportRequest(**at, **given, address=to, id=id_) for to, id_ in work.imports]
    asked += [StateRequest(**at, source=source, destination=to) for source, to in work.moves]
    asked += [UnlockRequest(**at, lock_id=work.unlock)] if work.unlock is not None else []
    return [argv(request) for request in asked]


class WholeWay:
    """One case over a module on the disk, with the real journal, prover, fixer and promotion."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self.module = folder / "work" / "module"
        for name, text in case.action.texts.items():
            (self.module / name).parent.mkdir(parents=True, exist_ok=True)
            (self.module / name).write_text(text, encoding="utf-8")
        (self.module / "page.txt").write_text("page", encoding="utf-8")
        (folder / "work" / "main.tf").write_text("# outside", encoding="utf-8")
        self.folder = folder
        self.before = self.tree()
        self.failure = Failure(case.stage, case.diagnostics)
        self.copies, self.agent = a_fixer(case.rng), RecordingFixer()
        home = folder / "home"
        store, clock = Store(home / "planner.db"), ManualClock()
        store._db.execute("PRAGMA synchronous=OFF")
        self.rundir = RunDir(home, "run-1")
        request = case.request(self.module)
        self.rundir.create()
        engine = EngineId(name="terraform", version="1.11.4")
        entry = RunOpened(request=request, engine=engine, planner_version="0")
        self.journal = Journal.open(
            store=store, clock=clock, redactor=PlainRedactor(), run_id="run-1", entry=entry
        )
        self.rundir.keep_variables(request.variables)
        machine = RunMachine(model=self.journal.record, listeners=[self.journal])
        machine.send(RunEvent.BEGIN, outcome=Outcome(event=RunEvent.BEGIN, reason="begin"))
        attempt = Attempt(n=1, stage=case.stage, ok=False, duration_s=1, diagnostics=case.diagnostics)
        failed = Outcome(event=RunEvent.ERRORED, reason="broke", attempt=attempt)
        machine.send(RunEvent.ERRORED, outcome=failed)
        self.mender = RunMender(
            journal=self.journal,
            effects=FixEffects(
                agent=self.agent,
                prover=self.copies,
                journal=self.journal,
                stop=SetStop(),
                time_left=lambda: timedelta(minutes=5),
            ),
            rundir=self.rundir,
            redactor=PlainRedactor(),
            machine=case.machine,
            environment={},
            clock=clock,
        )
        named = Named(hypothesis=case.hypothesis, source=Source.MODEL, origin="obeys attackers")
        self.step = DiagnosingStep(
            journal=self.journal,
            diagnoser=ScriptedDiagnoser(named),
            mender=self.mender,
            redactor=PlainRedactor(),
            clock=clock,
            facts=lambda _: ModuleFacts(),
        )

    def tree(self) -> dict[str, bytes]:
        """All but planner's own folder."""
        work = self.folder / "work"
        return {str(path.relative_to(work)): path.read_bytes() for path in work.rglob("*") if path.is_file()}

    @property
    def touched(self) -> bool:
        """Whether anything of the user's was changed."""
        return bool(self.agent.asked) or self.tree() != self.before or self.rundir.variables() != ()

    def answered(self, parked: Parked, answer: str) -> None:
        """A person's answer: `approve`, `reject`, or an approval of something else."""
        self.journal.append(RunParked(reason=parked.reason, incident=parked.incident, pending=parked.pending))
        assert parked.pending is not None
        digest = parked.pending.digest if answer != "other" else "0" * 64
        decision: Literal["approve", "reject"] = "reject" if answer == "reject" else "approve"
        approval = Approval(decision=decision, digest=digest, actor="ada", at=TAKEN)
        self.journal.append(Decided(approval=approval))

    def check_surroundings(self) -> None:
        """Nothing was made, removed or left behind, and nothing beside the module was changed."""
        now = self.tree()
        assert now.keys() == self.before.keys()
        assert now["main.tf"] == b"# outside"
        assert not self.rundir.sandbox.exists()

    def check_requests(self) -> None:
        """All of them: what works on copies stays there, and nothing of a remedy is an option."""
        for request in self.copies.asked:
            assert all(path.is_relative_to(self.rundir.sandbox) for path in paths(request)), request
        for request in self.agent.asked:
            assert isinstance(request, ImportRequest | StateRequest | UnlockRequest), request
            assert request.module == self.module
        for request in (*self.copies.asked, *self.agent.asked):
            assert not smuggled(argv(request)), request


def cases_worth_it() -> Iterator[Case]:
    """Of those that the oracle forbids altogether only a few: they end before anything begins."""
    seeds = iter(range(-SEED, -100 * SEED, -1))
    for _ in range(ACTIONS // WHOLE_WAY):
        yield next(case for seed in seeds if (case := Case(seed)).may() or case.rng.random() < 0.05)


def test_no_process_starts_that_the_policy_forbids(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for case in cases_worth_it():
        way = WholeWay(case, tmp_path / str(case.seed))
        about = f"seed {case.seed}: {case.action.remedy}"
        if case.autonomy is not Autonomy.OBSERVE:  # what only lacks a value may get it from the errors
            whole = way.mender.completed(case.action.remedy, way.failure, ())
            case.action = case.action._replace(remedy=whole)
        most = case.may()
        outcome = way.step()
        way.check_requests()
        assert most is not May.NOTHING or not way.copies.asked, about
        loses = way.copies.destroys and way.copies.asked and case.stage is Stage.PLAN
        assert (most is May.CHANGE and not loses) or not way.touched, about
        seen["changed unasked"] += way.touched
        if isinstance(outcome, Parked):
            answer = case.rng.choice(("approve", "reject", "other"))
            way.answered(outcome, answer)
            way.step()
            way.check_requests()
            assert answer == "approve" or not way.touched, f"{about}, answered with {answer}"
            seen[answer] += 1
            seen["changed when approved"] += way.touched
        seen["forbidden"] += most is May.NOTHING
        way.check_surroundings()
    if ACTIONS >= 10_000:
        expected = ("changed unasked", "approve", "reject", "other", "changed when approved", "forbidden")
        assert all(seen[what] for what in expected), seen

"""One run of planner in a simulated world: its processes, and the people around it.

Real: loop, steps, policy, machine, journal, store, fold, resume, diagnosing,
answering, ledger, brakes, conversation, fixer, promotion, kill switch. Simulated:
clock, disk, processes, Terraform and its cloud, signatures, model, people.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from contracts.approval import Approval
from contracts.budget import Limits
from contracts.context import ModuleFacts
from contracts.errors import PlannerError
from contracts.identity import EngineId
from contracts.incident import Evidence, Named
from contracts.journal import Decided, JournalLine, RunOpened, RunResumed
from contracts.record import RunRecord
from contracts.remediation import RemediationKind
from contracts.run import TERMINAL, Effect, RunRequest, RunState
from contracts.settings import Answer, Approve, Autonomy, Policy
from contracts.validation import CheckKind, CheckResult, ValidationReport, ValidationRequest
from diagnosis.agent import LayeredDiagnoser
from diagnosis.asking import Asker, Model, Models
from diagnosis.conversation import Conversation
from planner.diagnosing import DiagnosingStep
from planner.effects import TerraformEffects
from planner.fix_effects import FixEffects
from planner.journal import Journal
from planner.known_state import Known, KnownState
from planner.ledger import Ledger
from planner.loop import drive
from planner.memory import IncidentMemory, StoredAnswers
from planner.purse import RunPurse
from planner.resume import recorded, taken_up
from planner.rundir import RunDir
from planner.signals import StopRequest
from planner.steps import Steps
from planner.world import PlainWorld
from subagents.clock import Wake
from tests.assurance.fate import Died, Fate, Told
from tests.assurance.sim_mender import SimMender, digest_of
from tests.assurance.sim_naming import FILES, SimModel, known
from tests.assurance.sim_store import SimStore, disk
from tests.assurance.sim_terraform import MISSPELT, SECRET, SPELT, SimTerraform
from tests.assurance.sim_world import WANTED, Cloud, World
from tests.fakes.planning import PlainRedactor

ENGINE = EngineId(name="terraform", version="1.11.4")
RUN = "run-1"
_LONGEST_S = 30 * 60 + 700
"""A run's time limit, and what it may take to wait for a process that outlived planner."""
_ALLOWED = {
    RunState.RUNNING: {Effect.INIT, Effect.PLAN, Effect.SHOW, Effect.APPLY},
    RunState.VALIDATING: {Effect.PLAN, Effect.OUTPUT, Effect.VALIDATE},
    RunState.DIAGNOSING: {Effect.PROVE, Effect.PROMOTE, Effect.CHANGE, Effect.UNDO, Effect.MODEL},
}


class Surroundings(PlainWorld):
    """What an approval is bound to beside its plan."""

    def __init__(self, module: Path, known: Known) -> None:
        self._module = module
        self.known = known

    def digest(self) -> str:
        return digest_of(self._module)


class SimValidator:
    """Looks at the world itself."""

    def __init__(self, world: World, misled: Fate) -> None:
        self._world = world
        self._fate = misled

    def validate(self, request: ValidationRequest, stop: object) -> ValidationReport:
        self._world.point("while it is validated")
        passed = self._world.cloud.settled and not self._fate.happens("a check fails", 0.08)
        return ValidationReport(
            checks=(CheckResult(name="health: a", kind=CheckKind.HEALTH, passed=passed, detail="saw it"),)
        )


def _nothing(_: Evidence) -> Named | None:
    return None


class Ending(NamedTuple):
    """How a session ended."""

    how: str
    """`state`, `parked`, `died`, or the name of an operator's error."""
    record: RunRecord | None


APPROVE: tuple[dict[RemediationKind, Approve], ...] = (
    {},
    {},
    {RemediationKind.IMPORT: Approve.AUTO},
    {RemediationKind.EDIT_CONFIG: Approve.ASK},
    {RemediationKind.EDIT_CONFIG: Approve.ASK, RemediationKind.IMPORT: Approve.AUTO},
)


class Simulation:
    """One run over one module."""

    def __init__(self, fate: Fate, home: Path) -> None:
        self.fate = fate
        self.home = home
        pick = fate.choice
        self.misspelt = pick("the module is misspelt", (False, False, True))
        cloud = Cloud(
            with_old=pick("something is to go", (False, True)),
            unique_names=pick("names are unique", (True, False)),
            saves_each=pick("each object is saved", (True, False)),
        )
        if pick("an object is there already", (False, False, False, True)) and cloud.unique_names:
            cloud.objects[WANTED[0]] = 1  # which the state does not tell of
        self.world = World(fate, cloud)
        self.world.kill, self.world.rival, self.world.written = self.kill, self.rival, self._written
        self.match = known if pick("failures are known", (True, True, False)) else _nothing
        self.violations: list[str] = []
        self.endings: list[str] = []
        self.off = False
        self.disk = disk()
        module = home / "module"
        module.mkdir()
        for name in FILES:
            (module / name).write_text(MISSPELT if self.misspelt else SPELT, encoding="utf-8")
        self.request = RunRequest(
            module=module,
            autonomy=pick(
                "autonomy",
                (
                    Autonomy.FIX,
                    Autonomy.FIX,
                    Autonomy.FIX,
                    Autonomy.SUGGEST,
                    Autonomy.SUGGEST,
                    Autonomy.OBSERVE,
                ),
            ),
            yes=pick("yes was said", (False, False, False, True)),
            limits=Limits(
                max_retries=pick("retries", (3, 3, 2, 5, 1, 0)),
                max_usd=pick("dollars", (Decimal("0.05"), Decimal("0.05"), Decimal("0.015"), Decimal(0))),
                timeout=timedelta(minutes=30),
            ),
            policy=Policy(destroy=pick("destroy", (Answer.ASK, Answer.ALLOW, Answer.NEVER))),
            approve=pick("what is approved", APPROVE),
        )
        self.rundir = RunDir(home, RUN)
        self.acknowledged: dict[int, JournalLine] = {}
        self.redactor = PlainRedactor(SECRET)
        self.process()

    # --- processes of planner -------------------------------------------------------------------

    def process(self) -> None:
        """A new process of planner: nothing of the old one is left but what it wrote."""
        world = self.world
        world.session += 1
        world.dead = False
        self.store = SimStore(self.home, self.disk, world)
        self.stop = StopRequest(world.clock, Wake(), lambda _: None, self.store.switch)
        self.stop.run_id = RUN
        world.interrupt = lambda: self.stop._on_signal(2, None)
        self.journal: Journal | None = None

    def open(self) -> None:
        """Begin the run, or take it up."""
        if self.disk.execute("SELECT count(*) FROM journal").fetchone()[0]:
            self.journal = taken_up(
                store=self.store,
                clock=self.world.clock,
                redactor=self.redactor,
                stop=self.stop,
                run_id=RUN,
                rundir=self.rundir,
                engine=ENGINE,
                actor="ada",
            )
        else:
            if not self.rundir.path.exists():
                self.rundir.create()
            entry = RunOpened(request=self.request, engine=ENGINE, planner_version="0")
            self.journal = Journal.open(
                store=self.store, clock=self.world.clock, redactor=self.redactor, run_id=RUN, entry=entry
            )
        self.steps = self._steps(self.journal)

    def _steps(self, journal: Journal) -> Steps:
        world, clock = self.world, self.world.clock
        terraform = SimTerraform(world, self.rundir, self.seen)
        effects = FixEffects(
            agent=terraform,
            prover=terraform,
            journal=journal,
            stop=self.stop,
            time_left=lambda: steps.time_left(),  # noqa: PLW0108 - it is made below
        )
        purse = RunPurse(Ledger(self.store, clock, Decimal(1)), journal)
        conversation = Conversation(
            purse=purse, clock=clock, stop=self.stop, token=lambda: "5f0c1d7e5f0c1d7e"
        )
        model = SimModel(world, self.seen)
        asker = Asker(
            models=Models(Model(model.model, lambda: model)),
            conversation=conversation,
            answers=StoredAnswers(self.store, self.redactor),
        )
        diagnoser = LayeredDiagnoser(
            match=lambda evidence: self.match(evidence),  # noqa: PLW0108 - a test may change it
            memory=IncidentMemory(self.store, self.request),
            asker=asker,
        )
        diagnosing = DiagnosingStep(
            journal=journal,
            diagnoser=diagnoser,
            mender=SimMender(world, journal, effects, self.rundir),
            redactor=self.redactor,
            clock=clock,
            facts=lambda _: ModuleFacts(),
            must_stop=lambda: steps.must_stop(),  # noqa: PLW0108 - it is made below
        )
        around = TerraformEffects(
            agent=terraform,
            journal=journal,
            rundir=self.rundir,
            stop=self.stop,
            world=Surroundings(self.request.module, KnownState(self.store, self.request)),
        )
        steps = Steps(
            journal=journal,
            terraform=around,
            validator=SimValidator(world, self.fate),
            diagnosing=diagnosing,
            clock=clock,
            stop=self.stop,
        )
        return steps

    def session(self) -> Ending:
        """From the start of a process to its end; a run that is over is only told."""
        if self.disk.execute("SELECT 1 FROM runs WHERE state IN ('SUCCESS', 'FAILED')").fetchone():
            record, _ = recorded(self.store, RUN)
            return Ending(str(record.state), record)
        began = self.world.clock.elapsed_s
        ending = self._driven()
        lasted = self.world.clock.elapsed_s - began
        if lasted > _LONGEST_S:
            self.violations.append(f"H-08: a session lasts {lasted:.0f} s")
        return ending

    def _driven(self) -> Ending:
        try:
            self.open()
            assert self.journal is not None
            record = drive(self.journal, self.steps, [])
            if record.incidents:
                IncidentMemory(self.store).keep(record)
            if record.state in TERMINAL:
                self.rundir.forget()
        except Died:
            self.left()
            return Ending("died", None)
        except PlannerError as error:
            self.left()
            return Ending(type(error).__name__, None)
        self.left()
        return Ending("parked" if record.parked else str(record.state), record)

    def left(self) -> None:
        """The process is gone; what it was told to be durable counts."""
        self.acknowledged |= {line.seq: line for line in self.store.acknowledged}
        self.process()

    # --- people ---------------------------------------------------------------------------------

    def kill(self) -> None:
        self._elsewhere().switch_off(None, "stopped by ada")
        self.off = True

    def start(self) -> None:
        self._elsewhere().switch_on(None)
        self.off = False
        self.world.did("start")

    def command(self, *, approve: bool, old: bool = False) -> None:
        """A person's command in a process of its own, which may die too."""
        try:
            self.decide(approve=approve, old=old)
        except (Died, PlannerError):
            self.fate.sometimes["a person's command fails"] += 1
        self.left()

    def decide(self, *, approve: bool, old: bool = False) -> None:
        """What `planner approve` and `reject` journal; `old`: for something that was asked before."""
        record, written = recorded(self.store, RUN)
        if record.pending is None:
            return
        journal = Journal(
            store=self.store, clock=self.world.clock, redactor=self.redactor, record=record, written=written
        )
        journal.append(
            Decided(
                approval=Approval(
                    decision="approve" if approve else "reject",
                    digest="0" * 64 if old else record.pending.digest,
                    actor="ada",
                    at=self.world.clock.now(),
                )
            )
        )

    def rival(self) -> None:
        """Another process takes the run up although this one drives it."""
        record, written = recorded(self.store, RUN)
        journal = Journal(
            store=self._elsewhere(),
            clock=self.world.clock,
            redactor=self.redactor,
            record=record,
            written=written,
        )
        journal.append(RunResumed(engine=ENGINE, actor="bob"))

    def _elsewhere(self) -> SimStore:
        """The store as a process sees it that lives on."""
        return SimStore(self.home, self.disk, World(Told(), self.world.cloud))

    # --- what must hold at every effect ---------------------------------------------------------

    def seen(self, effect: Effect, what: str) -> None:
        """An effect starts now: S-03, S-04, S-07, I8, on what a reader of the disk would find."""
        intended = self.store.last_entry("effect_intended")
        count = self._written()
        of = getattr(intended and intended.entry, "effect", None)
        taking_up = self.journal is None and effect is Effect.PROMOTE  # files are put back first
        if of is not effect and not (effect is Effect.PROMOTE and of is Effect.UNDO):
            self.violations.append(f"S-07: {effect} starts, and the last intention is {of}")
        elif intended and intended.seq != count - 1 and effect is not Effect.MODEL and not taking_up:
            self.violations.append(f"S-07: {effect} starts, and its intention is not the last entry")
        state = RunState(self.disk.execute("SELECT state FROM runs").fetchone()[0])
        if effect not in _ALLOWED.get(state, set()) and not taking_up:
            self.violations.append(f"S-03: {effect} starts in {state}")
        if self.off and not taking_up:
            self.violations.append(f"I8: {effect} starts although the kill switch is on")

    def _written(self) -> int:
        return int(self.disk.execute("SELECT count(*) FROM journal").fetchone()[0])

"""The composition root: builds every object a command needs, once a process.

Plain calls and no decisions; the environment is read by `planner.wiring`, the
diagnoser is built by `planner.naming` when a run fails.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from contracts.approval import Approval
from contracts.errors import StoppedError, UnknownRunError
from contracts.journal import Decided, RunOpened
from contracts.run import TERMINAL, EngineId, RunRecord, RunRequest
from contracts.terraform import Engine
from observability.listeners import RunLog
from planner.effects import TerraformEffects
from planner.journal import Journal
from planner.lock import Holder, ModuleLock
from planner.loop import drive
from planner.naming import Explain, Means, Openers, diagnosing_step, openers
from planner.request import names_of
from planner.result import result_of
from planner.resume import left_behind, recorded, taken_up
from planner.rundir import RunDir
from planner.sensitive import values_of_module
from planner.signals import StopRequest
from planner.steps import Steps
from planner.store import Store
from planner.view import View
from planner.wiring import actor, day_cap, environment, redactor_of
from subagents.aws.calls import AwsCaller
from subagents.clock import SystemClock
from subagents.identity import identity_of
from subagents.process import SystemProcessRunner
from subagents.terraform.agent import EngineAgent
from subagents.terraform.engine import EngineProbe, engine_argv
from subagents.terraform.environment import environment_of
from subagents.validator.agent import ValidatorAgent


class App:
    """Everything a command that drives runs needs, built once a process."""

    def __init__(self, home: Path, view: View) -> None:
        """Opens the store. Raises `StoreError`."""
        self.environment = environment()
        self.home = home
        self.store = Store(home / "planner.db")
        wake = threading.Event()
        self.clock = SystemClock(wake)
        self._run_id = ""
        self.stop = StopRequest(
            self.clock, wake, view.say, lambda: self.store.switch.why(self._run_id) is not None
        )
        self.redactor = redactor_of(self.environment)
        self._day_cap = day_cap(self.environment)  # now: a wrong one is told before a run, not in it
        self._view = view
        self._runner = SystemProcessRunner(self.clock)
        self._terraform_environment = environment_of(self.environment, is_file=os.path.isfile)

    def engine(self, named: str | None) -> Engine:
        """The engine that is to be used. Raises `EngineError`."""
        probe = EngineProbe(
            runner=self._runner,
            environment=self._terraform_environment,
            stop=self.stop,
            cache=self.store,
        )
        return probe.engine(engine_argv(named, self.environment))

    def start(self, request: RunRequest, named_engine: str | None, explain: Explain = None) -> RunRecord:
        """Drive a new run. Raises `PlannerError`."""
        self._refuse_if_stopped("")
        engine = self.engine(named_engine)
        run_id = f"{self.clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        models = openers(request, self.environment, self.clock, self.stop, explain)
        self.redactor = self.redactor.with_values(values_of_module(request, self.environment))
        with self._locked(request.module, run_id):
            rundir = RunDir(self.home, run_id)
            rundir.create(request)
            entry = RunOpened(
                request=request.model_copy(update={"variables": names_of(request.variables)}),
                engine=EngineId(name=engine.name, version=engine.version),
                planner_version=version("planner"),
                maybe_created=left_behind(
                    store=self.store, clock=self.clock, stop=self.stop, home=self.home, module=request.module
                ),
            )
            journal = Journal.open(
                store=self.store, clock=self.clock, redactor=self.redactor, run_id=run_id, entry=entry
            )
            return self._drive(journal, engine, rundir, models, explain)

    def resume(self, run_id: str, named_engine: str | None) -> RunRecord:
        """Drive a run on from where its journal ends. Raises `PlannerError`."""
        record, _ = recorded(self.store, run_id)
        if record.state in TERMINAL:
            return record
        self._refuse_if_stopped(run_id)
        engine = self.engine(named_engine)
        rundir = RunDir(self.home, run_id)
        models = openers(record.request, self.environment, self.clock, self.stop, None)
        request = record.request.model_copy(update={"variables": rundir.variables()})
        self.redactor = self.redactor.with_values(values_of_module(request, self.environment))
        with self._locked(record.request.module, run_id):
            journal = taken_up(
                store=self.store,
                clock=self.clock,
                redactor=self.redactor,
                stop=self.stop,
                run_id=run_id,
                rundir=rundir,
                engine=EngineId(name=engine.name, version=engine.version),
            )
            return self._drive(journal, engine, rundir, models, None)

    def decide(self, run_id: str, *, approve: bool, comment: str) -> None:
        """Journal a person's answer to a parked run. Raises `UnknownRunError` where none waits."""
        record, written = recorded(self.store, run_id)
        if not record.parked or record.pending is None:
            raise UnknownRunError(
                f"run {run_id} does not wait for an approval", remedy="see `planner show` for where it stands"
            )
        with self._locked(record.request.module, run_id):
            journal = Journal(
                store=self.store, clock=self.clock, redactor=self.redactor, record=record, written=written
            )
            approval = Approval(
                decision="approve" if approve else "reject",
                digest=record.pending.digest,
                actor=actor(),
                comment=comment,
                at=self.clock.now(),
            )
            journal.append(Decided(approval=approval))

    def _refuse_if_stopped(self, run_id: str) -> None:
        """Before anything is looked at: not even a version is asked of an engine while the switch is on."""
        if why := self.store.switch.why(run_id):
            raise StoppedError(why, remedy="`planner start` lets runs begin again")

    @contextmanager
    def _locked(self, module: Path, run_id: str) -> Iterator[None]:
        holder = Holder(run_id=run_id, host=socket.gethostname(), process=identity_of(os.getpid()))
        lock = ModuleLock(module, self.home / "locks").acquire(holder)
        try:
            yield
        finally:
            lock.release()

    def _drive(
        self, journal: Journal, engine: Engine, rundir: RunDir, models: Openers, explain: Explain
    ) -> RunRecord:
        self._run_id = journal.record.run_id
        agent = EngineAgent(
            engine=engine,
            runner=self._runner,
            environment=self._terraform_environment,
            out_dir=rundir.output,
            on_progress=self._view.on_progress,
        )
        steps = Steps(
            journal=journal,
            terraform=TerraformEffects(agent=agent, journal=journal, rundir=rundir, stop=self.stop),
            validator=ValidatorAgent(self.clock, AwsCaller(self.environment)),
            diagnosing=diagnosing_step(
                journal=journal,
                means=lambda: self._means(journal, models, explain),
                redactor=self.redactor,
            ),
            clock=self.clock,
            stop=self.stop,
        )
        log = RunLog(rundir.path / "log.jsonl", self.redactor.redact, journal.record.run_id)
        try:
            record = drive(journal, steps, [log, self._view])
        finally:
            log.finish(result_of(journal.record))
        if record.incidents:
            from planner.memory import IncidentMemory  # noqa: PLC0415 - only after a failure

            IncidentMemory(self.store).keep(record)
        if record.state in TERMINAL:
            rundir.forget()
        return record

    def _means(self, journal: Journal, models: Openers, explain: Explain) -> Means:
        """What a diagnosis may use, built when a run fails."""
        from planner.ledger import Ledger  # noqa: PLC0415 - only after a failure
        from planner.memory import IncidentMemory, StoredAnswers  # noqa: PLC0415 - only after a failure
        from planner.purse import RunPurse  # noqa: PLC0415 - only after a failure

        return Means(
            openers=models,
            purse=RunPurse(Ledger(self.store, self.clock, self._day_cap), journal),
            memory=IncidentMemory(self.store),
            answers=StoredAnswers(self.store, self.redactor),
            clock=self.clock,
            stop=self.stop,
            model=journal.record.request.model,
            explain=explain,
        )

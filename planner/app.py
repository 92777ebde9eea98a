"""The composition root: builds every object a command needs, once a process.

Plain calls and no decisions; the environment is read by `planner.wiring`, the
diagnoser is built by `planner.naming` when a run fails.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.errors import StoppedError
from contracts.journal import JournalLine, RunOpened, RunResumed
from contracts.run import TERMINAL, EngineId, RunRecord, RunRequest
from contracts.terraform import Engine
from observability.listeners import RunLog
from planner.correlation import beside, caller_of, signed_for, trace_of
from planner.effects import TerraformEffects
from planner.journal import Journal
from planner.known_state import KnownState
from planner.lock import Holder, ModuleLock, StateLock
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
from planner.wiring import actor, day_cap, environment, redactor_of, shown_log
from planner.world import ModuleWorld, chosen, refuse_elsewhere, refuse_misled, refuse_otherwise
from subagents.aws.calls import AwsCaller
from subagents.clock import SystemClock, Wake
from subagents.identity import identity_of
from subagents.memory import spare_bytes
from subagents.process import SystemProcessRunner
from subagents.terraform.agent import EngineAgent
from subagents.terraform.engine import EngineProbe, engine_argv
from subagents.terraform.environment import environment_of, roomy
from subagents.terraform.plugin_cache import TakingTurns
from subagents.terraform.state_guard import state_key, workspace_of
from subagents.validator.agent import ValidatorAgent

if TYPE_CHECKING:
    from planner.answering import Mender
    from planner.fix_effects import FixEffects


class App:
    """Everything a command that drives runs needs, built once a process."""

    def __init__(self, home: Path, view: View) -> None:
        """Opens the store. Raises `StoreError`."""
        self.environment = environment()
        self.home = home
        self.store = Store(home / "planner.db")
        wake = Wake()
        self.clock = SystemClock(wake)
        self.stop = StopRequest(self.clock, wake, view.say, self.store.switch)
        self.redactor = redactor_of(self.environment)
        self._day_cap = day_cap(self.environment)  # now: a wrong one is told before a run, not in it
        self._shown_log = shown_log(self.environment)  # as above
        self._view = view
        self._processes = SystemProcessRunner(self.clock)
        self._runner = TakingTurns(self._processes, self.clock)
        plain = environment_of(self.environment, is_file=os.path.isfile)
        self._terraform_environment = roomy(plain, spare_bytes())

    def processes(self) -> AbstractContextManager[object]:
        """While runs are driven: the next process is started ahead of need."""
        return self._processes

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
        self.refuse_if_stopped("")
        refuse_misled(self.environment)
        engine = self.engine(named_engine)
        run_id = f"{self.clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        models = openers(request, self.environment, self.clock, self.stop, explain)
        self.learn(request)
        request = request.model_copy(update={"workspace": self._workspace(request.module)})
        with self.locked(request.module, run_id) as state:
            rundir = RunDir(self.home, run_id)
            rundir.create()
            entry = RunOpened(
                request=request.model_copy(update={"variables": names_of(request.variables)}),
                engine=EngineId(name=engine.name, version=engine.version),
                planner_version=version("planner"),
                actor=actor(),
                maybe_created=self._left_behind(request),
                state=KnownState(self.store, request).mark(),
            )
            journal = Journal.open(
                store=self.store, clock=self.clock, redactor=self.redactor, run_id=run_id, entry=entry
            )
            # After the journal, for they may be secret: a death before this leaves a run without its values,
            # which `taken_up` refuses, and never values in a folder that no run knows. To sweep such folders
            # instead would need a lock on each: another process may just be making one.
            rundir.keep_variables(request.variables)
            if said := chosen(self._terraform_environment):
                rundir.keep_environment(said)
            if journal.record.request.checks != request.checks:
                rundir.keep_checks(request.checks)
            return self._drive(journal, engine, rundir, models, explain, state=state)

    def _left_behind(self, request: RunRequest) -> tuple[str, ...]:
        """What may exist without being in the state. Raises `BusyError`."""
        return left_behind(
            store=self.store, clock=self.clock, stop=self.stop, home=self.home, request=request
        )

    def resume(self, run_id: str, named_engine: str | None) -> RunRecord:
        """Drive a run on from where its journal ends. Raises `PlannerError`."""
        record, _ = recorded(self.store, run_id)
        if record.state in TERMINAL:
            RunDir(self.home, run_id).forget()  # where it died after its end, before it could
            return record
        self.refuse_if_stopped(run_id)
        refuse_misled(self.environment)
        engine = self.engine(named_engine)
        rundir = RunDir(self.home, run_id)
        models = openers(record.request, self.environment, self.clock, self.stop, None)
        self.learn(record.request, rundir)
        self.refuse_elsewhere(record)
        if record.approval is None or record.approval.decision != "reject":  # that one only ends
            self.refuse_otherwise(record)
        with self.locked(record.request.module, run_id) as state:
            journal = taken_up(
                store=self.store,
                clock=self.clock,
                redactor=self.redactor,
                stop=self.stop,
                run_id=run_id,
                rundir=rundir,
                engine=EngineId(name=engine.name, version=engine.version),
                actor=actor(),
            )
            return self._drive(journal, engine, rundir, models, None, state=state)

    def learn(self, request: RunRequest, rundir: RunDir | None = None) -> None:
        """Have the secret values of a module masked from now on; `rundir` keeps those of a run."""
        if rundir is not None:
            request = request.model_copy(update={"variables": rundir.variables()})
        self.redactor = self.redactor.with_values(values_of_module(request, self.environment))

    def _workspace(self, module: Path) -> str:
        return workspace_of(module, self._terraform_environment.get("TF_WORKSPACE"))

    def refuse_elsewhere(self, record: RunRecord) -> None:
        """See `planner.world.refuse_elsewhere`."""
        refuse_elsewhere(record.request, self._terraform_environment)

    def refuse_otherwise(self, record: RunRecord) -> None:
        """See `planner.world.refuse_otherwise`."""
        refuse_otherwise(RunDir(self.home, record.run_id).environment(), self._terraform_environment)

    def refuse_if_stopped(self, run_id: str) -> None:
        """Before anything is looked at: not even a version is asked of an engine while the switch is on."""
        if why := self.store.switch.why(run_id):
            raise StoppedError(why, remedy="`planner start` lets runs begin again")

    @contextmanager
    def locked(self, module: Path, run_id: str) -> Iterator[StateLock]:
        """Hold the module, and its state, while something is done to it. Raises `BusyError`."""
        holder = Holder(run_id=run_id, host=socket.gethostname(), process=identity_of(os.getpid()))
        lock = ModuleLock(module, self.home / "locks", self.clock).acquire(holder)
        state = StateLock(self.home / "locks", holder, self.clock)
        try:
            state.hold(state_key(module, self._terraform_environment.get("TF_WORKSPACE")))
            yield state
        finally:
            state.release()
            lock.release()

    def _drive(
        self,
        journal: Journal,
        engine: Engine,
        rundir: RunDir,
        models: Openers,
        explain: Explain,
        *,
        state: StateLock,
    ) -> RunRecord:
        self.stop.run_id = journal.record.run_id
        if (checks := rundir.checks()) is not None:  # with the secrets that the journal masks
            journal.record.request = journal.record.request.model_copy(update={"checks": checks})
        trace = trace_of(journal, self.store, self.environment, self.redactor, self.clock)
        agent = EngineAgent(
            engine=engine,
            runner=self._runner,
            environment=signed_for(journal, self.environment, self._terraform_environment),
            out_dir=rundir.output,
            on_progress=beside(self._view.on_progress, trace),
            workspace=journal.record.request.workspace,
        )
        steps = Steps(
            journal=journal,
            terraform=TerraformEffects(
                agent=agent,
                journal=journal,
                rundir=rundir,
                stop=self.stop,
                world=ModuleWorld(
                    request=journal.record.request,
                    engine=engine,
                    rundir=rundir,
                    store=self.store,
                    environment=self._terraform_environment,
                    lock=state,
                ),
            ),
            validator=ValidatorAgent(self.clock, AwsCaller(self.environment, caller_of(journal))),
            diagnosing=diagnosing_step(
                journal=journal,
                means=lambda: self._means(journal, models, explain),
                mender=lambda: self.mender(journal, engine, rundir, steps.time_left),
                redactor=self.redactor,
                must_stop=lambda: steps.must_stop(),  # noqa: PLW0108 - it is made below
            ),
            clock=self.clock,
            stop=self.stop,
        )
        log = self.log(journal, _of_this_process(self.store.lines(journal.record.run_id)))
        try:
            record = drive(journal, steps, [self._view])
        finally:
            log.finish(result_of(journal.record))
            if trace is not None and (lost := trace.finish(result_of(journal.record))):
                self._view.say(f"the trace of this run is not whole: {lost}")
        if record.incidents:
            from planner.memory import IncidentMemory  # noqa: PLC0415 - only after a failure

            IncidentMemory(self.store).keep(record)
        if record.state in TERMINAL:
            rundir.forget()
        else:
            rundir.sweep()  # it waits for a person: what is approved is planned anew
        self._tell(record)
        return record

    def log(self, journal: Journal, written: Iterable[JournalLine] = ()) -> RunLog:
        """What writes the run's log, told of what this process has written and of each entry from now on."""
        path = RunDir(self.home, journal.record.run_id).path / "log.jsonl"
        log = RunLog(path, self.redactor, journal.record, self._shown_log)
        for line in written:
            log.on_line(line)
        journal.watch(log)
        return log

    def _tell(self, record: RunRecord) -> None:
        """Send people the message they asked for; that it cannot be sent changes nothing."""
        url = self.environment.get(record.request.notify.url_env)
        if not url:
            return
        from observability.webhook import event_of, message, post  # noqa: PLC0415 - only where somebody is told

        event = event_of(record)
        if event is not None:
            why = post(url, message(event, result_of(record)), self.redactor.redact)
            if why is not None:
                self._view.say(f"nobody was told of this: {why}")

    def fix_effects(
        self, journal: Journal, engine: Engine, rundir: RunDir, time_left: Callable[[], timedelta]
    ) -> FixEffects:
        """What tries a fix on copies of the module, and changes its state."""
        from planner.fix_effects import FixEffects  # noqa: PLC0415 - only after a failure
        from subagents.terraform.fixing import EngineFixer  # noqa: PLC0415 - only after a failure

        def agent(environment: dict[str, str]) -> EngineFixer:
            return EngineFixer(
                engine=engine,
                runner=self._runner,
                environment=signed_for(journal, self.environment, environment),
                out_dir=rundir.output,
                on_progress=lambda _: None,
                workspace=journal.record.request.workspace,
            )

        cache = {"TF_PLUGIN_CACHE_DIR": str(rundir.sandbox / "plugins")}
        return FixEffects(
            agent=agent(self._terraform_environment),
            prover=agent(cache | self._terraform_environment),
            journal=journal,
            stop=self.stop,
            time_left=time_left,
        )

    def mender(
        self, journal: Journal, engine: Engine, rundir: RunDir, time_left: Callable[[], timedelta]
    ) -> Mender:
        """What proves a fix and puts it in place, built when a run fails."""
        from planner.holders import machine_of  # noqa: PLC0415 - only after a failure
        from planner.mending import RunMender  # noqa: PLC0415 - only after a failure

        return RunMender(
            journal=journal,
            effects=self.fix_effects(journal, engine, rundir, time_left),
            rundir=rundir,
            redactor=self.redactor,
            machine=lambda: machine_of(self.store, journal.record.request.module),
            environment=self._terraform_environment,
            clock=self.clock,
        )

    def _means(self, journal: Journal, models: Openers, explain: Explain) -> Means:
        """What a diagnosis may use, built when a run fails."""
        from planner.ledger import Ledger  # noqa: PLC0415 - only after a failure
        from planner.memory import IncidentMemory, StoredAnswers  # noqa: PLC0415 - only after a failure
        from planner.purse import RunPurse  # noqa: PLC0415 - only after a failure

        return Means(
            openers=models,
            purse=RunPurse(Ledger(self.store, self.clock, self._day_cap), journal),
            memory=IncidentMemory(self.store, journal.record.request),
            answers=StoredAnswers(self.store, self.redactor),
            clock=self.clock,
            stop=self.stop,
            model=journal.record.request.model,
            explain=explain,
        )


def _of_this_process(lines: Sequence[JournalLine]) -> Sequence[JournalLine]:
    """What was written since the run was started or taken up last."""
    begins = [n for n, line in enumerate(lines) if isinstance(line.entry, RunOpened | RunResumed)]
    return lines[begins[-1] :]

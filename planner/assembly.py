"""Puts together what one run needs: its steps, and what diagnoses, mends, logs and tells.

Plain calls and no decisions. What a process has once is `planner.app`'s, and the
diagnoser is built by `planner.naming` when a run fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from contracts.journal import JournalLine, RunOpened, RunResumed
from contracts.record import RunRecord
from contracts.run import TERMINAL
from contracts.terraform import Engine
from observability.listeners import RunLog
from planner.correlation import beside, caller_of, signed_for, trace_of
from planner.effects import TerraformEffects
from planner.journal import Journal
from planner.lock import StateLock
from planner.loop import drive
from planner.naming import Explain, Means, Openers, diagnosing_step
from planner.result import result_of
from planner.rundir import RunDir
from planner.steps import Steps
from planner.world import ModuleWorld
from subagents.aws.calls import AwsCaller
from subagents.terraform.agent import EngineAgent
from subagents.validator.agent import ValidatorAgent

if TYPE_CHECKING:
    from planner.answering import Mender
    from planner.app import App
    from planner.declined import Declined
    from planner.fix_effects import FixEffects
    from planner.proving import Proven


class Assembly:
    """The objects of one run."""

    def __init__(self, app: App, journal: Journal, engine: Engine, rundir: RunDir) -> None:
        self._app = app
        self._journal = journal
        self._engine = engine
        self._rundir = rundir

    def drive(self, models: Openers, explain: Explain, *, state: StateLock) -> RunRecord:
        """Drive the run to its end, or to where a person is asked. Raises `PlannerError`."""
        journal, rundir = self._journal, self._rundir
        self._app.stop.run_id = journal.record.run_id
        if (checks := rundir.checks()) is not None:  # with the secrets that the journal masks
            journal.record.request = journal.record.request.model_copy(update={"checks": checks})
        trace = trace_of(journal, self._app.store, self._app.environment, self._app.redactor, self._app.clock)
        agent = EngineAgent(
            engine=self._engine,
            runner=self._app.runner,
            environment=signed_for(journal, self._app.environment, self._app.terraform_environment),
            out_dir=rundir.output,
            on_progress=beside(self._app.view.on_progress, trace),
        )
        steps = Steps(
            journal=journal,
            terraform=TerraformEffects(
                agent=agent,
                journal=journal,
                rundir=rundir,
                stop=self._app.stop,
                world=ModuleWorld(
                    request=journal.record.request,
                    engine=self._engine,
                    rundir=rundir,
                    store=self._app.store,
                    environment=self._app.terraform_environment,
                    lock=state,
                    stop=self._app.stop,
                ),
            ),
            validator=ValidatorAgent(self._app.clock, AwsCaller(self._app.environment, caller_of(journal))),
            diagnosing=diagnosing_step(
                journal=journal,
                means=lambda: self._means(models, explain),
                mender=lambda: self.mender(steps.time_left),
                redactor=self._app.redactor,
                must_stop=lambda: steps.must_stop(),  # noqa: PLW0108 - it is made below
                declined=self._declined,
            ),
            clock=self._app.clock,
            stop=self._app.stop,
        )
        log = log_of(self._app, journal, _of_this_process(self._app.store.lines(journal.record.run_id)))
        try:
            record = drive(journal, steps, [self._app.view])
        finally:
            log.finish(result_of(journal.record))
            if trace is not None and (lost := trace.finish(result_of(journal.record))):
                self._app.view.say(f"the trace of this run is not whole: {lost}")
        if record.incidents:
            from planner.memory import IncidentMemory  # noqa: PLC0415 - only after a failure

            IncidentMemory(self._app.store).keep(record)
        if record.state in TERMINAL:
            rundir.forget()
        else:
            rundir.sweep()  # it waits for a person: what is approved is planned anew
        self._tell(record)
        return record

    def _tell(self, record: RunRecord) -> None:
        """Send people the message they asked for; that it cannot be sent changes nothing."""
        url = self._app.environment.get(record.request.notify.url_env)
        if not url:
            return
        from observability.webhook import event_of, message, post  # noqa: PLC0415 - only where somebody is told

        event = event_of(record)
        if event is not None:
            why = post(url, message(event, result_of(record)), self._app.redactor.redact)
            if why is not None:
                self._app.view.say(f"nobody was told of this: {why}")

    def _declined(self, record: RunRecord, proof: Proven) -> Declined | None:
        """See `planner.declined`."""
        from planner.declined import declined_before  # noqa: PLC0415 - only after a failure

        return declined_before(self._app.store, record, proof)

    def fix_effects(self, time_left: Callable[[], timedelta]) -> FixEffects:
        """What tries a fix on copies of the module, and changes its state."""
        from planner.fix_effects import FixEffects  # noqa: PLC0415 - only after a failure
        from subagents.terraform.fixing import EngineFixer  # noqa: PLC0415 - only after a failure

        def agent(environment: dict[str, str]) -> EngineFixer:
            return EngineFixer(
                engine=self._engine,
                runner=self._app.runner,
                environment=signed_for(self._journal, self._app.environment, environment),
                out_dir=self._rundir.output,
                on_progress=lambda _: None,
            )

        cache = {"TF_PLUGIN_CACHE_DIR": str(self._rundir.sandbox / "plugins")}
        return FixEffects(
            agent=agent(self._app.terraform_environment),
            prover=agent(cache | self._app.terraform_environment),
            journal=self._journal,
            stop=self._app.stop,
            time_left=time_left,
            stays=lambda: self._app.refuse_elsewhere(self._journal.record),
        )

    def mender(self, time_left: Callable[[], timedelta]) -> Mender:
        """What proves a fix and puts it in place, built when a run fails."""
        from planner.holders import machine_of  # noqa: PLC0415 - only after a failure
        from planner.mending import RunMender  # noqa: PLC0415 - only after a failure

        return RunMender(
            journal=self._journal,
            effects=self.fix_effects(time_left),
            rundir=self._rundir,
            redactor=self._app.redactor,
            machine=lambda: machine_of(self._app.store, self._journal.record.request.module),
            environment=self._app.terraform_environment,
            clock=self._app.clock,
        )

    def _means(self, models: Openers, explain: Explain) -> Means:
        """What a diagnosis may use, built when a run fails."""
        from planner.ledger import Ledger  # noqa: PLC0415 - only after a failure
        from planner.memory import IncidentMemory, StoredAnswers  # noqa: PLC0415 - only after a failure
        from planner.purse import RunPurse  # noqa: PLC0415 - only after a failure

        return Means(
            openers=models,
            purse=RunPurse(Ledger(self._app.store, self._app.clock, self._app.day_cap), self._journal),
            memory=IncidentMemory(self._app.store, self._journal.record.request),
            answers=StoredAnswers(self._app.store, self._app.redactor),
            clock=self._app.clock,
            stop=self._app.stop,
            model=self._journal.record.request.model,
            explain=explain,
        )


def _of_this_process(lines: Sequence[JournalLine]) -> Sequence[JournalLine]:
    """What was written since the run was started or taken up last."""
    begins = [n for n, line in enumerate(lines) if isinstance(line.entry, RunOpened | RunResumed)]
    return lines[begins[-1] :]


def log_of(app: App, journal: Journal, written: Iterable[JournalLine] = ()) -> RunLog:
    """What writes a run's log, told of what this process has written and of each entry from now on."""
    path = RunDir(app.home, journal.record.run_id).path / "log.jsonl"
    log = RunLog(path, app.redactor, journal.record, app.shown_log)
    for line in written:
        log.on_line(line)
    journal.watch(log)
    return log

"""The composition root: builds every object a command needs, once a process.

Plain calls and no decisions; the environment is read by `planner.wiring`, what
one run needs is put together by `planner.assembly`.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from contracts.errors import PlannerError, SettingsError
from contracts.identity import EngineId
from contracts.journal import RunOpened
from contracts.record import RunRecord
from contracts.run import TERMINAL, RunRequest
from contracts.terraform import Engine
from contracts.text import one_line
from contracts.version import VERSION
from planner.assembly import Assembly
from planner.journal import Journal
from planner.known_state import KnownState
from planner.lock import Holder, ModuleLock, StateLock
from planner.naming import Explain, openers
from planner.profiles import forbidden_by
from planner.request import names_of, settings_for
from planner.resume import left_behind, recorded, taken_up
from planner.rundir import RunDir
from planner.sensitive import values_of_module
from planner.signals import StopRequest
from planner.store import Store
from planner.surroundings import chosen, refuse_elsewhere, refuse_misled, refuse_otherwise
from planner.view import MaskedView, View
from planner.wiring import actor, day_cap, environment, redactor_of, shown_log
from subagents.clock import SystemClock, Wake
from subagents.identity import identity_of
from subagents.memory import spare_bytes
from subagents.process import SystemProcessRunner
from subagents.terraform.engine import EngineProbe, engine_argv
from subagents.terraform.environment import environment_of, roomy
from subagents.terraform.plugin_cache import TakingTurns
from subagents.terraform.state_guard import state_key, workspace_of

_WORKSPACE = re.compile(r"(?!\.{1,2}$)[\w.~$&+:=@-]{1,255}", re.ASCII)
"""As Terraform takes them: what a URL's path holds unescaped."""


class App:
    """Everything a command that drives runs needs, built once a process."""

    def __init__(self, home: Path, view: View) -> None:
        """Opens the store. Raises `StoreError`."""
        self.environment = environment()
        self.home = home
        self.store = Store(home / "planner.db")
        wake = Wake()
        self.clock = SystemClock(wake)
        self.redactor = redactor_of(self.environment)
        self.view = MaskedView(view, lambda text: self.redactor.redact(text))  # noqa: PLW0108 - it changes
        self.stop = StopRequest(self.clock, wake, self.view.say, self.store.switch)
        self.day_cap = day_cap(self.environment)  # now: a wrong one is told before a run, not in it
        self.shown_log = shown_log(self.environment)  # as above
        self._processes = SystemProcessRunner(self.clock)
        self.runner = TakingTurns(self._processes, self.clock)
        plain = environment_of(self.environment, is_file=os.path.isfile)
        self.terraform_environment = roomy(plain, spare_bytes())

    def processes(self) -> AbstractContextManager[object]:
        """While runs are driven: the next process is started ahead of need."""
        return self._processes

    def engine(self, named: str | None) -> Engine:
        """The engine that is to be used. Raises `EngineError`."""
        probe = EngineProbe(
            runner=self.runner,
            environment=self.terraform_environment,
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
                planner_version=VERSION,
                actor=actor(),
                maybe_created=left_behind(
                    store=self.store, clock=self.clock, stop=self.stop, home=self.home, request=request
                ),
                state=KnownState(self.store, request).mark(),
            )
            journal = Journal.open(
                store=self.store, clock=self.clock, redactor=self.redactor, run_id=run_id, entry=entry
            )
            # After the journal, for they may be secret: a death before this leaves a run without its values,
            # which `taken_up` refuses, and never values in a folder that no run knows. To sweep such folders
            # instead would need a lock on each: another process may just be making one.
            rundir.keep_variables(request.variables)
            rundir.keep_environment(chosen(self.terraform_environment))  # that it chose nothing is told too
            if journal.record.request.checks != request.checks:
                rundir.keep_checks(request.checks)
            return Assembly(self, journal, engine, rundir).drive(models, explain, state=state)

    def resume(self, run_id: str, named_engine: str | None) -> RunRecord:
        """Drive a run on from where its journal ends. Raises `PlannerError`."""
        record, _ = recorded(self.store, run_id)
        if record.state in TERMINAL:
            RunDir(self.home, run_id).forget()  # where it died after its end, before it could
            self.view.say(f"run {run_id} has ended, and does not go on: this is how it ended")
            return record
        self.refuse_if_stopped(run_id)
        refuse_misled(self.environment)
        engine = self.engine(named_engine)
        rundir = RunDir(self.home, run_id)
        models = openers(record.request, self.environment, self.clock, self.stop, None)
        self.learn(record.request, rundir)
        ends = record.approval is not None and record.approval.decision == "reject"
        if not ends:
            self.refuse_elsewhere(record)
            self.refuse_otherwise(record)
        with self.locked(record.request.module, run_id, ends=ends) as state:
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
            settings, _ = settings_for(record.request.module, record.request.config)
            journal.record.request = forbidden_by(settings, journal.record.request)
            return Assembly(self, journal, engine, rundir).drive(models, None, state=state)

    def learn(self, request: RunRequest, rundir: RunDir | None = None) -> None:
        """Have the secret values of a module masked from now on; `rundir` keeps those of a run."""
        if rundir is not None:
            request = request.model_copy(update={"variables": rundir.variables()})
        self.redactor = self.redactor.with_values(values_of_module(request, self.environment))

    @contextmanager
    def masking(self) -> Iterator[None]:
        """What a refusal quotes is masked too: with what is known to be secret when it leaves."""
        try:
            yield
        except PlannerError as error:
            error.what, error.remedy = map(self.redactor.redact, (error.what, error.remedy))
            raise

    def _workspace(self, module: Path) -> str:
        named = workspace_of(module, self.terraform_environment.get("TF_WORKSPACE"))
        if _WORKSPACE.fullmatch(named) is None:  # it becomes a part of the path of a state
            raise SettingsError(
                f"{one_line(named)!r} is no name of a workspace",
                remedy="correct TF_WORKSPACE, or what .terraform/environment holds: letters, digits, - and _",
            )
        return named

    def refuse_elsewhere(self, record: RunRecord) -> None:
        """See `planner.surroundings.refuse_elsewhere`."""
        refuse_elsewhere(record.request, self.terraform_environment)

    def refuse_otherwise(self, record: RunRecord) -> None:
        """See `planner.surroundings.refuse_otherwise`."""
        refuse_otherwise(RunDir(self.home, record.run_id).environment(), self.terraform_environment)

    def refuse_if_stopped(self, run_id: str) -> None:
        """Before anything is looked at: not even a version is asked of an engine while the switch is on."""
        self.store.switch.refuse_if_on(run_id)

    @contextmanager
    def locked(self, module: Path, run_id: str, *, ends: bool = False) -> Iterator[StateLock]:
        """Hold the module, and its state, while something is done to it. Raises `BusyError`.

        A run that only `ends` may do so where its folder is gone: nobody else can hold that.
        """
        holder = Holder(run_id=run_id, host=socket.gethostname(), process=identity_of(os.getpid()))
        state = StateLock(self.home / "locks", holder, self.clock)
        if ends and not module.exists():
            yield state
            return
        lock = ModuleLock(module, self.home / "locks", self.clock).acquire(holder)
        try:
            state.hold(state_key(module, self.terraform_environment.get("TF_WORKSPACE")))
            yield state
        finally:
            state.release()
            lock.release()

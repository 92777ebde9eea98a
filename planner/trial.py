"""The Terraform calls that try a fix on the copy of a module: fmt, init, validate, plan, show.

Decides their order, and with which lock file and values they run. What to make
of the plan, or of where it failed, is `planner.proving`'s and `planner.settling`'s.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contracts.incident import Stage
from contracts.run import RunRequest
from contracts.terraform import Ended, InitMode, InitResult, PlanResult, TerraformResult
from planner.fix_effects import FixEffects
from planner.rundir import RunDir
from planner.settling import Failure, HaltedError
from subagents.remediator.unlock import is_untold, lock_of
from subagents.remediator.work import LOCK_FILE, Work
from subagents.sandbox import Sandbox
from subagents.terraform.state_guard import local_state
from subagents.workspace import RefusedError


class Trial:
    """On one copy."""

    def __init__(self, effects: FixEffects, rundir: RunDir, request: RunRequest, sandbox: Sandbox) -> None:
        self._effects = effects
        self._rundir = rundir
        self._request = request
        self._sandbox = sandbox
        self._ready = False
        """Whether the copy is initialised as it is."""

    def prior(self, failure: Failure) -> dict[str, Any] | None:
        """The plan without the fix, where the failure came after one: what the gate compares with."""
        if failure.stage not in {Stage.APPLY, Stage.VALIDATE} or not self._init(InitMode.PLAIN).ok:
            return None
        self._ready = True
        planned = self._planned(Work())
        return None if isinstance(planned, Failure) else planned[1]

    def ran(self, work: Work) -> Failure | tuple[PlanResult, dict[str, Any]]:
        """The plan of the copy and its JSON, or where it failed."""
        if not self._ready or work.files or work.init is not InitMode.PLAIN:
            init = self._init(work.init)
            if not init.ok:
                return _failure(Stage.INIT, init)
        valid = self._effects.validate(self._sandbox.module)
        return self._planned(work) if valid.ok else _failure(Stage.PLAN, valid)

    def standing(self, work: Work) -> Work:
        """The release of a lock that still stands, or of none. Raises `RefusedError` where it is another one.

        Not every backend asks for the id of the lock that is to be released, and an answer may be days old.
        Who holds a local state's lock can be seen from no copy, and Terraform releases no such lock.
        """
        if local_state(self._request.module, self._request.workspace) is not None:
            return work
        init = self._init(InitMode.PLAIN)
        if not init.ok:
            said = next((d.summary for d in _failure(Stage.INIT, init).diagnostics), init.ended)
            raise RefusedError(f"whether the lock is still there cannot be seen: {said}")
        planned = self._planned(Work())
        if isinstance(planned, Failure) and is_untold(planned.diagnostics):
            raise RefusedError("a lock is held, and the store does not tell whose it is")
        held = lock_of(planned.diagnostics) if isinstance(planned, Failure) else None
        if held is None:
            return work._replace(unlock=None, proof=("the lock is held no more: nothing is released",))
        if held.id != work.unlock:
            raise RefusedError(f"another lock stands in the way by now: {held.id} of {held.who or 'unknown'}")
        return work

    def _init(self, mode: InitMode) -> InitResult:
        if mode is InitMode.PLAIN and (self._sandbox.module / LOCK_FILE).exists():
            mode = InitMode.READONLY
        return self._effects.init(self._sandbox.module, mode)

    def _planned(self, work: Work) -> Failure | tuple[PlanResult, dict[str, Any]]:
        plan_file = self._rundir.sandbox / "plan"
        plan = self._effects.plan(
            self._sandbox.module,
            plan_file,
            variables=(*self._rundir.variables(), *work.variables),
            var_files=tuple(self._in_copy(f) for f in self._request.var_files),
            replace=work.replace,
        )
        if not plan.ok:
            return _failure(Stage.PLAN, plan)
        shown = self._effects.show(self._sandbox.module, plan_file)
        return _failure(Stage.PLAN, shown) if shown.plan is None else (plan, shown.plan)

    def formatted(self, work: Work) -> dict[str, str]:
        """The new texts as Terraform formats them, where the old ones were formatted so."""
        texts = {name: change.after for name, change in work.files.items()}
        if not texts:
            return {}
        folder = self._rundir.sandbox / "format"
        folder.mkdir(mode=0o700)
        pairs = {
            name: (f"old{n}{Path(name).suffix}", f"new{n}{Path(name).suffix}") for n, name in enumerate(texts)
        }
        for name, (old, new) in pairs.items():
            (folder / old).write_bytes(work.files[name].before.encode())
            (folder / new).write_bytes(texts[name].encode())
        if self._effects.fmt(folder, tuple(file for pair in pairs.values() for file in pair)).ok:
            for name, (old, new) in pairs.items():
                if (folder / old).read_bytes() == work.files[name].before.encode():
                    texts[name] = (folder / new).read_bytes().decode()
        return texts

    def _in_copy(self, file: Path) -> Path:
        """A variable file of the module as the copy has it; another one stays where it is."""
        module = self._request.module
        return self._sandbox.module / file.relative_to(module) if file.is_relative_to(module) else file


def _failure(stage: Stage, result: TerraformResult) -> Failure:
    if result.ended in {Ended.STOPPED, Ended.TIMED_OUT}:
        raise HaltedError(result.ended)
    text = "\n".join(part for part in (result.killed, result.text) if part)
    return Failure(stage, result.diagnostics, text)

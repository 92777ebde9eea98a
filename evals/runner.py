"""Runs the trials that a log does not hold yet, a few at a time, and writes each down as it ends.

Decides the order, what is tried again because the environment failed, and what
is run once for all models because none of them was asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from typing import NamedTuple

from contracts.ports import Clock
from evals.cassettes import Cassettes
from evals.diagnosed import Diagnoser
from evals.executed import executed
from evals.sandbox import Engine
from evals.scenario import Case, Suite
from evals.scripted import GOLD, SIGNATURE_ONLY
from evals.trials import ENVIRONMENT, Key, Ran, Trial, TrialLog

_AGAIN = 3
_PAUSE_S = 1.0
Tell = Callable[[int, int, Trial], None]


class Order(NamedTuple):
    """What is to be run."""

    cases: Sequence[Case]
    models: Sequence[str]
    """In this order; the first real one is asked before it is known whether any is needed."""
    trials: int
    jobs: int


class Unit(NamedTuple):
    """One scenario's trials of one number: run one after the other, in the models' order."""

    case: Case
    number: int
    models: tuple[str, ...]

    def without(self, there: Container[Key], about: Mapping[str, object]) -> Unit:
        """The same without what a log holds already, of the same prompt and prices."""
        case, digest = self.case, self.case.digest
        prompt, prices = str(about["prompt"]), str(about["prices"])
        keys = {model: Key(case.id, digest, model, self.number, prompt, prices) for model in self.models}
        return self._replace(models=tuple(model for model, key in keys.items() if key not in there))


class Runner:
    """Runs an order into a log."""

    def __init__(
        self,
        *,
        log: TrialLog,
        engine: Engine,
        base: Mapping[str, str],
        about: Mapping[str, object],
        clock: Clock,
        diagnoser: Diagnoser,
        cassettes: Cassettes,
    ) -> None:
        self._log = log
        self._engine = engine
        self._base = base
        self._about = about
        self._clock = clock
        self._ending = threading.Event()
        self._diagnoser = diagnoser
        self._cassettes = cassettes

    def run(self, order: Order, tell: Tell) -> None:
        """Run what is missing; `tell` hears of each trial: how many are done, of how many."""
        there = {trial.key for trial in self._log.read() if trial.ran not in ENVIRONMENT}
        work = [left for unit in _units(order) if (left := unit.without(there, self._about)).models]
        total, done = sum(len(unit.models) for unit in work), 0
        with ThreadPoolExecutor(max_workers=order.jobs) as pool:
            pending = [pool.submit(self._unit, unit) for unit in work]
            try:
                for future in as_completed(pending):
                    for trial in future.result():
                        done += 1
                        tell(done, total, trial)
            except BaseException:
                self._ending.set()  # what is under way ends with its trial; the rest is left for --resume
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _unit(self, unit: Unit) -> list[Trial]:
        recorded = unit.case.scenario.suite is Suite.RECORDED
        found = []
        for trial in self._recorded(unit) if recorded else self._executed(unit):
            self._log.append([trial])
            found.append(trial)
            if self._ending.is_set():
                break
        return found

    def _recorded(self, unit: Unit) -> Iterator[Trial]:
        for model in unit.models:
            once = partial(
                self._diagnoser.trial, unit.case, model, unit.number, env=self._env(model), about=self._said()
            )
            yield self._tried(once)

    def _executed(self, unit: Unit) -> Iterator[Trial]:
        """All models on one scenario: where one run needed none, it is every model's that comes later."""
        for_all: Trial | None = None
        for model in unit.models:
            if for_all is not None and model != GOLD:
                yield for_all.model_copy(update={"model": model, "shared": True})
                continue
            base = {**self._base, **self._env(model)}
            once = partial(
                executed, unit.case, model, unit.number, engine=self._engine, base=base, about=self._said()
            )
            trial = self._tried(once)
            if model != GOLD and _needed_none(trial):
                for_all = trial
            yield trial

    def _tried(self, once: Callable[[], Trial]) -> Trial:
        """A trial, run again where the environment failed."""
        trial = once()
        for number in range(1, _AGAIN):
            if trial.ran not in ENVIRONMENT or trial.ran is Ran.STALE_CASSETTE:
                break
            self._clock.sleep(_PAUSE_S * 2**number)
            trial = once()
        return trial

    def _env(self, model: str) -> dict[str, str]:
        return {} if model in {SIGNATURE_ONLY, GOLD} else self._cassettes.environment(model)

    def _said(self) -> dict[str, object]:
        return {**self._about, "at": self._clock.now()}


def _units(order: Order) -> list[Unit]:
    """The slow ones first: the last worker must not be left alone with one of them."""
    found = [
        Unit(case, number, tuple(m for m in order.models if _fits(case, m)))
        for case in order.cases
        for number in range(1, order.trials + 1)
    ]
    return sorted(
        found, key=lambda u: (u.case.scenario.suite is Suite.RECORDED, "aws" not in u.case.scenario.serve)
    )


def _fits(case: Case, model: str) -> bool:
    return case.scenario.suite is Suite.EXECUTED or model != GOLD


def _needed_none(trial: Trial) -> bool:
    """Whether no model was asked, and none would have been."""
    if trial.ran is not Ran.ENDED or trial.observed is None:
        return False
    if trial.model == SIGNATURE_ONLY:
        return trial.observed.state == "SUCCESS"  # what was left to ask would have ended it
    return trial.usage.calls == 0

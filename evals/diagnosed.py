"""One recorded trial: what signatures, or a model alone, say of a failure's text.

A model is asked without the signatures, so that it is measured and not they;
what both together would say is worked out from the two (`evals.table`), without
another call. Every limit on money is in force, over all records together.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Self

from contracts.budget import Limits
from contracts.incident import Evidence, Named, Unknown
from contracts.run import RunRequest
from diagnosis.agent import LayeredDiagnoser
from evals.ran import ran_of
from evals.scenario import Case, Suite
from evals.scripted import SCRIPTED, SIGNATURE_ONLY, replies
from evals.trials import Trial
from planner.incidents import incident_of
from planner.ledger import Ledger
from planner.memory import IncidentMemory, StoredAnswers
from planner.naming import Means, Openers, asker_of, opener, signatures
from planner.policy import may_ask_model
from planner.purse import LoosePurse, loose_run
from planner.signals import StopRequest
from planner.store import Store
from planner.wiring import environment, redactor_of
from subagents.clock import SystemClock, Wake

_DEADLINE = timedelta(minutes=5)


class Diagnoser:
    """Asks about recorded failures; memory is empty, and nothing is learned from one for the next."""

    def __init__(self, max_usd: Decimal) -> None:
        self._stack = ExitStack()
        self._local = threading.local()
        self._max_usd = max_usd
        self._match = signatures()
        self._clock = SystemClock()
        self._stop = StopRequest(self._clock, Wake(), lambda _: None)

    def __enter__(self) -> Self:
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _store(self, of: str | None) -> Store:
        """A store of its own for a scripted trial, whose models need not take turns; else all trials' one."""
        if of is not None:
            return Store(self._folder / f"{of}.db")
        if not hasattr(self._local, "store"):
            self._local.store = Store(self._folder / "planner.db")
        store: Store = self._local.store
        return store

    def trial(
        self, case: Case, model: str, number: int, *, env: Mapping[str, str], about: Mapping[str, object]
    ) -> Trial:
        """Run one trial; `env` lies over the environment, `about` is what every trial's line says alike."""
        began = time.perf_counter()
        evidence = case.evidence_for(redactor_of({}).redact)
        if model == SIGNATURE_ONLY:
            said = self._matched(evidence)
        else:
            said = self._asked(case, evidence, model, number, env)
        incident = incident_of(said, evidence, attempt=0)
        ran, detail = ran_of([incident])
        return Trial.model_validate(
            {
                **about,
                "scenario": case.id,
                "digest": case.digest,
                "suite": Suite.RECORDED,
                "model": model,
                "trial": number,
                "alone": model != SIGNATURE_ONLY,
                "ran": ran,
                "detail": detail,
                "incidents": [incident],
                "usage": said.usage,
                "duration_s": round(time.perf_counter() - began, 4),
            }
        )

    def _matched(self, evidence: Evidence) -> Named | Unknown:
        return self._match(evidence) or Unknown(why="no signature matches", next_step="Ask a model.")

    def _asked(
        self, case: Case, evidence: Evidence, model: str, number: int, env: Mapping[str, str]
    ) -> Named | Unknown:
        named = self._scripted(case, model, number) if model in SCRIPTED else model
        limits = Limits(max_usd=self._max_usd, max_usd_per_day=self._max_usd)
        request = RunRequest(module=Path("/"), model=named, limits=limits)
        run = loose_run(f"{case.id}-{number}-{model.partition(':')[0]}", request, self._clock.now())
        around = {**environment(), **env}
        way = opener(named, around, self._clock, self._stop)
        # A further trial is asked anew, not remembered.
        first = way and way._replace(name=f"{way.name}#{number}")
        store = self._store(f"{case.id}-{model}-{number}" if model in SCRIPTED else None)
        means = Means(
            openers=Openers(first),
            purse=LoosePurse(Ledger(store, self._clock, self._max_usd), run),
            memory=IncidentMemory(store),
            answers=StoredAnswers(store, redactor_of(around)),
            clock=self._clock,
            stop=self._stop,
            model=named,
        )
        alone = LayeredDiagnoser(match=lambda _: None, memory=means.memory, asker=asker_of(means))
        return alone.diagnose(evidence, partial(may_ask_model, run, _DEADLINE), ())

    def _scripted(self, case: Case, model: str, number: int) -> str:
        answers = self._folder / f"{case.id}-{model}-{number}.json"
        answers.write_text(json.dumps(replies(model, case, number)), encoding="utf-8")
        return f"scripted:{answers}"

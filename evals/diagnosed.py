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
from contracts.hypothesis import Source
from contracts.incident import Evidence, Named, Unknown
from contracts.run import EngineId, RunRecord, RunRequest, RunState
from diagnosis.agent import LayeredDiagnoser
from diagnosis.asking import Asker, Model, Models
from diagnosis.conversation import Conversation
from diagnosis.signatures.matcher import SignatureLibrary
from evals.ran import ran_of
from evals.scenario import Case, Suite
from evals.scripted import SCRIPTED, SIGNATURE_ONLY, replies
from evals.trials import Trial
from planner.incidents import incident_of
from planner.ledger import Ledger
from planner.memory import IncidentMemory, StoredAnswers
from planner.naming import opener
from planner.policy import may_ask_model
from planner.purse import LoosePurse
from planner.signals import StopRequest
from planner.store import Store
from planner.wiring import environment, redactor_of
from subagents.clock import SystemClock, Wake

_DEADLINE = timedelta(minutes=5)
_TOKEN = "0" * 16
"""Recorded text was printed before any of it was delimited: a fixed one makes a prompt the same each time."""


class Diagnoser:
    """Asks about recorded failures; memory is empty, and nothing is learned from one for the next."""

    def __init__(self, max_usd: Decimal) -> None:
        self._stack = ExitStack()
        self._local = threading.local()
        self._max_usd = max_usd
        self._library = SignatureLibrary.load()
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
        match = self._library.match(evidence)
        if match is None:
            return Unknown(why="no signature matches", next_step="Ask a model.")
        return Named(hypothesis=match.hypothesis, source=Source.SIGNATURE, origin=match.id)

    def _asked(
        self, case: Case, evidence: Evidence, model: str, number: int, env: Mapping[str, str]
    ) -> Named | Unknown:
        named = self._scripted(case, model, number) if model in SCRIPTED else model
        limits = Limits(max_usd=self._max_usd, max_usd_per_day=self._max_usd)
        run = RunRecord(
            run_id=f"{case.id}-{number}-{model.partition(':')[0]}",
            request=RunRequest(module=Path("/"), model=named, limits=limits),
            engine=EngineId(name="", version=""),
            started_at=self._clock.now(),
            last_at=self._clock.now(),
            state=RunState.DIAGNOSING,
        )
        around = {**environment(), **env}
        way = opener(named, around, self._clock, self._stop)
        if way is None:
            return Unknown(why="no model is configured", next_step="Name one.")
        store = self._store(f"{case.id}-{model}-{number}" if model in SCRIPTED else None)
        conversation = Conversation(
            purse=LoosePurse(Ledger(store, self._clock, self._max_usd), run),
            clock=self._clock,
            stop=self._stop,
            token=lambda: _TOKEN,
        )
        answers = StoredAnswers(store, redactor_of(around))
        models = Models(Model(f"{named}#{number}", way.open))  # a further trial is asked anew, not remembered
        asker = Asker(models=models, conversation=conversation, answers=answers)
        diagnoser = LayeredDiagnoser(match=lambda _: None, memory=IncidentMemory(store), asker=asker)
        return diagnoser.diagnose(evidence, partial(may_ask_model, run, _DEADLINE), ())

    def _scripted(self, case: Case, model: str, number: int) -> str:
        answers = self._folder / f"{case.id}-{model}-{number}.json"
        answers.write_text(json.dumps(replies(model, case, number)), encoding="utf-8")
        return f"scripted:{answers}"

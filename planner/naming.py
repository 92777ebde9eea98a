"""Builds what names a failure: the signatures, then the model a run was given.

Everything heavy is imported by the functions below when they are called, so
that a clean run has neither a signature nor a model client in memory.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from contracts.hypothesis import Source
from contracts.incident import Evidence, Named
from contracts.ports import Clock, Diagnoser, ModelClient, Purse, Redactor
from contracts.run import Outcome, Parked
from planner.journal import Journal

ModelOpener = Callable[[], ModelClient] | None
"""Opens the model on first need; None: none is configured."""


def model_opener(model: str, env: Mapping[str, str], clock: Clock) -> ModelOpener:
    """How to open `PROVIDER:ID`. Raises `ModelSetupError` where that can never succeed."""
    if model == "none":
        return None
    from diagnosis.clients.registry import client_for  # noqa: PLC0415 - a clean run without a model needs none

    return client_for(model, environment=env, today=clock.now().date())


def default_model(env: Mapping[str, str]) -> str:
    """The model of a run for which nobody named one: `PLANNER_MODEL`, or what the keys allow."""
    from diagnosis.clients.registry import default_model as by_keys  # noqa: PLC0415 - only where it is asked

    return env.get("PLANNER_MODEL") or by_keys(env)


def diagnoser(model: ModelOpener, purse: Purse) -> Diagnoser:
    """Signatures first, then the model."""
    from diagnosis.agent import LayeredDiagnoser  # noqa: PLC0415 - only after a failure
    from diagnosis.signatures.matcher import SignatureLibrary  # noqa: PLC0415 - only after a failure

    library = SignatureLibrary.load()

    def match(evidence: Evidence) -> Named | None:
        found = library.match(evidence)
        if found is None:
            return None
        return Named(hypothesis=found.hypothesis, source=Source.SIGNATURE, origin=found.id)

    return LayeredDiagnoser(match=match, client=model, purse=purse, token=lambda: secrets.token_hex(8))


def diagnosing_step(
    *, journal: Journal, model: ModelOpener, purse: Purse, redactor: Redactor
) -> Callable[[], Outcome | Parked]:
    """The step of DIAGNOSING, built when it is first entered."""
    built: list[Callable[[], Outcome | Parked]] = []

    def step() -> Outcome | Parked:
        if not built:
            from planner.diagnosing import DiagnosingStep  # noqa: PLC0415 - only after a failure

            built.append(
                DiagnosingStep(journal=journal, diagnoser=diagnoser(model, purse), redactor=redactor)
            )
        return built[0]()

    return step

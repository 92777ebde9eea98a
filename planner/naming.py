"""Builds what names a failure: the signatures, the memory, then the models a run was given.

Everything heavy is imported by the functions below when they are called, so
that a clean run has neither a signature nor a model client in memory.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from contracts.hypothesis import Hypothesis, Source
from contracts.incident import Evidence, Named
from contracts.model import ModelClient
from contracts.ports import Answers, Clock, Diagnoser, Memory, Purse, Redactor, Stop
from contracts.record import RunRecord
from contracts.run import Outcome, Parked, RunRequest
from contracts.settings import ModuleSettings
from planner.journal import Journal

if TYPE_CHECKING:
    from diagnosis.asking import Asker, Models
    from planner.answering import Mender
    from planner.declined import Declined
    from planner.proving import Proven

Explain = Callable[[str], None] | None
"""Takes what a model would be told, in the place of the model; None: models are asked."""
_EXPLAINED_BY_DEFAULT = "anthropic:claude-haiku-5-5"
_NO_MODEL = "none"


class Opener(NamedTuple):
    """One model and how to open it on first need."""

    name: str
    open: Callable[[], ModelClient]


class Openers(NamedTuple):
    """A run's models; None: there is none."""

    first: Opener | None = None
    stronger: Opener | None = None
    fallback: Opener | None = None


class Means(NamedTuple):
    """What a diagnosis may use beside its signatures."""

    openers: Openers
    purse: Purse
    memory: Memory
    answers: Answers
    clock: Clock
    stop: Stop
    model: str
    explain: Explain = None


def opener(model: str | None, env: Mapping[str, str], clock: Clock, stop: Stop) -> Opener | None:
    """How to open `PROVIDER:ID`. Raises `ModelSetupError` where that can never succeed."""
    if model is None or model == _NO_MODEL:
        return None
    from diagnosis.clients.registry import client_for  # noqa: PLC0415 - a clean run without a model needs none

    opened = client_for(model, environment=env, today=clock.now().date(), stop=stop)
    return opened and Opener(model, opened)


def openers(
    request: RunRequest, env: Mapping[str, str], clock: Clock, stop: Stop, explain: Explain
) -> Openers:
    """How to open a request's models. Raises `ModelSetupError`; where nothing is sent, no key is needed."""
    if explain is not None:
        return Openers()
    names = (request.model, request.stronger_model, request.fallback_model)
    return Openers(*(opener(name, env, clock, stop) for name in names))


def model_of(env: Mapping[str, str], settings: ModuleSettings) -> str:
    """The model where no flag names one: the environment's, the file's, or what the keys allow."""
    from diagnosis.clients.registry import default_model as by_keys  # noqa: PLC0415 - only where it is asked

    return env.get("PLANNER_MODEL") or settings.model or by_keys(env)


def diagnoser(means: Means) -> Diagnoser:
    """Signatures first, then memory, then the models."""
    from diagnosis.agent import LayeredDiagnoser  # noqa: PLC0415 - only after a failure

    explain = _explaining(means) if means.explain else None
    return LayeredDiagnoser(match=signatures(), memory=means.memory, asker=asker_of(means), explain=explain)


def signatures() -> Callable[[Evidence], Named | None]:
    """What names a failure that is known already."""
    from diagnosis.signatures.matcher import SignatureLibrary  # noqa: PLC0415 - only after a failure

    library = SignatureLibrary.load()

    def match(evidence: Evidence) -> Named | None:
        found = library.match(evidence)
        if found is None:
            return None
        return Named(hypothesis=found.hypothesis, source=Source.SIGNATURE, origin=found.id)

    return match


def asker_of(means: Means) -> Asker | None:
    """What asks the models about a failure; None: there is none."""
    from diagnosis.asking import Asker  # noqa: PLC0415 - only after a failure
    from diagnosis.conversation import Conversation  # noqa: PLC0415 - only after a failure

    models = _models(means.openers)
    if models is None:
        return None
    conversation = Conversation(purse=means.purse, clock=means.clock, stop=means.stop, token=_token)
    return Asker(models=models, conversation=conversation, answers=means.answers)


def diagnosing_step(
    *,
    journal: Journal,
    means: Callable[[], Means],
    mender: Callable[[], Mender],
    redactor: Redactor,
    must_stop: Callable[[], Outcome | None],
    declined: Callable[[RunRecord, Proven], Declined | None],
) -> Callable[[], Outcome | Parked]:
    """The step of DIAGNOSING, built when it is first entered."""
    built: list[Callable[[], Outcome | Parked]] = []

    def step() -> Outcome | Parked:
        if not built:
            from planner.diagnosing import DiagnosingStep  # noqa: PLC0415 - only after a failure
            from subagents.terraform.sources import ModuleSources  # noqa: PLC0415 - only after a failure

            usable = means()
            built.append(
                DiagnosingStep(
                    journal=journal,
                    diagnoser=diagnoser(usable),
                    mender=mender(),
                    redactor=redactor,
                    clock=usable.clock,
                    facts=ModuleSources(Path(journal.record.request.module)).facts,
                    must_stop=must_stop,
                    declined=declined,
                )
            )
        return built[0]()

    return step


def _models(openers: Openers) -> Models | None:
    from diagnosis.asking import Model, Models  # noqa: PLC0415 - only after a failure

    if openers.first is None:
        return None
    first, stronger, fallback = (o and Model(o.name, o.open) for o in openers)
    return Models(first, stronger, fallback) if first else None


def _explaining(means: Means) -> Callable[[Evidence, Sequence[Hypothesis]], str]:
    from diagnosis.explain import explanation  # noqa: PLC0415 - only where it is asked for
    from diagnosis.pricing import price_of  # noqa: PLC0415 - only where it is asked for

    model = _EXPLAINED_BY_DEFAULT if means.model == _NO_MODEL else means.model
    price = price_of(model, means.clock.now().date())

    def explain(evidence: Evidence, tried: Sequence[Hypothesis]) -> str:
        if means.explain is not None:
            means.explain(explanation(evidence, tried, model=model, price=price, token=_token()))
        return "--explain-prompt shows what a model would be asked, and sends nothing"

    return explain


def _token() -> str:
    return secrets.token_hex(8)

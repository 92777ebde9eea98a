"""Which models are asked about a failure, and in which order.

A cheap one first; a stronger one where the first is not sure, or its fix
failed; a fallback where a provider is down. An answer that was paid for once is
not paid for again. How one model is asked is `diagnosis.conversation`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from contracts.budget import Usage
from contracts.hypothesis import Hypothesis, Source
from contracts.incident import Evidence, Named
from contracts.model import ModelClient
from contracts.ports import Answers, Permits
from diagnosis.cache import answer_key
from diagnosis.conversation import Conversation, Failed, Question
from diagnosis.parse import Answer, parse

ABSTAINS_BELOW = 0.5
"""A model that is less sure than this has not named the cause."""


class Model(NamedTuple):
    """One model that may be asked."""

    name: str
    """`PROVIDER:ID`."""
    open: Callable[[], ModelClient]
    """Opens it on first need."""


class Models(NamedTuple):
    """Who may be asked."""

    first: Model
    stronger: Model | None = None
    """Asked where the first one abstains, or a fix of a model failed in this run."""
    fallback: Model | None = None
    """Asked where the one before it gave no answer at all."""


class Silence(NamedTuple):
    """Nobody answered."""

    why: str
    usage: Usage


class Asker:
    """Asks models about failures; one object a run."""

    def __init__(self, *, models: Models, conversation: Conversation, answers: Answers) -> None:
        self._models = models
        self._conversation = conversation
        self._answers = answers
        self._opened: dict[str, ModelClient] = {}

    def ask(
        self, evidence: Evidence, permits: Permits, tried: Sequence[Hypothesis], *, fix_failed: bool
    ) -> Named | Silence:
        """The surest answer, or why there is none.

        `fix_failed`: a fix that a model proposed in this run did not help, so
        the stronger model is asked at once.
        """
        question = Question(evidence, tried, permits)
        first, stronger, fallback = self._models
        model: Model | None = stronger if fix_failed and stronger else first
        best: Named | None = None
        why: list[str] = []
        while model is not None:
            said = self._said_by(model, question)
            if isinstance(said, Failed):
                why.append(said.why)
                model = None if said.final or best or model is fallback else fallback
                continue
            best = _surer(best, said)
            abstains = said.hypothesis.confidence < ABSTAINS_BELOW
            model = stronger if abstains and model is first else None
        if best is not None:
            return best.model_copy(update={"usage": question.usage})  # with what all of them cost
        return Silence("; ".join(why), question.usage)

    def _said_by(self, model: Model, question: Question) -> Named | Failed:
        """What one model says, from the cache where it was asked the same before."""
        key = answer_key(model.name, question.evidence, question.tried)
        kept = self._answers.get(key)
        answer = parse(kept, question.evidence) if kept is not None else None
        if not isinstance(answer, Answer):
            if question.permits() is None:
                return Failed("the retry cap leaves no model call", final=True)
            said = self._conversation.ask(self._client(model), question)
            if isinstance(said, Failed):
                return said
            answer, text = said
            self._answers.put(key, text)
        return Named(
            hypothesis=answer.hypothesis,
            source=Source.MODEL,
            origin=model.name,
            dropped_quotes=answer.dropped_quotes,
        )

    def _client(self, model: Model) -> ModelClient:
        if model.name not in self._opened:
            self._opened[model.name] = model.open()
        return self._opened[model.name]


def _surer(a: Named | None, b: Named) -> Named:
    return b if a is None or b.hypothesis.confidence > a.hypothesis.confidence else a

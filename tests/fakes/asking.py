"""A purse, a cache, a clock and models that write down the order in which they are used."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from contracts.budget import Ceiling, LimitReached, Reservation, Usage
from contracts.model import Fault, ModelReply, Prompt
from contracts.permit import ModelPermit
from diagnosis.asking import Asker, Model, Models
from diagnosis.conversation import Conversation
from tests.fakes.clock import ManualClock
from tests.fakes.planning import SetStop

PAID = Usage(calls=1, input_tokens=900, output_tokens=200, cost_usd=Decimal("0.00019"))
ANSWER = {
    "evidence": ["Invalid index"],
    "root_cause": "An entry is missing.",
    "category": "invalid_reference",
    "retryable": False,
    "confidence": 0.8,
    "remediation": "escalate",
    "summary": "Add it.",
}


def answer(**changed: object) -> ModelReply:
    return ModelReply(text=json.dumps({**ANSWER, **changed}), stop="end", usage=PAID)


def fault(kind: Fault, stop: str = "error: no", *, usage: Usage = PAID) -> ModelReply:
    return ModelReply(text="", stop=stop, usage=usage, fault=kind)


class FakeModel:
    """Gives its replies in order, the last one for ever."""

    def __init__(self, world: World, model: str, replies: Sequence[ModelReply]) -> None:
        self.model = model
        self._world = world
        self._replies = list(replies)

    def ceiling(self, prompt: Prompt) -> Ceiling:
        return Ceiling(usd=Decimal("0.01"), tokens=5_000)

    def ask(self, permit: ModelPermit, prompt: Prompt, schema: Mapping[str, object]) -> ModelReply:
        permit.spend()
        self._world.did.append(f"ask {self.model}")
        self._world.prompts.append(prompt)
        self._world.schemas.append(schema)
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


class World:
    """Everything an `Asker` needs; `limits` are what the purse answers, in order, before it gives."""

    def __init__(
        self,
        *replies: ModelReply,
        stronger: Sequence[ModelReply] = (),
        fallback: Sequence[ModelReply] = (),
        limits: Sequence[LimitReached] = (),
        wait_s: float = 0,
    ) -> None:
        self.did: list[str] = []
        self.prompts: list[Prompt] = []
        self.schemas: list[Mapping[str, object]] = []
        self.settled: list[ModelReply] = []
        self.answers: dict[str, str] = {}
        self.clock = ManualClock()
        self.stop = SetStop()
        self._limits = list(limits)
        self._wait_s = wait_s
        self._models = Models(
            self._model("fake:one", replies or (answer(),)),
            self._model("fake:strong", stronger) if stronger else None,
            self._model("other:two", fallback) if fallback else None,
        )

    def asker(self) -> Asker:
        conversation = Conversation(
            purse=self, clock=self.clock, stop=self.stop, token=lambda: "5f0c1d7e5f0c1d7e"
        )
        return Asker(models=self._models, conversation=conversation, answers=self)

    def _model(self, name: str, replies: Sequence[ModelReply]) -> Model:
        model = FakeModel(self, name, replies)

        def opened() -> FakeModel:
            self.did.append(f"open {name}")
            return model

        return Model(name, opened)

    def reserve(self, model: str, most: Ceiling, patience_s: float) -> Reservation | LimitReached:
        self.did.append(f"reserve {model} {most.usd}")
        if self._limits:
            return self._limits.pop(0)
        return Reservation(id=7, usd=most.usd or Decimal(1), wait_s=self._wait_s)

    def settle(self, reservation: Reservation, reply: ModelReply) -> None:
        self.did.append(f"settle {reservation.id}")
        self.settled.append(reply)

    def get(self, key: str) -> str | None:
        return self.answers.get(key)

    def put(self, key: str, answer: str) -> None:
        self.answers[key] = answer


def permits(count: int, permit: Callable[[], ModelPermit | None]) -> Callable[[], ModelPermit | None]:
    """So many permits that are spent, and then none."""
    minted: list[ModelPermit] = []

    def next_one() -> ModelPermit | None:
        if sum(one._spent for one in minted) >= count:
            return None
        one = permit()
        if one is not None:
            minted.append(one)
        return one

    return next_one

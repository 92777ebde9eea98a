"""What passes between planner and a language model's door, before anybody believes it.

Decides what a prompt, a reply and a fault are. Leaves to others: when a model
may be asked (`contracts.permit`), what it may cost (`Purse`) and what its
answer is worth (`diagnosis.parse`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from contracts.base import Contract
from contracts.budget import Ceiling, Usage
from contracts.permit import ModelPermit


class Prompt(Contract):
    """What is sent to a model."""

    system: str
    user: str
    max_output_tokens: int
    version: str
    """Changes with the wording; part of every cache key and eval record."""


class Fault(StrEnum):
    """Why a call gave no usable answer: what may be tried next depends on it."""

    THROTTLED = "throttled"
    """Too many requests: wait, then ask again."""
    DOWN = "down"
    """The provider failed, could not be reached, or did not answer in time."""
    CONFLICT = "conflict"
    """HTTP 409: ask once more."""
    SPENT = "spent"
    """The provider's own spend limit or an unpaid bill: nobody on this account may ask."""
    TOO_LARGE = "too_large"
    """The request is too large: a smaller one may pass."""
    CUT_OFF = "cut_off"
    """The model ran out of output or context: a smaller prompt may pass."""
    REFUSED = "refused"
    """The model declined, or said nothing."""
    REJECTED = "rejected"
    """This request can never succeed: a wrong key, an unknown model, a malformed body."""
    STOPPED = "stopped"
    """The run ended before the answer came: it says nothing of the provider."""
    UNREADABLE = "unreadable"
    """What came back is no reply of this API."""


class ModelReply(Contract):
    """What a model client returns."""

    text: str
    """The answer; empty where it gave none."""
    stop: str
    """Why it ended, for people: `end`, `max_tokens`, `refusal`, or `error: …`."""
    usage: Usage
    fault: Fault | None = None
    """None: `text` is a whole answer."""
    retry_after_s: float | None = None
    """How long the provider asks to be left alone, in seconds; None where it does not say."""


class ModelClient(Protocol):
    """One provider's door."""

    @property
    def model(self) -> str:
        """`PROVIDER:ID`."""
        ...

    def ceiling(self, prompt: Prompt) -> Ceiling:
        """The most that one call with this prompt can take."""
        ...

    def ask(self, permit: ModelPermit, prompt: Prompt, schema: Mapping[str, object]) -> ModelReply:
        """Spend the permit, send the prompt once, and return the reply with its usage.

        Never raises for what the provider does (refusal, outage, garbage): that
        is a reply with a `fault`.
        """
        ...

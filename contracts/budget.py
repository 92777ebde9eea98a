"""Limits (what may be spent) and usage (what was): two objects, never one.

Who compares them: `planner.policy` before an effect, `planner.budget` in one
transaction of the store before a call.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Literal

from pydantic import Field

from contracts.base import Contract, Duration, Usd

MOST_USD = 1_000_000
"""Whoever writes more has mistyped it, and the ledger counts in billionths."""


class Limits(Contract):
    """What one run may spend."""

    max_retries: int = Field(default=3, ge=0, le=50)
    """Retries after the first attempt; also the most model calls of a run."""
    max_usd: Usd = Field(default=Decimal("0.05"), ge=0, le=MOST_USD)
    """Of all model calls of the run."""
    max_tokens: int = Field(default=200_000, ge=0)
    """Input and output of all model calls of the run."""
    max_usd_per_day: Usd = Field(default=Decimal("0.25"), ge=0, le=MOST_USD)
    """Of all runs over this module on one day (UTC)."""
    timeout: Duration = timedelta(minutes=30)
    """Wall-clock time of the whole run."""
    apply_timeout: Duration = timedelta(minutes=20)
    """Wall-clock time of one apply."""


class Usage(Contract):
    """What model calls have cost."""

    calls: int = 0
    """Requests sent, answered or not."""
    input_tokens: int = 0
    """Tokens billed as fresh input."""
    cached_tokens: int = 0
    """Input tokens read from the provider's prompt cache."""
    output_tokens: int = 0
    cost_usd: Usd | None = Decimal(0)
    """None where a call's price is unknown: never 0 for want of a price."""

    def __add__(self, other: Usage) -> Usage:
        """Both together; an unknown cost makes the sum unknown."""
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=(self.cost_usd or Decimal(0)) + (other.cost_usd or Decimal(0)) if known else None,
        )


class Ceiling(Contract):
    """The most that one model call can take."""

    usd: Usd | None
    """None where the price is unknown: all that is left is set aside."""
    tokens: int
    """Input and output together."""


class Reservation(Contract):
    """What is set aside for one call before it is made."""

    outcome: Literal["reserved"] = "reserved"
    id: int
    usd: Usd
    wait_s: float = 0
    """Seconds before the call may begin: the rate that all processes share."""


class LimitReached(Contract):
    """A limit that refuses what was asked: one value with data, not a class a limit."""

    outcome: Literal["limit"] = "limit"
    limit: Literal[
        "max_usd", "max_tokens", "max_usd_per_day", "max_usd_per_day_everywhere", "breaker", "kill_switch"
    ]
    allowed: str
    spent: str

    @property
    def reason(self) -> str:
        """For people: which limit, and how it stands."""
        if self.limit in {"breaker", "kill_switch"}:
            return self.spent
        return f"{self.limit} reached: {self.spent} of {self.allowed}"

"""What a model call costs: the price book, and arithmetic in Decimal.

Pure but for reading `prices.toml` once. A model that is not in the book has
no price, which is None and never 0. Whether a price may be paid is decided by
the purse; how many tokens a call took is read by the clients.
"""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from contracts.base import Contract
from contracts.budget import Ceiling
from contracts.model import Prompt

_MILLION = Decimal(1_000_000)
_FRAME_TOKENS = 6_000
"""More than the reply's schema and a provider's framing of a request come to; see test_pricing."""


class Tokens(Contract):
    """What a provider says one call took; the three kinds of input do not overlap."""

    input: int = 0
    cached: int = 0
    """Read from the provider's cache."""
    cache_write: int = 0
    output: int = 0

    @property
    def prompt(self) -> int:
        """All that was read, however it is billed."""
        return self.input + self.cached + self.cache_write


class Tier(Contract):
    """US dollars per million tokens, for prompts up to a size."""

    up_to: int | None = None
    """Largest prompt in tokens, inclusive; None: any."""
    input: Decimal
    cached_input: Decimal
    cache_write: Decimal
    output: Decimal


class Price(Contract):
    """What one model costs from a day on."""

    model: str
    """`PROVIDER:ID`."""
    since: date
    """First day, inclusive."""
    tiers: tuple[Tier, ...]
    """By ascending `up_to`; the last one has none."""

    def cost_usd(self, tokens: Tokens) -> Decimal:
        """What a call that took `tokens` costs; the whole call is billed at its prompt's tier."""
        tier = next(t for t in self.tiers if t.up_to is None or tokens.prompt <= t.up_to)
        return (
            tokens.input * tier.input
            + tokens.cached * tier.cached_input
            + tokens.cache_write * tier.cache_write
            + tokens.output * tier.output
        ) / _MILLION


def ceiling_of(prompt: Prompt, price: Price | None) -> Ceiling:
    """The most that one call with `prompt` can take, none of it cached."""
    tokens = Tokens(input=most_input_tokens(prompt), output=prompt.max_output_tokens)
    return Ceiling(usd=price and price.cost_usd(tokens), tokens=tokens.prompt + tokens.output)


def most_input_tokens(prompt: Prompt) -> int:
    """An upper bound without a tokenizer: no token is shorter than a byte of UTF-8."""
    return len(prompt.system.encode()) + len(prompt.user.encode()) + _FRAME_TOKENS


def price_of(model: str, on: date) -> Price | None:
    """The price that holds on a day (UTC); None where the book has none for it."""
    known = [price for price in _book() if price.model == model and price.since <= on]
    return max(known, key=lambda price: price.since, default=None)


@cache
def _book() -> tuple[Price, ...]:
    with (Path(__file__).parent / "prices.toml").open("rb") as file:
        return tuple(Price.model_validate(entry) for entry in tomllib.load(file)["price"])

"""What a model call costs, and the most it can cost."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import diagnosis.pricing
from contracts.model import Prompt
from diagnosis.pricing import Price, Tokens, ceiling_of, most_input_tokens, price_of
from diagnosis.reply import reply_schema

TODAY = date(2026, 11, 20)
HAIKU = "anthropic:claude-haiku-5-5"


def _price(model: str, on: date = TODAY) -> Price:
    price = price_of(model, on)
    assert price is not None
    return price


COSTS = {
    "fresh input": (Tokens(input=1_000), "0.0001"),
    "cached input is a tenth": (Tokens(cached=1_000), "0.00001"),
    "a cache write costs a quarter more": (Tokens(cache_write=1_000), "0.000125"),
    "output": (Tokens(input=0, output=1_000), "0.0005"),
    "the tier's last token": (Tokens(input=100_000), "0.01"),
    "one token more puts the whole call into the next tier": (Tokens(input=100_001), "0.0500005"),
    "cached tokens count towards the tier": (Tokens(input=1, cached=100_000), "0.0050005"),
}


@pytest.mark.parametrize(("tokens", "usd"), COSTS.values(), ids=COSTS)
def test_a_call_costs_what_its_tokens_cost(tokens: Tokens, usd: str) -> None:
    assert _price(HAIKU).cost_usd(tokens) == Decimal(usd)


def test_a_price_holds_from_its_first_day_until_the_next_one_begins() -> None:
    model, cached = "anthropic:claude-sonnet-5-5", Tokens(cached=1_000_000)
    assert price_of(model, date(2026, 9, 27)) is None
    assert _price(model, date(2026, 10, 6)).cost_usd(cached) == Decimal("0.20")
    assert _price(model, date(2026, 10, 7)).cost_usd(cached) == Decimal("0.10")


def test_a_model_that_is_not_in_the_book_has_no_price() -> None:
    assert price_of("anthropic:claude-of-tomorrow", TODAY) is None


@pytest.mark.parametrize("name", ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"])
@pytest.mark.parametrize(("profile", "times"), [("global", "1"), ("us", "1.1"), ("eu", "1.1"), ("jp", "1.1")])
def test_bedrock_costs_what_the_vendor_does_and_a_tenth_more_where_it_keeps_to_a_region(
    name: str, profile: str, times: str
) -> None:
    vendors, bedrocks = _price(f"anthropic:{name}"), _price(f"bedrock:{profile}.anthropic.{name}")
    for tokens in (
        Tokens(input=1_000),
        Tokens(cached=1_000),
        Tokens(cache_write=1_000),
        Tokens(output=1_000),
        Tokens(input=100_001),
    ):
        assert bedrocks.cost_usd(tokens) == vendors.cost_usd(tokens) * Decimal(times)


def test_every_entry_of_the_book_is_whole() -> None:
    file = Path(diagnosis.pricing.__file__).parent / "prices.toml"
    prices = [Price.model_validate(entry) for entry in tomllib.loads(file.read_text())["price"]]
    assert len({(price.model, price.since) for price in prices}) == len(prices)
    for price in prices:
        *capped, last = (tier.up_to for tier in price.tiers)
        assert last is None
        assert capped == sorted(size for size in capped if size)
        for tier in price.tiers:
            assert 0 < tier.cached_input < tier.input < tier.cache_write < tier.output


@given(system=st.text(), user=st.text(), output=st.integers(1, 10_000), data=st.data())
def test_no_call_with_plausible_tokens_costs_more_than_its_ceiling(
    system: str, user: str, output: int, data: st.DataObject
) -> None:
    prompt = Prompt(system=system, user=user, max_output_tokens=output, version="p")
    most = most_input_tokens(prompt)
    fresh = data.draw(st.integers(0, most))
    tokens = Tokens(
        input=fresh,
        cached=data.draw(st.integers(0, most - fresh)),
        output=data.draw(st.integers(0, output)),
    )
    assert _price(HAIKU).cost_usd(tokens) <= (ceiling_of(prompt, _price(HAIKU)).usd or 0)


def test_the_frame_of_a_request_has_room_for_the_schema() -> None:
    nothing = Prompt(system="", user="", max_output_tokens=1, version="p")
    assert len(json.dumps(reply_schema()).encode()) + 1_000 < most_input_tokens(nothing)

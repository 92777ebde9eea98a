"""What a model would be told and what that would cost, without telling it. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from contracts.hypothesis import Hypothesis
from contracts.incident import Evidence
from contracts.model import Prompt
from diagnosis.pricing import Price, Tokens, ceiling_of
from diagnosis.prompt import prompt_for
from diagnosis.reply import reply_schema

USUAL_OUTPUT_TOKENS = 250
"""What an answer takes, as a rule: some 900 characters of JSON."""
_CHARACTERS_A_TOKEN = 3.6
"""Of English mixed with code and names, by the vendors' tokenizers; an estimate, and called one."""


def likely_tokens(prompt: Prompt, schema: dict[str, object]) -> int:
    """About how many tokens of input a call takes, the reply's schema included."""
    said = len(prompt.system) + len(prompt.user) + len(json.dumps(schema, separators=(",", ":")))
    return round(said / _CHARACTERS_A_TOKEN)


def likely_usd(tokens: int, price: Price) -> Decimal:
    """About what such a call costs, with an answer of the usual length and nothing cached."""
    return price.cost_usd(Tokens(input=tokens, output=USUAL_OUTPUT_TOKENS))


def explanation(
    evidence: Evidence, tried: Sequence[Hypothesis], *, model: str, price: Price | None, token: str
) -> str:
    """All that would be sent to `model` about a failure, word for word, and its estimated cost."""
    prompt, schema = prompt_for(evidence, tried, token=token), reply_schema(evidence)
    tokens, most = likely_tokens(prompt, schema), ceiling_of(prompt, price)
    cost = "no price is known" if price is None else f"about ${likely_usd(tokens, price):.6f}"
    aside = "" if most.usd is None else f"; ${most.usd:.6f} would be set aside"
    head = f"# to {model}, prompt {prompt.version}: about {tokens:,} tokens in, {USUAL_OUTPUT_TOKENS} out"
    return "\n".join(
        (
            f"{head}, {cost}{aside}",
            "# --- system",
            prompt.system,
            "# --- user",
            prompt.user,
            "# --- schema of the reply",
            json.dumps(schema, indent=1),
            "# nothing was sent",
        )
    )

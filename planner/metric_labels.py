"""Which label a model, a provider or an evaluated model has in metrics. Pure.

Anybody may name a model anything, a path included; a label is never more than
what the price book knows, and never one of many.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from diagnosis.pricing import price_of

PROVIDERS = ("anthropic", "bedrock", "openai", "scripted")
OTHER = "other"
_SCRIPTED = "scripted"
_MOST_MODELS = 8
_MOST_EVALUATED = 25
_FILE = re.compile(rf"\b{_SCRIPTED}:[^,]*")
_NAME = re.compile(r"[A-Za-z0-9][\w .,:@-]{0,80}(?:(?<=\w)/\w[\w .,:@-]{0,80})?", re.ASCII)
"""`openai:qwen/qwen3, alone` is one, what begins like a path is not."""


def provider_label(provider: str) -> str:
    """A provider by its name, or `other`."""
    return provider if provider in PROVIDERS else OTHER


def model_labels(models: Iterable[str]) -> dict[str, str]:
    """Model → label, for models in the order in which they were first asked.

    The first eight that the price book knows go by their own name, so that a
    label, once given, stays; scripted ones are one, others one a provider.
    """
    labels: dict[str, str] = {}
    named = 0
    for model in models:
        provider = model.partition(":")[0]
        if provider == _SCRIPTED:
            labels[model] = _SCRIPTED
        elif provider not in PROVIDERS:
            labels[model] = OTHER
        elif named < _MOST_MODELS and price_of(model, date.max) is not None:
            labels[model] = model
            named += 1
        else:
            labels[model] = f"{provider}:{OTHER}"
    return labels


def evaluated(pairs: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """(model, suite) of an evaluation → its labels; without what looks like a path, and what is too much."""
    kept: dict[tuple[str, ...], tuple[str, ...]] = {}
    for pair in pairs:
        told = (_FILE.sub(_SCRIPTED, pair[0]), *pair[1:])
        if all(map(_NAME.fullmatch, told)) and told not in kept.values() and len(kept) < _MOST_EVALUATED:
            kept[pair] = told
    return kept

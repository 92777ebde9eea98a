"""`PROVIDER:ID` to a way of opening that model.

What can be wrong about a model is found here, before a run begins: an unknown
provider, a missing key, a file that is no script. The client itself, and the
SDK it needs, is imported when the way is first taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from contracts.errors import ModelSetupError
from contracts.ports import ModelClient

_KEY = "ANTHROPIC_API_KEY"
_BASE_URL = "ANTHROPIC_BASE_URL"
_DEFAULT = "anthropic:claude-haiku-5-5"


def default_model(environment: Mapping[str, str]) -> str:
    """The model of a machine where nobody chose one: Anthropic's where a key is set, else `none`."""
    return _DEFAULT if environment.get(_KEY) else "none"


def client_for(
    model: str, *, environment: Mapping[str, str], today: date
) -> Callable[[], ModelClient] | None:
    """How to open `PROVIDER:ID`; None for `none`.

    `environment` is where keys are looked up, `today` (UTC) which prices hold.
    Raises `ModelSetupError` where the model could never be asked.
    """
    provider, _, name = model.partition(":")
    if model == "none":
        return None
    if provider not in ("anthropic", "scripted"):
        raise ModelSetupError(
            f"no model provider is called {provider!r}",
            remedy="Choose anthropic:ID, scripted:FILE or none.",
        )
    if not name or name != name.strip():
        raise ModelSetupError(
            f"{model!r} names no model", remedy=f"Write it as {_DEFAULT}, or scripted:FILE."
        )
    return _scripted(name) if provider == "scripted" else _anthropic(name, environment, today)


def _scripted(file: str) -> Callable[[], ModelClient]:
    from diagnosis.clients.scripted import ScriptedClient  # noqa: PLC0415 - a clean run imports no client

    client = ScriptedClient(Path(file))  # read now: a broken script is told before the run, not in it
    return lambda: client


def _anthropic(model_id: str, environment: Mapping[str, str], today: date) -> Callable[[], ModelClient]:
    key = environment.get(_KEY, "")
    if not key:
        raise ModelSetupError(
            f"{_KEY} is not set", remedy=f"Set {_KEY}, or run with --model none: signatures need no key."
        )
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ModelSetupError(
            f"{_KEY} holds white space or other characters no key has", remedy="Set it anew."
        )
    base_url = environment.get(_BASE_URL) or None
    if base_url and not base_url.startswith(("http://", "https://")):
        raise ModelSetupError(f"{_BASE_URL} is no URL", remedy="Let it begin with https://.")
    from diagnosis.pricing import price_of  # noqa: PLC0415 - a run without a model has no use for prices

    price = price_of(f"anthropic:{model_id}", today)

    def opened() -> ModelClient:
        from diagnosis.clients.anthropic import AnthropicClient  # noqa: PLC0415 - its SDK costs a second

        return AnthropicClient(model_id, api_key=key, price=price, base_url=base_url)

    return opened

"""`PROVIDER:ID` to a way of opening that model.

What can be wrong about a model is found here, before a run begins: an unknown
provider, a missing key, a file that is no script. The client itself, and the
SDK it needs, is imported when the way is first taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from contracts.errors import ModelSetupError
from contracts.model import ModelClient
from contracts.ports import Stop

Open = Callable[[], ModelClient]

_HOST = re.compile(r"(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?", re.ASCII)
_AWS_URLS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL_STS")
_DEFAULT = "anthropic:claude-haiku-5-5"
_OPENAI = "https://api.openai.com/v1"
_NO_KEY = "or run with --model none: signatures need no key"


def default_model(environment: Mapping[str, str]) -> str:
    """The model of a machine where nobody chose one: Anthropic's where a key is set, else `none`."""
    return _DEFAULT if environment.get("ANTHROPIC_API_KEY") else "none"


def provider_of(model: str) -> str:
    """Who answers for `PROVIDER:ID`: one account, one set of brakes."""
    return model.partition(":")[0]


def client_for(model: str, *, environment: Mapping[str, str], today: date, stop: Stop) -> Open | None:
    """How to open `PROVIDER:ID`; None for `none`.

    `environment` is where keys are looked up, `today` (UTC) which prices hold,
    `stop` what ends a call early. Raises `ModelSetupError` where the model could
    never be asked.
    """
    provider, name = provider_of(model), model.partition(":")[2]  # a name may hold colons: an ARN does
    if model == "none":
        return None
    ways: dict[str, Callable[[], Open]] = {
        "anthropic": lambda: _anthropic(name, environment, today, stop),
        "bedrock": lambda: _bedrock(name, environment, today, stop),
        "openai": lambda: _openai(name, environment, today, stop),
        "scripted": lambda: _scripted(name),
    }
    if provider not in ways:
        raise ModelSetupError(
            f"no model provider is called {provider!r}",
            remedy="choose anthropic:ID, bedrock:ID, openai:ID, scripted:FILE or none",
        )
    if not name or name != name.strip():
        raise ModelSetupError(f"{model!r} names no model", remedy=f"write it as {_DEFAULT}, or scripted:FILE")
    return ways[provider]()


def _scripted(file: str) -> Open:
    from diagnosis.clients.scripted import ScriptedClient  # noqa: PLC0415 - a clean run imports no client

    client = ScriptedClient(Path(file))  # read now: a broken script is told before the run, not in it
    return lambda: client


def _anthropic(model_id: str, environment: Mapping[str, str], today: date, stop: Stop) -> Open:
    key = _key("ANTHROPIC_API_KEY", environment)
    if key is None:
        raise ModelSetupError("ANTHROPIC_API_KEY is not set", remedy=f"set ANTHROPIC_API_KEY, {_NO_KEY}")
    base_url = _base_url("ANTHROPIC_BASE_URL", environment)

    def opened() -> ModelClient:
        from diagnosis.clients.anthropic import AnthropicClient  # noqa: PLC0415 - its SDK costs a second
        from diagnosis.clients.capabilities import capabilities_of  # noqa: PLC0415 - as above
        from diagnosis.pricing import price_of  # noqa: PLC0415 - as above

        name = f"anthropic:{model_id}"
        return AnthropicClient(
            model_id,
            api_key=key,
            price=price_of(name, today),
            can=capabilities_of(name),
            stop=stop,
            base_url=base_url,
        )

    return opened


def _openai(model_id: str, environment: Mapping[str, str], today: date, stop: Stop) -> Open:
    key = _key("OPENAI_API_KEY", environment)
    base_url = _base_url("OPENAI_BASE_URL", environment)
    if key is None and base_url is None:
        raise ModelSetupError(
            "neither OPENAI_API_KEY nor OPENAI_BASE_URL is set",
            remedy=f"set OPENAI_BASE_URL to your server (Ollama: http://localhost:11434/v1), {_NO_KEY}",
        )

    def opened() -> ModelClient:
        from diagnosis.clients.capabilities import capabilities_of  # noqa: PLC0415 - only where it is asked
        from diagnosis.clients.openai_compat import OpenAICompatClient  # noqa: PLC0415 - as above
        from diagnosis.pricing import price_of  # noqa: PLC0415 - as above

        name = f"openai:{model_id}"
        return OpenAICompatClient(
            model_id,
            base_url=base_url or _OPENAI,
            api_key=key,
            price=price_of(name, today),
            can=capabilities_of(name),
            stop=stop,
        )

    return opened


def _bedrock(model_id: str, environment: Mapping[str, str], today: date, stop: Stop) -> Open:
    arn = model_id.split(":", 5) if model_id.startswith("arn:") else None
    region = (arn[3] if arn and len(arn) > 5 else "") or (  # noqa: PLR2004 - the parts of an ARN
        environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""
    )
    if not region:
        raise ModelSetupError("no AWS region is named", remedy="set AWS_REGION to where Bedrock is asked")
    for name in _AWS_URLS:
        _base_url(name, environment)
    known = model_id.rsplit("/", 1)[-1] if arn else model_id

    def opened() -> ModelClient:
        from diagnosis.clients.bedrock import BedrockClient  # noqa: PLC0415 - boto3 costs a third of a second
        from diagnosis.clients.capabilities import capabilities_of  # noqa: PLC0415 - as above
        from diagnosis.pricing import price_of  # noqa: PLC0415 - as above

        return BedrockClient(
            model_id,
            region=region,
            environment=environment,
            price=price_of(f"bedrock:{known}", today),
            can=capabilities_of(f"bedrock:{model_id}"),
            stop=stop,
        )

    return opened


def _key(name: str, environment: Mapping[str, str]) -> str | None:
    """The key of that name, or None where it is not set."""
    key = environment.get(name) or None
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise ModelSetupError(
            f"{name} holds white space or other characters no key has", remedy="set it anew"
        )
    return key


def _base_url(name: str, environment: Mapping[str, str]) -> str | None:
    """The URL of that name, or None where it is not set; one that no library would take is told here."""
    url = environment.get(name) or None
    if url and not _is_url(url):
        raise ModelSetupError(
            f"{name} is no URL", remedy="write it as https://HOST, with :PORT and path if needed"
        )
    return url


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        host, _ = url.hostname or "", url.port  # raises where the port is none
        good = _HOST.fullmatch(host) or (":" in host and ip_address(host))
    except ValueError:
        return False
    return url.scheme in {"http", "https"} and text.isascii() and text.isprintable() and bool(good)

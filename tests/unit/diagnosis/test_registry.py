"""How a model is chosen and opened, and what is told before a run begins."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.errors import ModelSetupError
from contracts.model import ModelClient
from diagnosis.clients.registry import client_for, default_model, provider_of
from diagnosis.pricing import ceiling_of, price_of
from tests.fakes.model_server import PROMPT, as_json, permit, serving
from tests.fakes.planning import SetStop

TODAY = date(2026, 11, 20)
KEY = "sk-test-0123456789"
HAIKU = "anthropic:claude-haiku-5-5"
AWS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"}
ARN = "arn:aws:bedrock:eu-central-1:111122223333"


def opened(model: str, **environment: str) -> ModelClient:
    way = client_for(model, environment=environment, today=TODAY, stop=SetStop())
    assert way
    return way()


def test_none_is_no_model() -> None:
    assert client_for("none", environment={}, today=TODAY, stop=SetStop()) is None


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        (HAIKU, "anthropic"),
        (f"bedrock:{ARN}:x/y", "bedrock"),
        ("openai:llama3:8b", "openai"),
        ("none", "none"),
    ],
)
def test_a_provider_is_what_stands_before_the_first_colon(model: str, provider: str) -> None:
    assert provider_of(model) == provider


def test_the_default_model_depends_on_a_key() -> None:
    assert default_model({}) == "none"
    assert default_model({"ANTHROPIC_API_KEY": ""}) == "none"
    assert default_model({"ANTHROPIC_API_KEY": KEY}) == HAIKU


def test_anthropic_is_opened_with_key_base_url_and_price() -> None:
    body = {"type": "message", "content": [], "stop_reason": "end_turn", "usage": {}}
    with serving(as_json(200, body)) as server:
        client = opened(HAIKU, ANTHROPIC_API_KEY=KEY, ANTHROPIC_BASE_URL=server.url)
        client.ask(permit(), PROMPT, {})
    assert client.model == HAIKU
    assert client.ceiling(PROMPT) == ceiling_of(PROMPT, price_of(HAIKU, TODAY))
    assert KEY in " ".join(server.headers[0].values())


def test_an_openai_compatible_server_is_opened_by_its_base_url_without_a_key() -> None:
    body = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}
    with serving(as_json(200, body)) as server:
        client = opened("openai:llama3:8b", OPENAI_BASE_URL=f"{server.url}/v1/")
        assert client.ask(permit(), PROMPT, {}).fault is None
    assert client.model == "openai:llama3:8b"
    assert client.ceiling(PROMPT).usd is None, "nobody told us its price"
    assert (server.requests[0]["path"], server.requests[0]["model"]) == ("/v1/chat/completions", "llama3:8b")
    assert "authorization" not in server.headers[0]


REGIONS: dict[str, tuple[str, dict[str, str], str]] = {
    "the first variable": ("m", {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1"),
    "the second variable": ("m", {"AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
    "the ARN before both": (f"{ARN}:inference-profile/m", {"AWS_REGION": "eu-west-1"}, "eu-central-1"),
}


@pytest.mark.parametrize(("model", "environment", "region"), REGIONS.values(), ids=REGIONS)
def test_bedrock_is_asked_in_the_region_that_is_named(
    model: str, environment: dict[str, str], region: str
) -> None:
    with serving(as_json(200, {})) as server:
        client = opened(f"bedrock:{model}", AWS_ENDPOINT_URL_BEDROCK_RUNTIME=server.url, **AWS, **environment)
        client.ask(permit(), PROMPT, {})
    assert f"/{region}/bedrock/" in server.headers[0]["authorization"]
    assert client.model == f"bedrock:{model}"


def test_an_arn_has_the_price_of_the_model_it_ends_in_and_else_none() -> None:
    known, _, profile = (
        opened(f"bedrock:{ARN}:{rest}", **AWS).ceiling(PROMPT).usd
        for rest in (
            "inference-profile/eu.anthropic.claude-haiku-5-5",
            "foundation-model/who.knows",
            "application-inference-profile/a1b2c3",
        )
    )
    assert known == ceiling_of(PROMPT, price_of("bedrock:eu.anthropic.claude-haiku-5-5", TODAY)).usd
    assert known != Decimal(0)
    assert profile is None


def test_a_script_that_cannot_be_read_is_told_before_the_run(tmp_path: Path) -> None:
    for file in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(ModelSetupError, match="cannot be read"):
            opened(f"scripted:{file}")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelSetupError, match="UTF-8"):
        client_for(f"scripted:{tmp_path / 'binary'}", environment={}, today=TODAY, stop=SetStop())


def test_a_script_keeps_its_place_however_often_it_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "a:b.json"
    file.write_text('[{"text": "one"}, {"text": "two"}]')
    way = client_for(f"scripted:{file}", environment={}, today=TODAY, stop=SetStop())
    assert way
    assert way().model == f"scripted:{file}"
    assert [way().ask(permit(), PROMPT, {}).text for _ in "12"] == ["one", "two"]


WRONG: dict[str, tuple[str, dict[str, str], str]] = {
    "an unknown provider": ("gremlin:x", {}, "gremlin"),
    "no provider": ("claude-haiku-5-5", {}, "provider"),
    "nothing": ("", {}, "provider"),
    "no model": ("anthropic:", {"ANTHROPIC_API_KEY": KEY}, "names no model"),
    "no file": ("scripted:", {}, "names no model"),
    "no key": (HAIKU, {}, "ANTHROPIC_API_KEY is not set"),
    "a key with a line break": ("anthropic:m", {"ANTHROPIC_API_KEY": KEY + "\n"}, "white space"),
    "neither key nor server": ("openai:m", {}, "neither OPENAI_API_KEY nor OPENAI_BASE_URL"),
    "a key of two words": ("openai:m", {"OPENAI_API_KEY": f"{KEY} {KEY}"}, "white space"),
    "no region": ("bedrock:m", AWS, "no AWS region"),
    "an ARN without a region": (f"bedrock:{ARN.replace('eu-central-1', '')}:x/y", AWS, "no AWS region"),
}


@pytest.mark.parametrize(("model", "environment", "what"), WRONG.values(), ids=WRONG)
def test_a_model_that_could_never_be_asked_is_the_operators_error(
    model: str, environment: dict[str, str], what: str
) -> None:
    with pytest.raises(ModelSetupError, match=what) as caught:
        client_for(model, environment=environment, today=TODAY, stop=SetStop())
    assert caught.value.remedy
    assert KEY not in str(caught.value)


URLS = {
    "ANTHROPIC_BASE_URL": ("anthropic:m", {"ANTHROPIC_API_KEY": KEY}),
    "OPENAI_BASE_URL": ("openai:m", {}),
    "AWS_ENDPOINT_URL": ("bedrock:m", {"AWS_REGION": "eu-west-1"}),
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": ("bedrock:m", {"AWS_REGION": "eu-west-1"}),
    "AWS_ENDPOINT_URL_STS": ("bedrock:m", {"AWS_REGION": "eu-west-1"}),
}
NO_URLS = (
    "localhost:1",
    "http://",
    "ftp://models.example",
    "http://[::1",
    "http://models.example:99999",
    "http://models example",
    "http://models..example",
    "http://☃.example",
    "http://models.example/\n",
    f"http://{'a' * 64}.example",
)


@pytest.mark.parametrize(("name", "model"), [(name, model) for name, (model, _) in URLS.items()], ids=URLS)
def test_an_address_that_no_library_would_take_is_told_before_the_run(name: str, model: str) -> None:
    for url in NO_URLS:
        environment = {**URLS[name][1], name: url}
        with pytest.raises(ModelSetupError, match=f"{name} is no URL"):
            client_for(model, environment=environment, today=TODAY, stop=SetStop())


@pytest.mark.parametrize("url", ["http://localhost:11434/v1", "https://[::1]:8443", "http://10.0.0.1/x"])
def test_any_other_address_is_taken(url: str) -> None:
    assert opened("openai:m", OPENAI_BASE_URL=url).model == "openai:m"


def test_choosing_a_model_does_not_import_its_sdk() -> None:
    code = (
        "import sys, datetime; from diagnosis.agent import LayeredDiagnoser;"
        "from diagnosis.clients.registry import client_for;"
        f"env = {{'ANTHROPIC_API_KEY': {KEY!r}, 'OPENAI_API_KEY': {KEY!r}, 'AWS_REGION': 'eu-west-1'}};"
        "[client_for(m, environment=env, today=datetime.date.min, stop=None)"
        " for m in ('anthropic:m', 'openai:m', 'bedrock:m', 'none')];"
        "print([n for n in ('anthropic', 'httpx2', 'boto3', 'botocore', 'diagnosis.clients.scripted')"
        " if n in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"

"""A model whose answers stand in a file, and how a model is chosen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.budget import Usage
from contracts.errors import ModelSetupError
from contracts.model import ModelClient, Prompt
from contracts.permit import ModelPermit, PermitMisuseError
from contracts.run import EngineId, RunRecord, RunRequest, RunState
from diagnosis.clients.registry import client_for, default_model
from diagnosis.clients.scripted import ScriptedClient
from tests.fakes.planning import SetStop

Script = Callable[[str | list[object]], ScriptedClient]
"""Writes a file of answers and opens it."""
TODAY = date(2026, 11, 20)
KEY = "sk-test-0123456789"


def _permit() -> ModelPermit:
    return ModelPermit(
        RunRecord(
            run_id="r1",
            request=RunRequest(module=Path("/module")),
            engine=EngineId(name="terraform", version="1.11.4"),
            started_at=datetime(2026, 11, 20, tzinfo=UTC),
            last_at=datetime(2026, 11, 20, tzinfo=UTC),
            state=RunState.DIAGNOSING,
        )
    )


def _prompt(user: str = "why?") -> Prompt:
    return Prompt(system="You diagnose.", user=user, max_output_tokens=100, version="p")


@pytest.fixture
def script(tmp_path: Path) -> Script:
    def written(content: str | list[object]) -> ScriptedClient:
        file = tmp_path / "answers.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return ScriptedClient(file)

    return written


def _texts(client: ScriptedClient, *prompts: str) -> list[str]:
    replies = [client.ask(_permit(), _prompt(user), {}) for user in prompts]
    return [reply.text or reply.stop for reply in replies]


def test_answers_come_in_order_and_each_once(script: Script) -> None:
    client = script([{"text": "one"}, {"text": "two"}])
    assert _texts(client, "a", "b", "c") == ["one", "two", "error: the script has no further answer"]


def test_an_object_without_text_is_the_reply_itself(script: Script) -> None:
    client = script([{"category": "auth", "when": "403"}])
    reply = client.ask(_permit(), _prompt("403"), {})
    assert json.loads(reply.text) == {"category": "auth"}
    assert reply.stop == "end"


def test_one_object_a_line_is_as_good_as_a_list(script: Script) -> None:
    assert _texts(script('{"text": "one"}\n\n{"text": "two"}\n'), "a", "b") == ["one", "two"]
    assert _texts(script('{"text": "alone"}'), "a") == ["alone"]


def test_the_first_answer_whose_pattern_is_found_is_given(script: Script) -> None:
    client = script(
        [
            {"when": "AccessDenied", "text": "auth"},
            {"when": "Throttl(ed|ing)", "text": "slow"},
            {"text": "else"},
        ]
    )
    assert _texts(client, "Throttling", "AccessDenied", "AccessDenied") == ["slow", "auth", "else"]


def test_a_pattern_is_not_looked_for_in_the_system_text(script: Script) -> None:
    assert _texts(script([{"when": "diagnose", "text": "x"}]), "a")[0].startswith("error")


def test_an_answer_that_repeats_is_never_used_up(script: Script) -> None:
    assert _texts(script([{"text": "again", "repeat": True}]), "a", "b", "c") == ["again"] * 3


def test_a_stop_alone_is_an_answer_without_text(script: Script) -> None:
    reply = script([{"stop": "refusal"}]).ask(_permit(), _prompt(), {})
    assert (reply.text, reply.stop) == ("", "refusal")


def test_an_answer_costs_nothing_unless_it_says_so(script: Script) -> None:
    client = script([{"text": "a"}, {"text": "b", "usage": {"input_tokens": 5, "cost_usd": 0.02}}])
    assert client.ceiling(_prompt()).usd == Decimal(0)
    assert client.ask(_permit(), _prompt(), {}).usage == Usage(calls=1)
    assert client.ceiling(_prompt()).usd == Decimal("0.02")
    assert client.ask(_permit(), _prompt(), {}).usage == Usage(
        calls=1, input_tokens=5, cost_usd=Decimal("0.02")
    )
    assert client.ceiling(_prompt()).usd == Decimal(0)


def test_an_answer_may_have_an_unknown_price(script: Script) -> None:
    assert script([{"text": "a", "usage": {"cost_usd": None}}]).ceiling(_prompt()).usd is None


def test_every_ask_takes_its_own_permit(script: Script) -> None:
    client, permit = script([{"text": "a", "repeat": True}]), _permit()
    client.ask(permit, _prompt(), {})
    with pytest.raises(PermitMisuseError):
        client.ask(permit, _prompt(), {})


BROKEN = {
    "no JSON at all": ("hello", "line 1"),
    "a broken line": ('{"text": "a"}\n{"text": ', "line 2"),
    "a list of texts": ('["a"]', "answer 1"),
    "a number": ("7", "answer 1"),
    "a pattern that is none": ('[{"when": "(", "text": "a"}]', "when"),
    "a text that is a number": ('[{"text": 1}]', "text"),
    "an unknown key in the usage": ('[{"text": "a", "usage": {"dollars": 1}}]', "usage.dollars"),
}


@pytest.mark.parametrize(("content", "what"), BROKEN.values(), ids=BROKEN)
def test_a_broken_script_is_the_operators_error(script: Script, content: str, what: str) -> None:
    with pytest.raises(ModelSetupError, match=what) as caught:
        script(content)
    assert caught.value.remedy


def test_a_script_that_cannot_be_read_is_told_before_the_run(tmp_path: Path) -> None:
    for file in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(ModelSetupError, match="cannot be read"):
            client_for(f"scripted:{file}", environment={}, today=TODAY, stop=SetStop())
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelSetupError, match="UTF-8"):
        client_for(f"scripted:{tmp_path / 'binary'}", environment={}, today=TODAY, stop=SetStop())


def test_a_script_keeps_its_place_however_often_it_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "a:b.json"
    file.write_text('[{"text": "one"}, {"text": "two"}]')
    opened = client_for(f"scripted:{file}", environment={}, today=TODAY, stop=SetStop())
    assert opened
    client: ModelClient = opened()
    assert client.model == f"scripted:{file}"
    assert [opened().ask(_permit(), _prompt(), {}).text for _ in "12"] == ["one", "two"]


def test_none_is_no_model() -> None:
    assert client_for("none", environment={}, today=TODAY, stop=SetStop()) is None


WRONG = {
    "an unknown provider": ("gremlin:x", {}, "gremlin"),
    "no provider": ("claude-haiku-5-5", {}, "provider"),
    "nothing": ("", {}, "provider"),
    "no model": ("anthropic:", {"ANTHROPIC_API_KEY": KEY}, "names no model"),
    "no file": ("scripted:", {}, "names no model"),
    "no key": ("anthropic:claude-haiku-5-5", {}, "ANTHROPIC_API_KEY is not set"),
    "a key with a line break": ("anthropic:m", {"ANTHROPIC_API_KEY": KEY + "\n"}, "white space"),
    "a base URL that is none": (
        "anthropic:m",
        {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "localhost:1"},
        "ANTHROPIC_BASE_URL is no URL",
    ),
}


@pytest.mark.parametrize(("model", "environment", "what"), WRONG.values(), ids=WRONG)
def test_a_model_that_could_never_be_asked_is_the_operators_error(
    model: str, environment: dict[str, str], what: str
) -> None:
    with pytest.raises(ModelSetupError, match=what) as caught:
        client_for(model, environment=environment, today=TODAY, stop=SetStop())
    assert caught.value.remedy
    assert KEY not in str(caught.value)


def test_the_default_model_depends_on_a_key() -> None:
    assert default_model({}) == "none"
    assert default_model({"ANTHROPIC_API_KEY": ""}) == "none"
    assert default_model({"ANTHROPIC_API_KEY": KEY}) == "anthropic:claude-haiku-5-5"


def test_choosing_a_model_does_not_import_its_sdk() -> None:
    code = (
        "import sys, datetime; from diagnosis.agent import LayeredDiagnoser;"
        "from diagnosis.clients.registry import client_for;"
        f"client_for('anthropic:m', environment={{'ANTHROPIC_API_KEY': {KEY!r}}},"
        "           today=datetime.date.min, stop=None);"
        "print('anthropic' in sys.modules, 'httpx2' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]

"""A model whose answers stand in a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.budget import Ceiling, Usage
from contracts.errors import ModelSetupError
from contracts.identity import EngineId
from contracts.model import Fault, Prompt
from contracts.permit import ModelPermit, PermitMisuseError
from contracts.record import RunRecord
from contracts.run import RunRequest, RunState
from diagnosis.clients.scripted import ScriptedClient

Script = Callable[[str | list[object]], ScriptedClient]
"""Writes a file of answers and opens it."""


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


def test_an_entry_may_play_a_provider_in_trouble(script: Script) -> None:
    client = script([{"fault": "throttled", "retry_after_s": 2.5}, {"fault": "down", "stop": "error: 529"}])
    throttled, down = (client.ask(_permit(), _prompt(), {}) for _ in "12")
    assert (throttled.text, throttled.stop) == ("", "error: throttled")
    assert (throttled.fault, throttled.retry_after_s) == (Fault.THROTTLED, 2.5)
    assert (down.stop, down.fault, down.retry_after_s) == ("error: 529", Fault.DOWN, None)


STOPS = {
    "end": None,
    "max_tokens": Fault.CUT_OFF,
    "model_context_window_exceeded": Fault.CUT_OFF,
    "pause_turn": Fault.CUT_OFF,
    "refusal": Fault.REFUSED,
    "error: 401": Fault.REJECTED,
}


@pytest.mark.parametrize(("stop", "fault"), STOPS.items(), ids=STOPS)
def test_a_stop_means_what_it_does_from_a_real_model(script: Script, stop: str, fault: Fault | None) -> None:
    reply = script([{"text": "{}", "stop": stop}]).ask(_permit(), _prompt(), {})
    assert (reply.stop, reply.fault) == (stop, fault)


def test_the_ceiling_is_what_the_answer_to_this_prompt_takes(script: Script) -> None:
    usage = {"input_tokens": 5, "cached_tokens": 7, "output_tokens": 11, "cost_usd": 0.02}
    client = script([{"when": "403", "text": "a", "usage": usage}])
    assert client.ceiling(_prompt("403")) == Ceiling(usd=Decimal("0.02"), tokens=23)
    assert client.ceiling(_prompt("404")) == Ceiling(usd=Decimal(0), tokens=0)


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
    "a fault that is none": ('[{"fault": "gremlins"}]', "fault"),
    "an unknown key in the usage": ('[{"text": "a", "usage": {"dollars": 1}}]', "usage.dollars"),
}


@pytest.mark.parametrize(("content", "what"), BROKEN.values(), ids=BROKEN)
def test_a_broken_script_is_the_operators_error(script: Script, content: str, what: str) -> None:
    with pytest.raises(ModelSetupError, match=what) as caught:
        script(content)
    assert caught.value.remedy


@pytest.mark.parametrize("wait", ["-1", "1e999", '"soon"'])
def test_a_wait_that_none_could_keep_is_the_operators_error(script: Script, wait: str) -> None:
    with pytest.raises(ModelSetupError, match="retry_after_s"):
        script(f'[{{"fault": "throttled", "retry_after_s": {wait}}}]')

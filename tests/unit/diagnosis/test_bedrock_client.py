"""The Converse API over a real loopback connection, through boto3: what is sent and what comes of it."""

from __future__ import annotations

import json
import time
from datetime import date
from decimal import Decimal

import pytest

from contracts.budget import Usage
from contracts.errors import ModelSetupError
from contracts.model import Fault, ModelClient, ModelReply
from diagnosis.clients.registry import client_for
from diagnosis.reply import reply_schema
from tests.fakes.model_server import (
    PROMPT,
    SLOW,
    Answering,
    Server,
    as_json,
    closed_url,
    hang_up,
    permit,
    raw,
    reset,
    serving,
)
from tests.fakes.planning import SetStop

MODEL = "eu.anthropic.claude-haiku-5-5"
PROFILE = f"arn:aws:bedrock:eu-central-1:111122223333:inference-profile/{MODEL}"
SECRET = "wJalrXUtnFEMI-not-a-real-one-0123456789"


def converse(**changes: object) -> dict[str, object]:
    block = {"toolUse": {"toolUseId": "t", "name": "diagnosis", "input": {"category": "auth"}}}
    return {
        "output": {"message": {"role": "assistant", "content": [block]}},
        "stopReason": "tool_use",
        "usage": {"inputTokens": 1000, "outputTokens": 200, "totalTokens": 1200},
        "metrics": {"latencyMs": 1},
        **changes,
    }


def client(url: str, model: str = MODEL, **more: str) -> ModelClient:
    environment = {
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
        **more,
    }
    opened = client_for(f"bedrock:{model}", environment=environment, today=date(2026, 11, 20), stop=SetStop())
    assert opened
    return opened()


def ask(server: Server, model: str = MODEL, *, time_left_s: float = 20, **more: str) -> ModelReply:
    reply = client(server.url, model, **more).ask(permit(time_left_s), PROMPT, reply_schema())
    assert SECRET not in reply.model_dump_json()
    return reply


def test_a_good_answer_comes_back_as_the_tools_input_with_its_bill() -> None:
    with serving(as_json(200, converse())) as server:
        reply = ask(server)
    assert (json.loads(reply.text), reply.stop, reply.fault) == ({"category": "auth"}, "end", None)
    assert reply.usage == Usage(calls=1, input_tokens=1000, output_tokens=200, cost_usd=Decimal("0.00022"))


def test_the_prompt_is_sent_with_one_tool_that_must_be_used() -> None:
    with serving(as_json(200, converse())) as server:
        ask(server)
    (request,) = server.requests
    assert request["path"] == f"/model/{MODEL}/converse"
    assert request["system"] == [{"text": PROMPT.system}]
    assert request["messages"] == [{"role": "user", "content": [{"text": PROMPT.user}]}]
    assert request["inferenceConfig"] == {"maxTokens": 500}
    assert request["toolConfig"]["toolChoice"] == {"tool": {"name": "diagnosis"}}
    assert request["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"] == {"json": reply_schema()}


def test_a_model_without_tools_answers_in_text_and_is_told_the_schema_in_words() -> None:
    said = {"message": {"role": "assistant", "content": [{"text": '{"a": 1}'}]}}
    with serving(as_json(200, converse(output=said, stopReason="end_turn"))) as server:
        reply = ask(server, "meta.llama3-8b-instruct-v1:0")
    assert (reply.text, reply.usage.cost_usd) == ('{"a": 1}', None)
    assert "toolConfig" not in server.requests[0]
    assert '"root_cause"' in server.requests[0]["system"][0]["text"]


def test_an_inference_profile_is_asked_in_its_own_region_at_its_models_price() -> None:
    with serving(as_json(200, converse())) as server:
        reply = ask(server, PROFILE)
    assert "%3Ainference-profile%2F" in server.requests[0]["path"]
    assert "/eu-central-1/bedrock/" in server.headers[0]["authorization"]
    assert reply.usage.cost_usd == Decimal("0.00022")


def test_a_role_is_assumed_first_and_its_credentials_are_used() -> None:
    answer = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
      <Credentials><AccessKeyId>ASIALENT</AccessKeyId><SecretAccessKey>lent</SecretAccessKey>
      <SessionToken>token</SessionToken><Expiration>2026-11-20T12:00:00Z</Expiration></Credentials>
      </AssumeRoleResult></AssumeRoleResponse>"""
    with (
        serving(raw(200, answer.encode(), content_type="text/xml")) as sts,
        serving(as_json(200, converse())) as server,
    ):
        reply = ask(
            server,
            AWS_ENDPOINT_URL_STS=sts.url,
            PLANNER_BEDROCK_ROLE_ARN="arn:aws:iam::111122223333:role/planner",
            PLANNER_BEDROCK_EXTERNAL_ID="house",
        )
    assert reply.fault is None
    assert "ExternalId=house" in sts.forms[0]
    assert "ASIALENT" in server.headers[0]["authorization"]


def error(status: int, code: str) -> Answering:
    return as_json(status, {"message": f"no {SECRET}"}, x_amzn_errortype=code)


FREE, UNKNOWN = Decimal(0), None
REFUSALS: dict[str, tuple[Answering, str, Fault, Decimal | None]] = {
    "throttled": (
        error(429, "ThrottlingException"),
        "429 ThrottlingException",
        Fault.THROTTLED,
        FREE,
    ),
    "denied": (error(403, "AccessDeniedException"), "403 AccessDeniedException", Fault.REJECTED, FREE),
    "expired": (error(403, "ExpiredTokenException"), "403 ExpiredTokenException", Fault.REJECTED, FREE),
    "no such model": (
        error(404, "ResourceNotFoundException"),
        "404 ResourceNotFoundException",
        Fault.REJECTED,
        FREE,
    ),
    "invalid": (error(400, "ValidationException"), "400 ValidationException", Fault.REJECTED, FREE),
    "too slow": (error(408, "ModelTimeoutException"), "408 ModelTimeoutException", Fault.DOWN, UNKNOWN),
    "not ready": (error(429, "ModelNotReadyException"), "429 ModelNotReadyException", Fault.DOWN, UNKNOWN),
    "unavailable": (
        error(503, "ServiceUnavailableException"),
        "503 ServiceUnavailableException",
        Fault.DOWN,
        UNKNOWN,
    ),
    "broken": (error(500, "InternalServerException"), "500 InternalServerException", Fault.DOWN, UNKNOWN),
    "HTML": (raw(502, b"<html>Bad gateway</html>"), "502 502", Fault.DOWN, UNKNOWN),
}


@pytest.mark.parametrize(("answer", "what", "fault", "usd"), REFUSALS.values(), ids=REFUSALS)
def test_a_refused_request_is_made_once_and_told(
    answer: Answering, what: str, fault: Fault, usd: Decimal | None
) -> None:
    with serving(answer) as server:
        reply = ask(server)
    assert len(server.requests) == 1
    assert reply.fault is fault
    assert reply.stop.split()[:2] == ["error:", what.split(maxsplit=1)[0]]
    assert reply.usage == Usage(calls=1, cost_usd=usd)


ENDS = {
    "end_turn": None,
    "max_tokens": Fault.CUT_OFF,
    "model_context_window_exceeded": Fault.CUT_OFF,
    "guardrail_intervened": Fault.REFUSED,
    "content_filtered": Fault.REFUSED,
    "malformed_tool_use": Fault.UNREADABLE,
    "something_new": Fault.UNREADABLE,
}


@pytest.mark.parametrize(("reason", "fault"), ENDS.items(), ids=ENDS)
def test_how_it_ended_is_told_and_the_call_is_paid_for(reason: str, fault: Fault | None) -> None:
    with serving(as_json(200, converse(stopReason=reason))) as server:
        reply = ask(server)
    assert reply.fault is fault
    assert reply.usage.cost_usd == Decimal("0.00022")


GARBAGE: dict[str, Answering] = {
    "HTML": raw(200, b"<html>Log in</html>", content_type="text/html"),
    "a list": raw(200, b"[]"),
    "half an answer": raw(200, json.dumps(converse()).encode()[:-30]),
    "a body that breaks off": reset,
    "a connection that breaks off": hang_up,
}


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_answer_is_told_and_costs_an_unknown_sum(answer: Answering) -> None:
    with serving(answer) as server:
        reply = ask(server)
    assert reply.fault in {Fault.UNREADABLE, Fault.DOWN, Fault.REFUSED}
    assert reply.text == ""
    assert reply.usage == Usage(calls=1, cost_usd=None)


@pytest.mark.parametrize("usage", [None, {}, {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}])
def test_a_bill_that_cannot_be_true_costs_an_unknown_sum(usage: object) -> None:
    with serving(as_json(200, converse(usage=usage))) as server:
        assert ask(server).usage == Usage(calls=1, cost_usd=None)


def test_an_ask_ends_at_the_runs_own_time_however_long_nothing_comes() -> None:
    with serving(SLOW["nothing at all"]) as server:
        started = time.monotonic()
        reply = ask(server, time_left_s=1.5)
        assert time.monotonic() - started < 3
    assert (reply.fault, reply.usage.cost_usd) == (Fault.DOWN, None)


def test_what_cannot_be_reached_costs_nothing() -> None:
    reply = client(closed_url()).ask(permit(), PROMPT, {})
    assert (reply.stop, reply.fault) == ("error: cannot connect", Fault.DOWN)
    assert reply.usage.cost_usd == 0


def test_without_a_region_it_is_told_before_the_run() -> None:
    with pytest.raises(ModelSetupError, match="region"):
        client_for(f"bedrock:{MODEL}", environment={}, today=date(2026, 11, 20), stop=SetStop())

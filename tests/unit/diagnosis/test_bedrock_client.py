"""The Converse API over a real loopback connection, through boto3: what is sent and what comes of it.

What every door does alike is told in `test_transport`.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from contracts.budget import Usage
from contracts.model import Fault, ModelClient, ModelReply
from diagnosis.clients.registry import client_for
from diagnosis.reply import reply_schema
from tests.fakes.model_server import (
    PROMPT,
    Answering,
    Server,
    as_json,
    hang_up,
    permit,
    raw,
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


def ask(server: Server, model: str = MODEL, **more: str) -> ModelReply:
    reply = client(server.url, model, **more).ask(permit(20), PROMPT, reply_schema())
    assert len(server.requests) == 1, "one ask is one request on the wire"
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


def test_cached_tokens_are_billed_as_such() -> None:
    usage = {
        "inputTokens": 100,
        "outputTokens": 10,
        "totalTokens": 2110,
        "cacheReadInputTokens": 1000,
        "cacheWriteInputTokens": 1000,
    }
    with serving(as_json(200, converse(usage=usage))) as server:
        found = ask(server).usage
    assert (found.input_tokens, found.cached_tokens, found.output_tokens) == (1100, 1000, 10)
    assert found.cost_usd == Decimal("0.000165")  # 11 + 11 + 137.5 + 5.5 millionths


def test_only_thoughts_are_no_answer_and_paid_for() -> None:
    thought = {"reasoningContent": {"reasoningText": {"text": "hm"}}}
    said = {"message": {"role": "assistant", "content": [thought]}}
    with serving(as_json(200, converse(output=said, stopReason="end_turn"))) as server:
        reply = ask(server)
    assert (reply.text, reply.fault, reply.usage.cost_usd) == ("", Fault.REFUSED, Decimal("0.00022"))


TOLD: dict[str, tuple[bool, str | None, int]] = {
    "eu.anthropic.claude-haiku-5-5": (True, "disabled", 500),
    "global.anthropic.claude-sonnet-5-5": (False, "between_tools", 500),
    "us.anthropic.claude-opus-5-5": (False, None, 500),
    "anthropic.claude-haiku-4-5-20251001-v1:0": (True, None, 500),
    "amazon.nova-lite-v1:0": (True, None, 500),
    "who.knows": (False, None, 500),
}


@pytest.mark.parametrize(("model", "told"), TOLD.items(), ids=TOLD)
def test_a_model_is_asked_only_for_what_it_can_do(model: str, told: tuple[bool, str | None, int]) -> None:
    with serving(as_json(200, converse())) as server:
        ask(server, model)
    request = server.requests[0]
    thinking = request.get("additionalModelRequestFields", {}).get("thinking", {}).get("type")
    assert ("toolConfig" in request, thinking, request["inferenceConfig"]["maxTokens"]) == told


NO_CREDENTIALS: dict[str, dict[str, str]] = {
    "half of a key": {"AWS_SECRET_ACCESS_KEY": ""},
    "a profile that does not exist": {"AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "nobody"},
    "no region": {"AWS_REGION": "no region"},
}


@pytest.mark.parametrize("more", NO_CREDENTIALS.values(), ids=NO_CREDENTIALS)
def test_what_cannot_be_signed_is_never_sent_and_costs_nothing(more: dict[str, str]) -> None:
    with serving(as_json(200, converse())) as server:
        reply = client(server.url, **more).ask(permit(), PROMPT, {})
        assert server.headers == []
    assert reply.stop.startswith("error: AWS cannot be asked, ")
    assert (reply.fault, reply.usage) == (Fault.REJECTED, Usage(calls=1))


DENIED = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
NO_ROLE: dict[str, tuple[Answering, Fault]] = {
    "denied": (raw(403, DENIED, content_type="text/xml"), Fault.REJECTED),
    "down": (raw(503, b"<html>", content_type="text/html"), Fault.DOWN),
    "no answer of STS": (raw(200, b"<html>Log in", content_type="text/html"), Fault.UNREADABLE),
    "a broken connection": (hang_up, Fault.DOWN),
}


@pytest.mark.parametrize(("answer", "fault"), NO_ROLE.values(), ids=NO_ROLE)
def test_without_its_role_no_model_is_asked_and_nothing_is_paid(answer: Answering, fault: Fault) -> None:
    with serving(answer) as sts, serving(as_json(200, converse())) as server:
        role = "arn:aws:iam::111122223333:role/planner"
        reply = client(server.url, AWS_ENDPOINT_URL_STS=sts.url, PLANNER_BEDROCK_ROLE_ARN=role).ask(
            permit(), PROMPT, {}
        )
        assert (len(sts.forms), server.headers) == (1, [])
    assert (reply.fault, reply.usage) == (fault, Usage(calls=1))


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
    (form,) = sts.forms
    assert "ExternalId=house" in form
    assert "RoleSessionName=planner" in form
    assert "ASIALENT" in server.headers[0]["authorization"]


def error(status: int, code: str, message: str = "no", **headers: str) -> Answering:
    return as_json(status, {"message": f"{message} {SECRET}"}, x_amzn_errortype=code, **headers)


FREE, UNKNOWN = Decimal(0), None
REFUSALS: dict[str, tuple[Answering, str, Fault, Decimal | None]] = {
    "throttled": (
        error(429, "ThrottlingException"),
        "429 ThrottlingException",
        Fault.THROTTLED,
        FREE,
    ),
    "throttled with a wait": (
        error(429, "ThrottlingException", retry_after="7"),
        "429 ThrottlingException, retry after 7 s",
        Fault.THROTTLED,
        FREE,
    ),
    "over its quota": (
        error(400, "ServiceQuotaExceededException"),
        "400 ServiceQuotaExceededException",
        Fault.THROTTLED,
        FREE,
    ),
    "unpaid": (
        error(403, "AccessDeniedException", "denied due to INVALID_PAYMENT_INSTRUMENT:"),
        "403 AccessDeniedException",
        Fault.SPENT,
        FREE,
    ),
    "a conflict": (error(400, "ConflictException"), "400 ConflictException", Fault.CONFLICT, FREE),
    "too large": (error(413, "RequestTooLarge"), "413 RequestTooLarge", Fault.TOO_LARGE, FREE),
    "broken model": (error(424, "ModelErrorException"), "424 ModelErrorException", Fault.DOWN, UNKNOWN),
    "an unknown error whose name holds the secret": (error(400, f"{SECRET}!"), "400", Fault.REJECTED, FREE),
    "a redirect": (raw(307, b"", location="http://127.0.0.1:9/"), "307", Fault.DOWN, UNKNOWN),
    "denied": (error(403, "AccessDeniedException"), "403 AccessDeniedException", Fault.REJECTED, FREE),
    "expired": (error(403, "ExpiredTokenException"), "403 ExpiredTokenException", Fault.REJECTED, FREE),
    "no such model": (
        error(404, "ResourceNotFoundException"),
        "404 ResourceNotFoundException",
        Fault.REJECTED,
        FREE,
    ),
    "invalid": (error(400, "ValidationException"), "400 ValidationException", Fault.REJECTED, FREE),
    "a prompt that is too long": (
        error(400, "ValidationException", "Input is too long for requested model."),
        "400 ValidationException",
        Fault.TOO_LARGE,
        FREE,
    ),
    "too slow": (error(408, "ModelTimeoutException"), "408 ModelTimeoutException", Fault.DOWN, UNKNOWN),
    "not ready": (error(429, "ModelNotReadyException"), "429 ModelNotReadyException", Fault.DOWN, UNKNOWN),
    "unavailable": (
        error(503, "ServiceUnavailableException"),
        "503 ServiceUnavailableException",
        Fault.DOWN,
        UNKNOWN,
    ),
    "broken": (error(500, "InternalServerException"), "500 InternalServerException", Fault.DOWN, UNKNOWN),
    "HTML": (raw(502, b"<html>Bad gateway</html>"), "502", Fault.DOWN, UNKNOWN),
}


@pytest.mark.parametrize(("answer", "what", "fault", "usd"), REFUSALS.values(), ids=REFUSALS)
def test_a_refused_request_is_made_once_and_told(
    answer: Answering, what: str, fault: Fault, usd: Decimal | None
) -> None:
    with serving(answer) as server:
        reply = ask(server)
    assert (reply.stop, reply.fault) == (f"error: {what}", fault)
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
    "JSON of another kind": as_json(200, {"output": "x"}),
    "a message of another kind": as_json(200, {"output": {"message": []}}),
    "nothing": raw(200, b""),
}


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_answer_is_told_and_costs_an_unknown_sum(answer: Answering) -> None:
    with serving(answer) as server:
        reply = ask(server)
    assert (reply.text, reply.fault) == ("", Fault.UNREADABLE)
    assert reply.usage == Usage(calls=1, cost_usd=None)


ENOUGH = {"inputTokens": 1000, "outputTokens": 200, "totalTokens": 1200}
IMPLAUSIBLE: dict[str, object] = {
    "missing": None,
    "empty": {},
    "all zero": {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0},
    "negative": {**ENOUGH, "outputTokens": -1},
    "negative where it is cached": {**ENOUGH, "cacheReadInputTokens": -1},
    "more input than was sent": {**ENOUGH, "inputTokens": 10**9},
    "more output than was allowed": {**ENOUGH, "outputTokens": 501},
}


@pytest.mark.parametrize("usage", IMPLAUSIBLE.values(), ids=IMPLAUSIBLE)
def test_a_bill_that_cannot_be_true_costs_an_unknown_sum(usage: object) -> None:
    with serving(as_json(200, converse(usage=usage))) as server:
        assert ask(server).usage == Usage(calls=1, cost_usd=None)

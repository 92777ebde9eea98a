"""Chat completions over a real loopback connection: what is sent, and what comes of each answer.

What every door does alike is told in `test_transport`.
"""

from __future__ import annotations

import gzip
import json
from datetime import date
from decimal import Decimal

import pytest

from contracts.budget import Usage
from contracts.model import Fault, ModelReply
from diagnosis.clients.capabilities import Capabilities
from diagnosis.clients.openai_compat import OpenAICompatClient
from diagnosis.pricing import Price, Tier
from diagnosis.reply import reply_schema
from tests.fakes.model_server import (
    PROMPT,
    Answering,
    Server,
    as_json,
    permit,
    raw,
    serving,
)
from tests.fakes.planning import SetStop

KEY = "sk-test-0123456789"
TIER = Tier(input=Decimal(1), cached_input=Decimal("0.1"), cache_write=Decimal(1), output=Decimal(5))
PRICE = Price(model="openai:small", since=date(2026, 1, 1), tiers=(TIER,))
NATIVE = Capabilities(native_schema=True, max_tokens_name="max_completion_tokens")


def completion(**changes: object) -> dict[str, object]:
    message = {"role": "assistant", "content": '{"category": "auth"}'}
    return {
        "id": "c-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200},
        **changes,
    }


def chosen(reason: str = "stop", **message: object) -> dict[str, object]:
    return completion(choices=[{"message": {"content": "{}", **message}, "finish_reason": reason}])


def ask(server: Server, *, can: Capabilities = NATIVE, key: str | None = KEY) -> ModelReply:
    client = OpenAICompatClient(
        "small",
        base_url=f"{server.url}/v1/",
        api_key=key,
        price=PRICE,
        can=can,
        stop=SetStop(),
        deadline_s=20,
    )
    reply = client.ask(permit(), PROMPT, reply_schema())
    assert len(server.requests) == 1, "one ask is one request on the wire"
    assert KEY not in reply.model_dump_json()
    return reply


def test_a_good_answer_comes_back_with_its_text_and_its_bill() -> None:
    with serving(as_json(200, completion())) as server:
        reply = ask(server)
    assert (reply.text, reply.stop, reply.fault) == ('{"category": "auth"}', "end", None)
    assert reply.usage == Usage(calls=1, input_tokens=1000, output_tokens=200, cost_usd=Decimal("0.002"))


def test_the_prompt_and_the_schema_are_sent_and_nothing_else() -> None:
    with serving(as_json(200, completion())) as server:
        ask(server)
    assert server.requests == [
        {
            "path": "/v1/chat/completions",
            "model": "small",
            "max_completion_tokens": 500,
            "messages": [
                {"role": "system", "content": PROMPT.system},
                {"role": "user", "content": PROMPT.user},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "diagnosis", "schema": reply_schema()},
            },
        }
    ]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_a_model_that_takes_no_schema_is_told_it_in_words_and_a_server_without_keys_gets_none() -> None:
    with serving(as_json(200, completion())) as server:
        ask(server, can=Capabilities(), key=None)
    request = server.requests[0]
    assert "response_format" not in request
    assert request["max_tokens"] == 500
    assert '"root_cause"' in request["messages"][0]["content"]
    assert "authorization" not in server.headers[0]


def test_a_model_that_thinks_is_told_not_to_and_one_with_a_cap_is_not_asked_for_more() -> None:
    can = Capabilities(can_disable_thinking=True, thinking_off="minimal", max_output_tokens=400)
    with serving(as_json(200, completion())) as server:
        ask(server, can=can)
    assert server.requests[0]["reasoning_effort"] == "minimal"
    assert server.requests[0]["max_tokens"] == 400


def test_cached_tokens_are_billed_as_such() -> None:
    usage = {
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "prompt_tokens_details": {"cached_tokens": 600},
    }
    with serving(as_json(200, completion(usage=usage))) as server:
        found = ask(server).usage
    assert (found.input_tokens, found.cached_tokens) == (400, 600)
    assert found.cost_usd == Decimal("0.00096")  # 400 + 60 + 500 millionths


IMPLAUSIBLE: dict[str, object] = {
    "missing": None,
    "empty": {},
    "all zero": {"prompt_tokens": 0, "completion_tokens": 0},
    "negative": {"prompt_tokens": 10, "completion_tokens": -1},
    "more cached than read": {
        "prompt_tokens": 10,
        "completion_tokens": 1,
        "prompt_tokens_details": {"cached_tokens": 11},
    },
    "more input than was sent": {"prompt_tokens": 10**9, "completion_tokens": 1},
    "more output than was allowed": {"prompt_tokens": 10, "completion_tokens": 501},
}


@pytest.mark.parametrize("usage", IMPLAUSIBLE.values(), ids=IMPLAUSIBLE)
def test_a_bill_that_cannot_be_true_costs_an_unknown_sum(usage: object) -> None:
    with serving(as_json(200, completion(usage=usage))) as server:
        reply = ask(server)
    assert reply.usage == Usage(calls=1, cost_usd=None)


ENDS: dict[str, tuple[dict[str, object], str, Fault | None]] = {
    "stop": (chosen(), "end", None),
    "length": (chosen("length"), "max_tokens", Fault.CUT_OFF),
    "content_filter": (chosen("content_filter"), "refusal", Fault.REFUSED),
    "a refusal in words": (chosen(refusal="No."), "refusal", Fault.REFUSED),
    "nothing": (chosen(content=""), "it said nothing", Fault.REFUSED),
    "no content at all": (chosen(content=None), "it said nothing", Fault.REFUSED),
    "a tool call": (
        chosen("tool_calls"),
        "error: stopped for an unknown reason, tool_calls",
        Fault.UNREADABLE,
    ),
}


@pytest.mark.parametrize(("body", "stop", "fault"), ENDS.values(), ids=ENDS)
def test_how_it_ended_is_told_and_the_call_is_paid_for(
    body: dict[str, object], stop: str, fault: Fault | None
) -> None:
    with serving(as_json(200, body)) as server:
        reply = ask(server)
    assert (reply.stop, reply.fault) == (stop, fault)
    assert reply.usage.cost_usd == Decimal("0.002")


def error(kind: str | None = None, code: str | None = None, message: str = "no") -> dict[str, object]:
    return {"error": {"message": message, "type": kind, "code": code}}


FREE, UNKNOWN = Decimal(0), None
REFUSALS: dict[str, tuple[Answering, str, Fault, Decimal | None]] = {
    "400": (
        as_json(400, error("invalid_request_error")),
        "400 invalid_request_error",
        Fault.REJECTED,
        FREE,
    ),
    "401, with the key in its text": (
        as_json(401, error("invalid_request_error", "invalid_api_key", f"bad key {KEY}")),
        "401 invalid_request_error invalid_api_key",
        Fault.REJECTED,
        FREE,
    ),
    "404": (as_json(404, error(code="model_not_found")), "404 model_not_found", Fault.REJECTED, FREE),
    "413": (as_json(413, error()), "413", Fault.TOO_LARGE, FREE),
    "429": (
        as_json(429, error("requests"), retry_after="3"),
        "429 requests, retry after 3 s",
        Fault.THROTTLED,
        FREE,
    ),
    "429 without a penny": (
        as_json(429, error("insufficient_quota", "insufficient_quota")),
        "429 insufficient_quota",
        Fault.SPENT,
        FREE,
    ),
    "402": (as_json(402, error()), "402", Fault.SPENT, FREE),
    "409": (as_json(409, error()), "409", Fault.CONFLICT, FREE),
    "500": (as_json(500, error("server_error")), "500 server_error", Fault.DOWN, UNKNOWN),
    "503 in HTML": (raw(503, b"<html>", content_type="text/html"), "503", Fault.DOWN, UNKNOWN),
    "529": (raw(529, b"[]"), "529", Fault.DOWN, FREE),
    "a redirect": (raw(307, b"", location="http://127.0.0.1:9/"), "307", Fault.DOWN, UNKNOWN),
    "429 that names its payment page": (
        as_json(429, error("requests", "rate_limit_exceeded", "Add a card at /account/billing.")),
        "429 requests rate_limit_exceeded",
        Fault.THROTTLED,
        FREE,
    ),
    "400 without credit": (
        as_json(400, error("invalid_request_error", message="Your credit balance is too low.")),
        "400 invalid_request_error",
        Fault.SPENT,
        FREE,
    ),
    "400 of a prompt that is too long": (
        as_json(400, error("invalid_request_error", "context_length_exceeded")),
        "400 invalid_request_error context_length_exceeded",
        Fault.TOO_LARGE,
        FREE,
    ),
    "400 that tells it in words": (
        as_json(400, error("BadRequestError", message="This model's maximum context length is 4096 tokens.")),
        "400 BadRequestError",
        Fault.TOO_LARGE,
        FREE,
    ),
    "an error whose words are no texts": (
        as_json(400, {"error": {"type": [1], "code": {}, "message": [KEY]}}),
        "400",
        Fault.REJECTED,
        FREE,
    ),
    "an error that is a text": (as_json(400, {"error": KEY}), "400", Fault.REJECTED, FREE),
    "an error whose type holds the key": (as_json(400, error(f"{KEY} !")), "400", Fault.REJECTED, FREE),
}


@pytest.mark.parametrize(("answer", "what", "fault", "usd"), REFUSALS.values(), ids=REFUSALS)
def test_a_refused_request_is_made_once_and_told(
    answer: Answering, what: str, fault: Fault, usd: Decimal | None
) -> None:
    with serving(answer) as server:
        reply = ask(server)
    assert (reply.text, reply.stop, reply.fault) == ("", f"error: {what}", fault)
    assert reply.usage == Usage(calls=1, cost_usd=usd)


NO_COMPLETION = "the answer is no chat completion"
GARBAGE: dict[str, tuple[Answering, str, Fault]] = {
    "HTML": (raw(200, b"<html>Log in</html>", content_type="text/html"), NO_COMPLETION, Fault.UNREADABLE),
    "JSON of another kind": (as_json(200, {"content": []}), NO_COMPLETION, Fault.UNREADABLE),
    "no choice": (as_json(200, completion(choices=[])), NO_COMPLETION, Fault.UNREADABLE),
    "half of one": (raw(200, json.dumps(completion()).encode()[:-20]), NO_COMPLETION, Fault.UNREADABLE),
    "a depth bomb": (raw(200, b"[" * 100_000), NO_COMPLETION, Fault.UNREADABLE),
    "an event stream": (raw(200, b"data: {}\n\n"), NO_COMPLETION, Fault.UNREADABLE),
    "two megabytes": (
        raw(200, b" " * 2_000_000),
        "the answer is longer than 1000000 bytes",
        Fault.UNREADABLE,
    ),
    "a gzip bomb": (
        raw(200, gzip.compress(b" " * 50_000_000), content_encoding="gzip"),
        "the answer is compressed, which was not asked for",
        Fault.UNREADABLE,
    ),
}


@pytest.mark.parametrize(("answer", "what", "fault"), GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_answer_is_told_and_costs_an_unknown_sum(
    answer: Answering, what: str, fault: Fault
) -> None:
    with serving(answer) as server:
        reply = ask(server)
    assert (reply.stop, reply.fault) == (f"error: {what}", fault)
    assert reply.usage == Usage(calls=1, cost_usd=None)

"""The Messages API over a real loopback connection: what is sent, what comes of each answer, and when.

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
from contracts.permit import PermitMisuseError
from diagnosis.clients.anthropic import AnthropicClient
from diagnosis.clients.capabilities import capabilities_of
from diagnosis.pricing import price_of
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
MODEL = "claude-haiku-5-5"
PRICE = price_of(f"anthropic:{MODEL}", date(2026, 11, 20))


def _message(**changes: object) -> dict[str, object]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": '{"category": "auth"}'}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1000, "output_tokens": 200},
        **changes,
    }


def _error(kind: str, message: str = "no", **details: str) -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": message, "details": details or None}}


def _client(url: str, model: str = MODEL) -> AnthropicClient:
    return AnthropicClient(
        model,
        api_key=KEY,
        price=PRICE,
        can=capabilities_of(f"anthropic:{model}"),
        stop=SetStop(),
        base_url=url,
        deadline_s=20,
    )


def _ask(server: Server) -> ModelReply:
    reply = _client(server.url).ask(permit(), PROMPT, reply_schema())
    assert len(server.requests) == 1, "one ask is one request on the wire"
    assert KEY not in reply.model_dump_json()
    return reply


def test_a_good_answer_comes_back_with_its_text_and_its_bill() -> None:
    with serving(as_json(200, _message())) as server:
        reply = _ask(server)
    assert (reply.text, reply.stop) == ('{"category": "auth"}', "end")
    assert reply.usage == Usage(calls=1, input_tokens=1000, output_tokens=200, cost_usd=Decimal("0.0002"))


def test_the_prompt_and_the_schema_are_sent_and_nothing_else() -> None:
    with serving(as_json(200, _message())) as server:
        _ask(server)
    assert server.requests == [
        {
            "path": "/v1/messages",
            "model": MODEL,
            "max_tokens": 500,
            "system": PROMPT.system,
            "messages": [{"role": "user", "content": PROMPT.user}],
            "output_config": {"format": {"type": "json_schema", "schema": reply_schema()}},
            "thinking": {"type": "disabled"},
        }
    ]
    assert KEY in " ".join(server.headers[0].values())
    assert server.headers[0]["accept-encoding"] == "identity"


THINKING = {
    "claude-haiku-5-5": {"type": "disabled"},
    "claude-sonnet-5-5": {"type": "between_tools"},
    "claude-opus-5-5": None,
    "claude-haiku-4-5": None,
}


@pytest.mark.parametrize(("model", "thinking"), THINKING.items(), ids=THINKING)
def test_thinking_is_switched_off_in_the_words_of_the_model_where_it_can_be(
    model: str, thinking: dict[str, str] | None
) -> None:
    with serving(as_json(200, _message())) as server:
        _client(server.url, model).ask(permit(), PROMPT, {})
    assert server.requests[0].get("thinking") == thinking


def test_text_is_chosen_by_type_and_not_by_place() -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "s"}
    content = [thinking, {"type": "text", "text": '{"a":'}, {"type": "text", "text": " 1}"}]
    with serving(as_json(200, _message(content=content))) as server:
        assert _ask(server).text == '{"a": 1}'


def test_cached_tokens_are_billed_as_such() -> None:
    usage = {
        "input_tokens": 100,
        "output_tokens": 10,
        "cache_read_input_tokens": 1000,
        "cache_creation_input_tokens": 1000,
    }
    with serving(as_json(200, _message(usage=usage))) as server:
        found = _ask(server).usage
    assert (found.input_tokens, found.cached_tokens, found.output_tokens) == (1100, 1000, 10)
    assert found.cost_usd == Decimal("0.00015")  # 10 + 10 + 125 + 5 millionths


STOPS: dict[str, tuple[str, Fault | None]] = {
    "end_turn": ("end", None),
    "stop_sequence": ("end", None),
    "max_tokens": ("max_tokens", Fault.CUT_OFF),
    "refusal": ("refusal", Fault.REFUSED),
    "pause_turn": ("pause_turn", Fault.CUT_OFF),
    "model_context_window_exceeded": ("model_context_window_exceeded", Fault.CUT_OFF),
    "tool_use": ("error: stopped for an unknown reason, tool_use", Fault.UNREADABLE),
    "Sk-Secret!": ("error: stopped for an unknown reason, unnamed", Fault.UNREADABLE),
}


@pytest.mark.parametrize(("reason", "told"), STOPS.items(), ids=STOPS)
def test_a_stop_reason_is_told_and_the_call_is_paid_for(reason: str, told: tuple[str, Fault | None]) -> None:
    with serving(as_json(200, _message(stop_reason=reason))) as server:
        reply = _ask(server)
    assert (reply.stop, reply.fault) == told
    assert reply.usage.cost_usd == Decimal("0.0002")


WITHOUT_TEXT: dict[str, list[dict[str, str]]] = {
    "no content": [],
    "only thoughts": [{"type": "thinking", "thinking": "hm", "signature": "s"}],
}


@pytest.mark.parametrize("content", WITHOUT_TEXT.values(), ids=WITHOUT_TEXT)
def test_an_answer_without_text_is_none_and_paid_for(content: list[dict[str, str]]) -> None:
    with serving(as_json(200, _message(content=content))) as server:
        reply = _ask(server)
    assert (reply.text, reply.fault) == ("", Fault.REFUSED)
    assert reply.usage.cost_usd == Decimal("0.0002")


ENOUGH = {"input_tokens": 1000, "output_tokens": 200}
IMPLAUSIBLE: dict[str, object] = {
    "missing": None,
    "empty": {},
    "no object": [1, 2],
    "all zero": {"input_tokens": 0, "output_tokens": 0},
    "negative": {**ENOUGH, "output_tokens": -1},
    "negative where it is cached": {**ENOUGH, "cache_read_input_tokens": -1000},
    "a text": {**ENOUGH, "input_tokens": "1000"},
    "a fraction": {**ENOUGH, "input_tokens": 10.5},
    "more input than was sent": {**ENOUGH, "input_tokens": 10**9},
    "more output than was allowed": {**ENOUGH, "output_tokens": 501},
    "a number beyond all numbers": {**ENOUGH, "input_tokens": 10**400},
}


@pytest.mark.parametrize("usage", IMPLAUSIBLE.values(), ids=IMPLAUSIBLE)
def test_a_bill_that_cannot_be_true_costs_an_unknown_sum(usage: object) -> None:
    with serving(as_json(200, _message(usage=usage))) as server:
        reply = _ask(server)
    assert reply.usage == Usage(calls=1, cost_usd=None)
    assert reply.stop == "end"


def test_a_model_without_a_price_costs_an_unknown_sum() -> None:
    with serving(as_json(200, _message())) as server:
        client = AnthropicClient(
            "claude-of-tomorrow",
            api_key=KEY,
            price=None,
            can=capabilities_of("anthropic:claude-of-tomorrow"),
            stop=SetStop(),
            base_url=server.url,
        )
        assert client.ceiling(PROMPT).usd is None
        usage = client.ask(permit(), PROMPT, {}).usage
    assert usage == Usage(calls=1, input_tokens=1000, output_tokens=200, cost_usd=None)


FREE, UNKNOWN = Decimal(0), None
REFUSALS: dict[str, tuple[Answering, str, Decimal | None, Fault]] = {
    "400": (as_json(400, _error("invalid_request_error")), "400 invalid_request_error", FREE, Fault.REJECTED),
    "401, with the key in its text": (
        as_json(401, _error("authentication_error", f"bad key {KEY}")),
        "401 authentication_error",
        FREE,
        Fault.REJECTED,
    ),
    "402": (as_json(402, _error("billing_error")), "402 billing_error", FREE, Fault.SPENT),
    "403": (as_json(403, _error("permission_error")), "403 permission_error", FREE, Fault.REJECTED),
    "404": (as_json(404, _error("not_found_error")), "404 not_found_error", FREE, Fault.REJECTED),
    "408": (as_json(408, _error("timeout_error")), "408 timeout_error", FREE, Fault.DOWN),
    "409": (as_json(409, _error("conflict_error")), "409 conflict_error", FREE, Fault.CONFLICT),
    "413": (as_json(413, _error("request_too_large")), "413 request_too_large", FREE, Fault.TOO_LARGE),
    "429 with a wait": (
        as_json(429, _error("rate_limit_error"), retry_after="120"),
        "429 rate_limit_error, retry after 120 s",
        FREE,
        Fault.THROTTLED,
    ),
    "429 without one": (
        as_json(429, _error("rate_limit_error")),
        "429 rate_limit_error",
        FREE,
        Fault.THROTTLED,
    ),
    "429 with garbage for a wait": (
        as_json(429, _error("rate_limit_error"), retry_after=f"-1 {KEY}"),
        "429 rate_limit_error",
        FREE,
        Fault.THROTTLED,
    ),
    "429 at the spend limit": (
        as_json(429, _error("rate_limit_error", error_code="enforced_spend_limit_reached")),
        "429 rate_limit_error enforced_spend_limit_reached",
        FREE,
        Fault.SPENT,
    ),
    "429 that names its payment page": (
        as_json(429, _error("rate_limit_error", "Too quick: see /account/billing and your usage limits.")),
        "429 rate_limit_error",
        FREE,
        Fault.THROTTLED,
    ),
    "429 that tells the SDK to retry": (
        as_json(429, _error("rate_limit_error"), x_should_retry="true"),
        "429 rate_limit_error",
        FREE,
        Fault.THROTTLED,
    ),
    "529": (as_json(529, _error("overloaded_error")), "529 overloaded_error", FREE, Fault.DOWN),
    "500": (as_json(500, _error("api_error")), "500 api_error", UNKNOWN, Fault.DOWN),
    "504": (as_json(504, _error("timeout_error")), "504 timeout_error", UNKNOWN, Fault.DOWN),
    "502 in HTML": (
        raw(502, b"<html>Bad gateway</html>", content_type="text/html"),
        "502",
        UNKNOWN,
        Fault.DOWN,
    ),
    "an error whose type holds the key": (as_json(400, _error(f"{KEY}!")), "400", FREE, Fault.REJECTED),
    "a redirect": (raw(307, b"", location="/elsewhere"), "307", UNKNOWN, Fault.DOWN),
    "a redirect to another host": (raw(308, b"", location="http://127.0.0.1:9/"), "308", UNKNOWN, Fault.DOWN),
    "400 at the spend limit": (
        as_json(400, _error("invalid_request_error", "You have reached your specified API usage limits.")),
        "400 invalid_request_error",
        FREE,
        Fault.SPENT,
    ),
    "400 without credit": (
        as_json(400, _error("invalid_request_error", "Your credit balance is too low.")),
        "400 invalid_request_error",
        FREE,
        Fault.SPENT,
    ),
}


@pytest.mark.parametrize(("answer", "what", "usd", "fault"), REFUSALS.values(), ids=REFUSALS)
def test_a_refused_request_is_made_once_and_told(
    answer: Answering, what: str, usd: Decimal | None, fault: Fault
) -> None:
    with serving(answer) as server:
        reply = _ask(server)
    assert (reply.text, reply.stop, reply.fault) == ("", f"error: {what}", fault)
    assert reply.usage == Usage(calls=1, cost_usd=usd)


NO_MESSAGE = "the answer is no message of the Messages API"
GARBAGE: dict[str, tuple[Answering, str]] = {
    "HTML": (raw(200, b"<html>Log in</html>", content_type="text/html"), NO_MESSAGE),
    "JSON of another kind": (as_json(200, {"choices": []}), NO_MESSAGE),
    "a list": (as_json(200, [_message()]), NO_MESSAGE),
    "nothing": (raw(200, b""), NO_MESSAGE),
    "half a message": (raw(200, json.dumps(_message()).encode()[:-20]), NO_MESSAGE),
    "no UTF-8": (raw(200, b"\xff\xfe{}"), NO_MESSAGE),
    "a depth bomb": (raw(200, b"[" * 100_000), NO_MESSAGE),
    "an event stream": (raw(200, b"event: error\n\n", content_type="text/event-stream"), NO_MESSAGE),
    "two megabytes": (raw(200, b" " * 2_000_000), "the answer is longer than 1000000 bytes"),
    "two megabytes of error": (raw(500, b" " * 2_000_000), "the answer is longer than 1000000 bytes"),
    "a gzip bomb": (
        raw(200, gzip.compress(b" " * 50_000_000), content_encoding="gzip"),
        "the answer is compressed, which was not asked for",
    ),
}


@pytest.mark.parametrize(("answer", "what"), GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_answer_is_told_and_costs_an_unknown_sum(answer: Answering, what: str) -> None:
    with serving(answer) as server:
        reply = _ask(server)
    assert (reply.text, reply.stop) == ("", f"error: {what}")
    assert reply.fault is Fault.UNREADABLE
    assert reply.usage == Usage(calls=1, cost_usd=None)


def test_a_permit_is_spent_before_anything_is_sent() -> None:
    spent = permit()
    spent.spend()
    with serving(as_json(200, _message())) as server:
        with pytest.raises(PermitMisuseError):
            _client(server.url).ask(spent, PROMPT, {})
        assert server.requests == []

"""The Messages API over a real loopback connection: what is sent, what comes of each answer, and when.

Long, because the table of what a provider can answer is.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from contracts.budget import Usage
from contracts.permit import ModelPermit, PermitMisuseError
from contracts.ports import ModelReply, Prompt
from contracts.run import EngineId, RunRecord, RunRequest, RunState
from diagnosis.clients.anthropic import AnthropicClient
from diagnosis.clients.registry import client_for
from diagnosis.parse import reply_schema
from diagnosis.pricing import price_of

KEY = "sk-test-0123456789"
MODEL = "claude-haiku-5-5"
PRICE = price_of(f"anthropic:{MODEL}", date(2026, 11, 20))
PROMPT = Prompt(system="You diagnose.", user="why? " * 100, max_output_tokens=500, version="p")

Answering = Callable[[BaseHTTPRequestHandler], None]
"""Writes one whole HTTP response."""


class Server(ThreadingHTTPServer):
    """Answers every POST with `answer`, and keeps what it was sent."""

    daemon_threads = False  # closing waits for every connection's end
    address_family = socket.AF_INET

    def __init__(self, answer: Answering) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.gone = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append({"path": self.path, **json.loads(body)})
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        try:
            self.server.answer(self)
        except OSError:
            self.server.gone.set()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def serving(answer: Answering) -> Iterator[Server]:
    with Server(answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _raw(status: int, body: bytes, **headers: str) -> Answering:
    """A response in one send: two would meet the delayed ACK."""
    named = {"content-type": "application/json", "content-length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return lambda handler: _send(handler, f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body)


def _send(handler: BaseHTTPRequestHandler, data: bytes) -> None:
    handler.wfile.write(data)


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


def _json(status: int, body: object, **headers: str) -> Answering:
    return _raw(status, json.dumps(body).encode(), **headers)


def _error(kind: str, message: str = "no", **details: str) -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": message, "details": details or None}}


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


def _client(url: str, deadline_s: float = 20) -> AnthropicClient:
    return AnthropicClient(MODEL, api_key=KEY, price=PRICE, base_url=url, deadline_s=deadline_s)


def _ask(server: Server, deadline_s: float = 20) -> ModelReply:
    reply = _client(server.url, deadline_s).ask(_permit(), PROMPT, reply_schema())
    assert len(server.requests) == 1, "one ask is one request on the wire"
    assert KEY not in reply.model_dump_json()
    return reply


def test_a_good_answer_comes_back_with_its_text_and_its_bill() -> None:
    with serving(_json(200, _message())) as server:
        reply = _ask(server)
    assert (reply.text, reply.stop) == ('{"category": "auth"}', "end")
    assert reply.usage == Usage(calls=1, input_tokens=1000, output_tokens=200, cost_usd=Decimal("0.0002"))


def test_the_prompt_and_the_schema_are_sent_and_nothing_else() -> None:
    with serving(_json(200, _message())) as server:
        _ask(server)
    assert server.requests == [
        {
            "path": "/v1/messages",
            "model": MODEL,
            "max_tokens": 500,
            "system": PROMPT.system,
            "messages": [{"role": "user", "content": PROMPT.user}],
            "output_config": {"format": {"type": "json_schema", "schema": reply_schema()}},
        }
    ]
    assert KEY in " ".join(server.headers[0].values())
    assert server.headers[0]["accept-encoding"] == "identity"


def test_text_is_chosen_by_type_and_not_by_place() -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "s"}
    content = [thinking, {"type": "text", "text": '{"a":'}, {"type": "text", "text": " 1}"}]
    with serving(_json(200, _message(content=content))) as server:
        assert _ask(server).text == '{"a": 1}'


def test_cached_tokens_are_billed_as_such() -> None:
    usage = {
        "input_tokens": 100,
        "output_tokens": 10,
        "cache_read_input_tokens": 1000,
        "cache_creation_input_tokens": 1000,
    }
    with serving(_json(200, _message(usage=usage))) as server:
        found = _ask(server).usage
    assert (found.input_tokens, found.cached_tokens, found.output_tokens) == (1100, 1000, 10)
    assert found.cost_usd == Decimal("0.00015")  # 10 + 10 + 125 + 5 millionths


STOPS = {
    "end_turn": "end",
    "stop_sequence": "end",
    "max_tokens": "max_tokens",
    "refusal": "refusal",
    "pause_turn": "pause_turn",
    "model_context_window_exceeded": "model_context_window_exceeded",
    "tool_use": "error: stopped for an unknown reason, tool_use",
    "Sk-Secret!": "error: stopped for an unknown reason, unnamed",
}


@pytest.mark.parametrize(("reason", "stop"), STOPS.items(), ids=STOPS)
def test_a_stop_reason_is_told_and_the_call_is_paid_for(reason: str, stop: str) -> None:
    with serving(_json(200, _message(stop_reason=reason))) as server:
        reply = _ask(server)
    assert reply.stop == stop
    assert reply.usage.cost_usd == Decimal("0.0002")


WITHOUT_TEXT: dict[str, list[dict[str, str]]] = {
    "no content": [],
    "only thoughts": [{"type": "thinking", "thinking": "hm", "signature": "s"}],
}


@pytest.mark.parametrize("content", WITHOUT_TEXT.values(), ids=WITHOUT_TEXT)
def test_an_answer_without_text_is_empty_and_paid_for(content: list[dict[str, str]]) -> None:
    with serving(_json(200, _message(content=content))) as server:
        reply = _ask(server)
    assert (reply.text, reply.stop) == ("", "end")
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
    with serving(_json(200, _message(usage=usage))) as server:
        reply = _ask(server)
    assert reply.usage == Usage(calls=1, cost_usd=None)
    assert reply.stop == "end"


def test_a_model_without_a_price_costs_an_unknown_sum() -> None:
    with serving(_json(200, _message())) as server:
        client = AnthropicClient("claude-of-tomorrow", api_key=KEY, price=None, base_url=server.url)
        assert client.price_ceiling_usd(PROMPT) is None
        usage = client.ask(_permit(), PROMPT, {}).usage
    assert usage == Usage(calls=1, input_tokens=1000, output_tokens=200, cost_usd=None)


FREE, UNKNOWN = Decimal(0), None
REFUSALS: dict[str, tuple[Answering, str, Decimal | None]] = {
    "400": (_json(400, _error("invalid_request_error")), "400 invalid_request_error", FREE),
    "401, with the key in its text": (
        _json(401, _error("authentication_error", f"bad key {KEY}")),
        "401 authentication_error",
        FREE,
    ),
    "402": (_json(402, _error("billing_error")), "402 billing_error", FREE),
    "403": (_json(403, _error("permission_error")), "403 permission_error", FREE),
    "404": (_json(404, _error("not_found_error")), "404 not_found_error", FREE),
    "408": (_json(408, _error("timeout_error")), "408 timeout_error", FREE),
    "409": (_json(409, _error("conflict_error")), "409 conflict_error", FREE),
    "413": (_json(413, _error("request_too_large")), "413 request_too_large", FREE),
    "429 with a wait": (
        _json(429, _error("rate_limit_error"), retry_after="120"),
        "429 rate_limit_error, retry after 120 s",
        FREE,
    ),
    "429 without one": (_json(429, _error("rate_limit_error")), "429 rate_limit_error", FREE),
    "429 with garbage for a wait": (
        _json(429, _error("rate_limit_error"), retry_after=f"-1 {KEY}"),
        "429 rate_limit_error",
        FREE,
    ),
    "429 at the spend limit": (
        _json(429, _error("rate_limit_error", error_code="enforced_spend_limit_reached")),
        "429 rate_limit_error enforced_spend_limit_reached",
        FREE,
    ),
    "429 that tells the SDK to retry": (
        _json(429, _error("rate_limit_error"), x_should_retry="true"),
        "429 rate_limit_error",
        FREE,
    ),
    "529": (_json(529, _error("overloaded_error")), "529 overloaded_error", FREE),
    "500": (_json(500, _error("api_error")), "500 api_error", UNKNOWN),
    "504": (_json(504, _error("timeout_error")), "504 timeout_error", UNKNOWN),
    "502 in HTML": (_raw(502, b"<html>Bad gateway</html>", content_type="text/html"), "502", UNKNOWN),
    "an error whose type holds the key": (_json(400, _error(f"{KEY}!")), "400", FREE),
    "a redirect": (_raw(307, b"", location="/elsewhere"), "307", UNKNOWN),
    "a redirect to another host": (_raw(308, b"", location="http://127.0.0.1:9/"), "308", UNKNOWN),
}


@pytest.mark.parametrize(("answer", "what", "usd"), REFUSALS.values(), ids=REFUSALS)
def test_a_refused_request_is_made_once_and_told(answer: Answering, what: str, usd: Decimal | None) -> None:
    with serving(answer) as server:
        reply = _ask(server)
    assert reply == ModelReply(text="", stop=f"error: {what}", usage=Usage(calls=1, cost_usd=usd))


def _reset(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")
    handler.connection.shutdown(socket.SHUT_RDWR)


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


NO_MESSAGE = "the answer is no message of the Messages API"
GARBAGE: dict[str, tuple[Answering, str]] = {
    "HTML": (_raw(200, b"<html>Log in</html>", content_type="text/html"), NO_MESSAGE),
    "JSON of another kind": (_json(200, {"choices": []}), NO_MESSAGE),
    "a list": (_json(200, [_message()]), NO_MESSAGE),
    "nothing": (_raw(200, b""), NO_MESSAGE),
    "half a message": (_raw(200, json.dumps(_message()).encode()[:-20]), NO_MESSAGE),
    "no UTF-8": (_raw(200, b"\xff\xfe{}"), NO_MESSAGE),
    "a depth bomb": (_raw(200, b"[" * 100_000), NO_MESSAGE),
    "an event stream": (_raw(200, b"event: error\n\n", content_type="text/event-stream"), NO_MESSAGE),
    "two megabytes": (_raw(200, b" " * 2_000_000), "the answer is longer than 1000000 bytes"),
    "two megabytes of error": (_raw(500, b" " * 2_000_000), "the answer is longer than 1000000 bytes"),
    "a gzip bomb": (
        _raw(200, gzip.compress(b" " * 50_000_000), content_encoding="gzip"),
        "the answer is compressed, which was not asked for",
    ),
    "a body that breaks off": (_reset, "the connection broke"),
    "a connection that breaks off": (_hang_up, "the connection broke"),
}


@pytest.mark.parametrize(("answer", "what"), GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_answer_is_told_and_costs_an_unknown_sum(answer: Answering, what: str) -> None:
    with serving(answer) as server:
        reply = _ask(server)
    assert reply == ModelReply(text="", stop=f"error: {what}", usage=Usage(calls=1, cost_usd=None))


def test_a_provider_that_cannot_be_reached_costs_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        reply = _client(url).ask(_permit(), PROMPT, {})
    assert reply == ModelReply(
        text="", stop="error: cannot connect", usage=Usage(calls=1, cost_usd=Decimal(0))
    )


def _trickle(head: bytes) -> Answering:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        for _ in range(200):
            time.sleep(0.05)
            handler.wfile.write(b" ")

    return answer


def _silence(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    handler.rfile.read(1)  # until the other side gives up


SLOW: dict[str, Answering] = {
    "a body byte by byte": _trickle(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"),
    "an error's body byte by byte": _trickle(b"HTTP/1.1 500 X\r\ncontent-length: 1000\r\n\r\n"),
    "headers and then nothing": _silence,
    "nothing at all": lambda handler: _none(handler.rfile.read(1)),
}


def _none(_: bytes) -> None:
    pass


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_an_ask_ends_at_its_deadline_whatever_trickles_in(answer: Answering) -> None:
    with serving(answer) as server:
        started = time.monotonic()
        reply = _ask(server, deadline_s=1)
        took = time.monotonic() - started
    assert 0.5 < took < 2
    assert reply == ModelReply(text="", stop="error: no answer in time", usage=Usage(calls=1, cost_usd=None))


def test_a_connection_is_closed_soon_after_it_was_given_up() -> None:
    with serving(SLOW["a body byte by byte"]) as server:
        _ask(server, deadline_s=1)
        assert server.gone.wait(3)


def test_a_permit_is_spent_before_anything_is_sent() -> None:
    permit = _permit()
    permit.spend()
    with serving(_json(200, _message())) as server:
        with pytest.raises(PermitMisuseError):
            _client(server.url).ask(permit, PROMPT, {})
        assert server.requests == []


def test_the_registry_opens_it_with_key_base_url_and_price() -> None:
    with serving(_json(200, _message())) as server:
        environment = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": server.url}
        opened = client_for(f"anthropic:{MODEL}", environment=environment, today=date(2026, 11, 20))
        assert opened
        client = opened()
        assert client.model == f"anthropic:{MODEL}"
        assert client.price_ceiling_usd(PROMPT) == (PRICE and PRICE.ceiling_usd(PROMPT))
        assert client.ask(_permit(), PROMPT, {}).usage.cost_usd == Decimal("0.0002")

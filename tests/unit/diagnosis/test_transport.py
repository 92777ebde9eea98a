"""What every door to a model does alike, over real loopback connections: time, stops, breaks and bounds."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from datetime import date
from threading import Event
from typing import Any

import pytest

from contracts.budget import Usage
from contracts.model import Fault, ModelReply
from contracts.run import StopKind
from diagnosis.clients.registry import client_for
from diagnosis.clients.transport import retry_after_s, within
from diagnosis.reply import reply_schema
from tests.fakes.model_server import (
    PROMPT,
    SLOW,
    Answering,
    Server,
    as_json,
    closed_url,
    cut,
    hang_up,
    permit,
    raw,
    reset,
    serving,
)
from tests.fakes.planning import SetStop

SECRET = "sk-test-0123456789"
UNKNOWN = Usage(calls=1, cost_usd=None)
FREE = Usage(calls=1)
ANSWER = '{"category": "auth"}'


def ask_anthropic(url: str, time_left_s: float, stop: SetStop) -> ModelReply:
    return ask(
        "anthropic:claude-haiku-5-5",
        {"ANTHROPIC_API_KEY": SECRET, "ANTHROPIC_BASE_URL": url},
        time_left_s,
        stop,
    )


def ask_openai(url: str, time_left_s: float, stop: SetStop) -> ModelReply:
    return ask("openai:m", {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": url}, time_left_s, stop)


def ask_bedrock(url: str, time_left_s: float, stop: SetStop) -> ModelReply:
    environment = {
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
    }
    return ask("bedrock:eu.anthropic.claude-haiku-5-5", environment, time_left_s, stop)


def ask(model: str, environment: dict[str, str], time_left_s: float, stop: SetStop) -> ModelReply:
    opened = client_for(model, environment=environment, today=date(2026, 11, 20), stop=stop)
    assert opened
    reply = opened().ask(permit(time_left_s), PROMPT, reply_schema())
    assert SECRET not in reply.model_dump_json()
    return reply


Ask = Callable[[str, float, SetStop], ModelReply]
DOORS: dict[str, Ask] = {"anthropic": ask_anthropic, "openai": ask_openai, "bedrock": ask_bedrock}


@pytest.fixture(params=DOORS, scope="module")
def door(request: pytest.FixtureRequest) -> Ask:
    """A way to ask; one call before the tests, so that no test measures the import of an SDK."""
    found: Ask = DOORS[request.param]
    found(closed_url(), 20, SetStop())
    return found


def asked(door: Ask, server: Server, time_left_s: float = 20, stop: SetStop | None = None) -> ModelReply:
    reply = door(server.url, time_left_s, stop or SetStop())
    assert len(server.requests) == 1, "one ask is one request on the wire"
    return reply


# --- time and stops --------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_an_ask_ends_at_its_deadline_whatever_trickles_in(door: Ask, answer: Answering) -> None:
    with serving(answer) as server:
        started = time.monotonic()
        reply = asked(door, server, time_left_s=0.5)
        took = time.monotonic() - started
    assert 0.4 < took < 8
    assert (reply.stop, reply.fault, reply.usage) == ("error: no answer in time", Fault.DOWN, UNKNOWN)


def test_an_ask_ends_at_once_when_the_run_is_to_stop_and_its_connection_soon_after(door: Ask) -> None:
    stop = SetStop()
    with serving(SLOW["a body byte by byte"]) as server:

        def switch_off() -> None:
            while not server.requests:  # a stop before anything is sent is the next test's
                time.sleep(0.01)
            time.sleep(0.3)
            stop.kind = StopKind.KILL_SWITCH

        threading.Thread(target=switch_off, daemon=True).start()
        started = time.monotonic()
        reply = asked(door, server, stop=stop)
        assert 0.2 < time.monotonic() - started < 8
        assert server.gone.wait(8)
    assert (reply.stop, reply.fault, reply.usage) == ("error: stopped", Fault.STOPPED, UNKNOWN)


def test_nothing_is_sent_where_the_run_is_to_stop_already(door: Ask) -> None:
    stop = SetStop()
    stop.kind = StopKind.KILL_SWITCH
    with serving(as_json(200, {})) as server:
        reply = door(server.url, 20, stop)
        assert server.headers == []
    assert (reply.stop, reply.usage) == ("error: stopped", Usage())


# --- connections -----------------------------------------------------------------------------------

UNREACHABLE: dict[str, Callable[[str], str]] = {
    "refused": lambda url: closed_url(),
    "no such name": lambda url: "http://model.invalid",
    "no TLS": lambda url: url.replace("http:", "https:"),
}


@pytest.mark.parametrize("url_of", UNREACHABLE.values(), ids=UNREACHABLE)
def test_a_provider_that_cannot_be_reached_costs_nothing(door: Ask, url_of: Callable[[str], str]) -> None:
    with serving(as_json(200, {})) as server:
        reply = door(url_of(server.url), 20, SetStop())
        assert server.headers == []
    assert reply == ModelReply(text="", stop="error: cannot connect", usage=FREE, fault=Fault.DOWN)


BROKEN = {"reset in the body": cut, "closed in the body": reset, "closed before the answer": hang_up}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_connection_that_breaks_costs_an_unknown_sum(door: Ask, answer: Answering) -> None:
    with serving(answer) as server:
        reply = asked(door, server)
    assert reply == ModelReply(text="", stop="error: the connection broke", usage=UNKNOWN, fault=Fault.DOWN)


# --- bounds ----------------------------------------------------------------------------------------

NO_ANSWER: dict[str, Answering] = {
    "two megabytes": raw(200, b" " * 2_000_000),
    "two megabytes of error": raw(500, b" " * 2_000_000),
    "a gzip bomb": raw(200, gzip.compress(b" " * 50_000_000), content_encoding="gzip"),
    "a log-in page": raw(200, b"<html>Log in</html>", content_type="text/html"),
    "a depth bomb": raw(200, b"[" * 100_000),
    "no UTF-8": raw(200, b"\xff\xfe{}"),
    "an error in an event stream": raw(200, b"event: error\ndata: {}\n\n", content_type="text/event-stream"),
}


@pytest.mark.parametrize("answer", NO_ANSWER.values(), ids=NO_ANSWER)
def test_what_is_no_reply_of_the_api_is_told_as_that(door: Ask, answer: Answering) -> None:
    with serving(answer) as server:
        reply = asked(door, server)
    assert (reply.text, reply.fault, reply.usage) == ("", Fault.UNREADABLE, UNKNOWN)


@pytest.mark.parametrize(
    "body", [[], "x", 7, {"error": [], "message": 5, "__type": 7}, {"error": {"type": 1}}]
)
def test_an_error_of_any_shape_is_told_by_its_status(door: Ask, body: object) -> None:
    with serving(as_json(413, body)) as server:
        assert asked(door, server).fault is Fault.TOO_LARGE


def test_a_redirect_is_not_followed(door: Ask) -> None:
    with serving(as_json(200, {})) as other, serving(raw(307, b"{}", location=other.url)) as server:
        assert asked(door, server).fault is Fault.DOWN
        assert other.headers == []


NOT_THE_SCHEMA: dict[str, object] = {
    "another object": {"answer": 42},
    "an unknown category": {"category": "gremlins"},
    "numbers as texts": {"confidence": "0.9"},
    "more than was asked for": {"category": "auth", "shell": "rm -rf /"},
}


@pytest.mark.parametrize("said", NOT_THE_SCHEMA.values(), ids=NOT_THE_SCHEMA)
def test_an_answer_of_another_shape_is_handed_on_as_it_is_for_others_to_judge(said: object) -> None:
    text = json.dumps(said)
    bodies: dict[Ask, dict[str, Any]] = {
        ask_anthropic: {
            "type": "message",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
        },
        ask_openai: {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]},
        ask_bedrock: {
            "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
            "stopReason": "end_turn",
        },
    }
    for way, body in bodies.items():
        with serving(as_json(200, body)) as server:
            reply = asked(way, server)
        assert (reply.text, reply.fault, reply.usage) == (text, None, UNKNOWN)


# --- waits -----------------------------------------------------------------------------------------

DATES = {"date": "Fri, 20 Nov 2026 10:00:00 GMT", "retry-after": "Fri, 20 Nov 2026 10:02:00 GMT"}
WAITS: dict[str, tuple[dict[str, str], float | None]] = {
    "seconds": ({"retry-after": "120"}, 120),
    "a fraction": ({"retry-after": "1.5"}, 1.5),
    "milliseconds": ({"retry-after-ms": "1500"}, 1.5),
    "milliseconds beside seconds": ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
    "garbage beside seconds": ({"retry-after-ms": "soon", "retry-after": "2"}, 2),
    "a date": (DATES, 120),
    "a date that is over": ({**DATES, "retry-after": "Fri, 20 Nov 2026 09:00:00 GMT"}, 0),
    "a date far off": ({**DATES, "retry-after": "Fri, 20 Nov 2099 09:00:00 GMT"}, 86_400),
    "a date without the provider's own": ({"retry-after": DATES["retry-after"]}, None),
    "a date with a zone and one without": ({**DATES, "date": "Fri, 20 Nov 2026 10:00:00"}, None),
    "more than a day": ({"retry-after": "9999999"}, 86_400),
    "nothing": ({}, None),
    "less than nothing": ({"retry-after": "-5"}, None),
    "garbage": ({"retry-after": "soon"}, None),
    "no number": ({"retry-after": "nan"}, None),
    "digits of another script": ({"retry-after": "١٢"}, None),
    "a number beyond all numbers": ({"retry-after": "9" * 400}, None),
}


@pytest.mark.parametrize(("headers", "seconds"), WAITS.values(), ids=WAITS)
def test_a_wait_is_read_in_every_form_it_comes_in(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds


@pytest.mark.parametrize(("header", "seconds"), [("1", 1), ("120", 120), (None, None), ("-1 x", None)])
def test_a_throttled_ask_says_how_long_to_wait(door: Ask, header: str | None, seconds: float | None) -> None:
    headers = {} if header is None else {"retry_after": header}
    with serving(as_json(429, {}, x_amzn_errortype="ThrottlingException", **headers)) as server:
        reply = asked(door, server)
    assert (reply.fault, reply.retry_after_s, reply.usage) == (Fault.THROTTLED, seconds, FREE)


# --- the thread ------------------------------------------------------------------------------------


def test_a_bug_in_an_exchange_is_raised_where_it_can_be_seen() -> None:
    def broken(given_up: Event) -> ModelReply:
        raise FutureTimeoutError

    with pytest.raises(FutureTimeoutError):
        within(20, SetStop(), broken)


def test_an_answer_that_comes_as_the_wait_ends_is_not_lost() -> None:
    answer = ModelReply(text=ANSWER, stop="end", usage=FREE)

    def late(given_up: Event) -> ModelReply:
        time.sleep(0.2)  # as long as one look at the stop
        return answer

    assert [within(5, SetStop(), late) for _ in range(3)] == [answer] * 3

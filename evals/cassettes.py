"""Recorded model replies: a server on loopback between planner's own clients and their providers.

Decides whether a request goes on to its provider and is recorded, or is
answered from what was. The clients are planner's own: they learn of the server
from the environment. What is kept of a reply, and what of a request is chance,
is decided in `evals.replies`. No header of a request is kept, so no key is.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple, Self

import httpx2

from contracts.errors import SettingsError
from diagnosis.clients.registry import client_for, provider_of
from diagnosis.clients.transport import guard
from diagnosis.prompt import prompt_version
from evals.replies import Body, Question, Recording, body_of, keep, question_of, recordings_of
from planner.signals import StopRequest
from subagents.clock import SystemClock, Wake

_CLOCK = SystemClock()
_FORWARD_S = 60.0
"""What a client waits at most."""
_IDLE_S = 10.0
"""Of a connection to this server on which nothing comes."""
_KEPT = ("content-type", "retry-after")
_PASSED_BACK = (*_KEPT, "retry-after-ms", "date")
"""What the clients read of a reply."""
_OF_ONE_CONNECTION = frozenset({"host", "connection", "content-length", "transfer-encoding", "expect"})
_SHORTEST_KEY = 16
"""A shorter one is a dummy of a local server, and may be an ordinary word."""
_DUMMY = "no-key-is-needed-for-recorded-replies"
"""Long enough to occur in no prompt: planner takes the values of its keys out of them."""
_HERE = "127.0.0.1"


class Mode(StrEnum):
    """What becomes of a request."""

    OFF = "off"
    """It goes straight to the provider."""
    RECORD = "record"
    """It goes to the provider, and a good reply is kept, over an earlier one."""
    REPLAY = "replay"
    """It is answered from what was kept, or not at all."""


class _Api(NamedTuple):
    """One provider's: where planner looks its URL and key up, and what it asks of it."""

    url_name: str
    key_name: str
    url: str
    path: str


_APIS = {
    "anthropic": _Api("ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "https://api.anthropic.com", "/v1/messages"),
    "openai": _Api("OPENAI_BASE_URL", "OPENAI_API_KEY", "https://api.openai.com/v1", "/chat/completions"),
}


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Cassettes:
    """The recorded replies of one folder, served while it is entered.

    `environment` is where the real base URLs and keys are looked up. Entering
    raises `SettingsError` where a recording cannot be read.
    """

    def __init__(self, folder: Path, mode: Mode, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._mode = mode
        self._real = environment
        self._recordings: dict[tuple[str, str], Recording] = {}
        self._guard = threading.Lock()
        self._played: Counter[str] = Counter()
        self._stale: Counter[str] = Counter()
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        if self._mode is Mode.REPLAY:
            self._recordings = recordings_of(self._folder)
        if self._mode is not Mode.OFF:
            self._server = _Server(self)
            threading.Thread(target=self._server.serve_forever, args=(0.05,), name="cassettes").start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()  # waits for what is under way: it is paid for

    def environment(self, model: str) -> dict[str, str]:
        """What to put over planner's environment so that it asks `PROVIDER:ID` here.

        Raises `SettingsError` where that cannot be done, and `ModelSetupError`
        where a model to be recorded could not be asked.
        """
        provider = provider_of(model)
        if self._mode is Mode.OFF:
            return {}
        if provider == "bedrock":
            raise SettingsError(
                f"replies of {model} cannot be recorded: its requests are signed for their host",
                remedy="use --cassettes off, or the same model of another provider",
            )
        if provider not in _APIS:
            return {}
        if self._server is None:
            raise RuntimeError("not entered: planner would ask the provider itself")
        self._check_proxies()
        api, here = _APIS[provider], f"http://{_HERE}:{self._server.server_port}/{provider}"
        if self._mode is Mode.REPLAY:
            return {api.url_name: here, **({} if self._real.get(api.key_name) else {api.key_name: _DUMMY})}
        stop = StopRequest(_CLOCK, Wake(), lambda _: None)
        client_for(model, environment=self._real, today=_CLOCK.now().date(), stop=stop)
        return {api.url_name: here}

    def stale(self, model: str) -> int:
        """How many requests so far no reply is recorded for."""
        return self._stale[model]

    def played(self, model: str) -> int:
        """How many requests so far were answered from what is recorded."""
        return self._played[model]

    def answer(self, path: str, headers: Mapping[str, str], raw: bytes) -> _Answer:
        """The answer to one request; called by the server, from any thread."""
        provider = next((name for name, api in _APIS.items() if path == f"/{name}{api.path}"), None)
        body = body_of(raw)
        if provider is None or body is None:
            return _error(HTTPStatus.BAD_REQUEST, "not_recordable", "neither a message nor a chat completion")
        model, question = f"{provider}:{body.get('model')}", question_of(body)
        if self._mode is Mode.REPLAY:
            return self._replayed(model, question)
        answer = self._forwarded(_APIS[provider], headers, raw)
        if answer.status == HTTPStatus.OK and (reply := body_of(answer.body)) is not None:
            self._keep(model, question, answer, reply, headers)
        return answer

    def _replayed(self, model: str, question: Question) -> _Answer:
        recording = self._recordings.get((model, question.key))
        with self._guard:
            (self._stale if recording is None else self._played)[model] += 1
        if recording is None:
            said = (
                f"no reply is recorded for this prompt (key {question.key}): "
                "the prompt or its parameters changed; record anew with --cassettes record"
            )
            return _error(HTTPStatus.NOT_FOUND, "no_recorded_reply", said)
        body = json.dumps(question.restored(recording.body)).encode()
        return _Answer(recording.status, recording.headers, body)

    def _forwarded(self, api: _Api, headers: Mapping[str, str], raw: bytes) -> _Answer:
        url = f"{(self._real.get(api.url_name) or api.url).rstrip('/')}{api.path}"
        passed = {name: value for name, value in headers.items() if name not in _OF_ONE_CONNECTION}
        hooks = {"response": [guard(threading.Event(), _UnreadableError)]}
        try:
            with httpx2.Client(timeout=_FORWARD_S, follow_redirects=False, event_hooks=hooks) as http:
                reply = http.post(url, content=raw, headers=passed)
        except httpx2.TimeoutException:
            return _error(HTTPStatus.GATEWAY_TIMEOUT, "no_answer_in_time", "the provider did not answer")
        except (httpx2.TransportError, _UnreadableError) as error:
            return _error(HTTPStatus.BAD_GATEWAY, "provider_unreachable", type(error).__name__)
        named = {name: reply.headers[name] for name in _PASSED_BACK if name in reply.headers}
        return _Answer(reply.status_code, named, reply.content)

    def _keep(
        self, model: str, question: Question, answer: _Answer, reply: Body, sent: Mapping[str, str]
    ) -> None:
        recording = Recording(
            model=model,
            key=question.key,
            prompt_version=prompt_version(),
            recorded_at=_CLOCK.now(),
            request=question.request,
            status=200,
            headers={name: value for name, value in answer.headers.items() if name in _KEPT},
            body=question.levelled(reply),
        )
        keys = [sent.get(name, "").removeprefix("Bearer ") for name in ("authorization", "x-api-key")]
        keep(self._folder, recording, [key for key in keys if len(key) >= _SHORTEST_KEY])

    def _check_proxies(self) -> None:
        """A client would send what is meant for this server, key and all, to the proxy."""
        proxies = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
        spared = self._real.get("no_proxy", self._real.get("NO_PROXY", "")).replace(" ", "").split(",")
        if any(self._real.get(name) for name in proxies) and not {_HERE, "*"}.intersection(spared):
            raise SettingsError(f"a proxy is set for {_HERE} too", remedy=f"add {_HERE} to NO_PROXY")


class _UnreadableError(Exception):
    """The reply is too long, or compressed."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, cassettes: Cassettes) -> None:
        super().__init__((_HERE, 0), _Handler)
        self.cassettes = cassettes

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing where the client went away; else what went wrong, on stderr."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _IDLE_S
    wbufsize = -1  # in one piece: a second one would wait for the first one's acknowledgement

    def do_POST(self) -> None:
        """Answer one request."""
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        sent = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.cassettes.answer(self.path, sent, raw)
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: what was asked is no news."""


def _error(status: HTTPStatus, kind: str, message: str) -> _Answer:
    """An error in a form that both providers' clients read: they repeat its `kind`, never its message."""
    said = {"type": "error", "error": {"type": kind, "message": message}}
    return _Answer(status, {"content-type": "application/json"}, json.dumps(said).encode())

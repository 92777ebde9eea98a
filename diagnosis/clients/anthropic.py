"""Anthropic's Messages API: one ask is one HTTP request, and ends at its deadline.

The only file that imports the vendor's SDK, so importing this module is what
costs. Retries, money and what to make of an answer are decided elsewhere;
here is decided what a reply says of how it ended and what it cost.

The SDK's timeout is one of each read, so a body that trickles in never meets
it: the request runs in a thread, and the caller waits no longer than the
deadline. The thread sees that it was given up at its next byte, or when its
read times out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextvars import copy_context
from decimal import Decimal
from functools import partial
from threading import Event, Thread
from typing import Literal, cast

import anthropic
import httpx2
from pydantic import BaseModel, Field, JsonValue, ValidationError

from contracts.budget import Usage
from contracts.permit import ModelPermit
from contracts.ports import ModelReply, Prompt
from diagnosis.pricing import Price, Tokens, most_input_tokens

_MOST_BODY_BYTES = 1_000_000
_WORD = re.compile(r"[a-z][a-z0-9_]{0,59}")
_OVERLOADED = 529
_STOPS = {
    "end_turn": "end",
    "stop_sequence": "end",
    "max_tokens": "max_tokens",
    "refusal": "refusal",
    "pause_turn": "pause_turn",
    "model_context_window_exceeded": "model_context_window_exceeded",
}
_FREE = Usage(calls=1, cost_usd=Decimal(0))
"""A request that was turned away before a model saw it."""
_UNKNOWN = Usage(calls=1, cost_usd=None)
"""A request of which nobody can tell what it cost: its reservation stays spent."""


class AnthropicClient:
    """The port `ModelClient` for `anthropic:ID`.

    `price` None: unknown. `base_url` None: the vendor's own. `deadline_s` is the
    wall-clock time of one ask, name look-up and connecting included.
    """

    def __init__(
        self,
        model_id: str,
        *,
        api_key: str,
        price: Price | None,
        base_url: str | None = None,
        deadline_s: float = 60,
    ) -> None:
        self._id = model_id
        self._api_key = api_key
        self._price = price
        self._base_url = base_url
        self._deadline_s = deadline_s

    @property
    def model(self) -> str:
        """`anthropic:ID`."""
        return f"anthropic:{self._id}"

    def price_ceiling_usd(self, prompt: Prompt) -> Decimal | None:
        """The most one call with this prompt can cost; None where the price is unknown."""
        return self._price.ceiling_usd(prompt) if self._price else None

    def ask(self, permit: ModelPermit, prompt: Prompt, schema: Mapping[str, object]) -> ModelReply:
        """Spend the permit, send the prompt once, and return the reply with its usage."""
        permit.spend()
        reply: Future[ModelReply] = Future()
        given_up = Event()

        def work() -> None:
            try:
                reply.set_result(self._exchange(prompt, schema, given_up))
            except BaseException as bug:  # noqa: BLE001 - raised again by the caller's thread
                reply.set_exception(bug)

        # The context goes along, so that the SDK's trace span finds its parent.
        Thread(target=copy_context().run, args=(work,), name="model-call", daemon=True).start()
        try:
            return reply.result(self._deadline_s)
        except TimeoutError:
            return _error("no answer in time", _UNKNOWN)
        finally:
            given_up.set()

    def _exchange(self, prompt: Prompt, schema: Mapping[str, object], given_up: Event) -> ModelReply:
        http = anthropic.DefaultHttpxClient(
            timeout=self._deadline_s,
            follow_redirects=False,  # a redirect would be a second request
            event_hooks={"response": [partial(_guard, given_up)]},
        )
        with anthropic.Anthropic(
            api_key=self._api_key, base_url=self._base_url, http_client=http, max_retries=0
        ) as client:
            try:
                response = client.messages.with_raw_response.create(
                    model=self._id,
                    max_tokens=prompt.max_output_tokens,
                    system=prompt.system,
                    messages=[{"role": "user", "content": prompt.user}],
                    output_config={"format": {"type": "json_schema", "schema": dict(schema)}},
                    extra_headers={"accept-encoding": "identity"},
                )
            except anthropic.APIStatusError as error:
                return _refused(error)
            except anthropic.APIConnectionError as error:
                return _disconnected(error)
            except _UnreadableError as error:
                return _error(str(error), _UNKNOWN)
            return self._reply(prompt, response.http_response.content)

    def _reply(self, prompt: Prompt, body: bytes) -> ModelReply:
        try:
            message = _Message.model_validate_json(body)
        except ValidationError:
            return _error("the answer is no message of the Messages API", _UNKNOWN)
        usage = self._usage(prompt, message.usage)
        stop = _STOPS.get(message.stop_reason or "")
        if stop is None:
            return _error(f"stopped for an unknown reason, {_word(message.stop_reason)}", usage)
        text = "".join(block.text for block in message.content if block.type == "text")
        return ModelReply(text=text, stop=stop, usage=usage)

    def _usage(self, prompt: Prompt, reported: JsonValue) -> Usage:
        """What the provider reports, or an unknown cost where that cannot be true."""
        try:
            found = _Usage.model_validate(reported)
        except ValidationError:
            return _UNKNOWN
        tokens = Tokens(
            input=found.input_tokens,
            cached=found.cache_read_input_tokens or 0,
            cache_write=found.cache_creation_input_tokens or 0,
            output=found.output_tokens,
        )
        plausible = 0 < tokens.prompt <= most_input_tokens(prompt)
        if not plausible or tokens.output > prompt.max_output_tokens:
            return _UNKNOWN
        return Usage(
            calls=1,
            input_tokens=tokens.input + tokens.cache_write,
            cached_tokens=tokens.cached,
            output_tokens=tokens.output,
            cost_usd=self._price.cost_usd(tokens) if self._price else None,
        )


class _Block(BaseModel):
    type: str
    text: str = ""


class _Usage(BaseModel, strict=True):
    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)
    cache_read_input_tokens: int | None = Field(default=None, ge=0)
    cache_creation_input_tokens: int | None = Field(default=None, ge=0)


class _Message(BaseModel):
    """As much of a message (API version 2026-10-21) as is looked at; what else there is, is let be."""

    type: Literal["message"]
    content: list[_Block]
    stop_reason: str | None = None
    usage: JsonValue = None


class _UnreadableError(anthropic.AnthropicError):
    """The body is too long, compressed, or no longer wanted. An SDK's error, so that the SDK lets it pass."""


class _Capped(httpx2.SyncByteStream):
    """A body that ends early where it is too long, or where nobody waits for it any more."""

    def __init__(self, body: httpx2.SyncByteStream, given_up: Event) -> None:
        self._body = body
        self._given_up = given_up

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._body:
            size += len(chunk)
            if size > _MOST_BODY_BYTES:
                raise _UnreadableError(f"the answer is longer than {_MOST_BODY_BYTES} bytes")
            if self._given_up.is_set():
                raise _UnreadableError("nobody waits for the answer any more")
            yield chunk

    def close(self) -> None:
        self._body.close()


def _guard(given_up: Event, response: httpx2.Response) -> None:
    """Bound what is read, of an error's body too; a compressed one has no bound, and was not asked for."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise _UnreadableError("the answer is compressed, which was not asked for")
    response.stream = _Capped(cast("httpx2.SyncByteStream", response.stream), given_up)


def _refused(error: anthropic.APIStatusError) -> ModelReply:
    words = [str(error.status_code), _word(error.type, ""), _word(error.error_code, "")]
    what = " ".join(filter(None, words))
    wait = error.response.headers.get("retry-after", "")
    if re.fullmatch(r"\d{1,6}", wait):
        what += f", retry after {wait} s"
    free = 400 <= error.status_code < 500 or error.status_code == _OVERLOADED  # noqa: PLR2004 - HTTP's own
    return _error(what, _FREE if free else _UNKNOWN)


def _disconnected(error: anthropic.APIConnectionError) -> ModelReply:
    if isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout):
        return _error("cannot connect", _FREE)
    if isinstance(error, anthropic.APITimeoutError):
        return _error("no answer in time", _UNKNOWN)
    return _error("the connection broke", _UNKNOWN)


def _word(value: object, default: str = "unnamed") -> str:
    """A name from the wire where it looks like one; anything else could hold a secret."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else default


def _error(what: str, usage: Usage) -> ModelReply:
    return ModelReply(text="", stop=f"error: {what}", usage=usage)

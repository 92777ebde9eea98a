"""Anthropic's Messages API: one ask is one HTTP request, and ends at its deadline.

The only file that imports the vendor's SDK, so importing this module is what
costs. Decides what a reply says of how it ended and what it cost. Retries,
money and what to make of an answer are decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from typing import Any, Literal

import anthropic
import httpx2
from pydantic import BaseModel, Field, JsonValue, ValidationError

from contracts.model import Fault, ModelReply, Prompt
from contracts.ports import Stop
from diagnosis.clients.capabilities import Capabilities, with_schema
from diagnosis.clients.transport import (
    FREE,
    NOT_SENT,
    UNKNOWN,
    Door,
    answered,
    billed,
    failed,
    guard,
    refused,
    word,
)
from diagnosis.pricing import Price, Tokens

_STOPS = {
    "max_tokens": Fault.CUT_OFF,
    "model_context_window_exceeded": Fault.CUT_OFF,
    "pause_turn": Fault.CUT_OFF,
    "refusal": Fault.REFUSED,
}
_ENDS = frozenset({"end_turn", "stop_sequence"})


class AnthropicClient(Door):
    """The port `ModelClient` for `anthropic:ID`.

    `price` None: unknown. `base_url` None: the vendor's own. `deadline_s` is the
    wall-clock time of one ask; `stop` ends it early.
    """

    def __init__(
        self,
        model_id: str,
        *,
        api_key: str,
        price: Price | None,
        can: Capabilities,
        stop: Stop,
        base_url: str | None = None,
        deadline_s: float = 60,
    ) -> None:
        super().__init__(f"anthropic:{model_id}", price=price, can=can, stop=stop, deadline_s=deadline_s)
        self._id = model_id
        self._api_key = api_key
        self._base_url = base_url

    def _exchange(
        self, prompt: Prompt, schema: Mapping[str, object], deadline_s: float, given_up: Event
    ) -> ModelReply:
        http = anthropic.DefaultHttpxClient(
            timeout=deadline_s,
            follow_redirects=False,  # a redirect would be a second request
            event_hooks={"response": [guard(given_up, _UnreadableError)]},
        )
        with anthropic.Anthropic(
            api_key=self._api_key, base_url=self._base_url, http_client=http, max_retries=0
        ) as client:
            if given_up.is_set():
                return failed("nobody waits for the answer any more", Fault.DOWN, NOT_SENT)
            try:
                response = client.messages.with_raw_response.create(**self._request(prompt, schema))
            except anthropic.APIStatusError as error:
                words: list[object] = [error.type, error.error_code]
                return refused(error.status_code, words, error.message, error.response.headers)
            except anthropic.APIConnectionError as error:
                return _disconnected(error)
            except _UnreadableError as error:
                return failed(str(error), Fault.UNREADABLE, UNKNOWN)
            return self._reply(prompt, response.http_response.content)

    def _request(self, prompt: Prompt, schema: Mapping[str, object]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._id,
            "max_tokens": self._can.output_tokens(prompt),
            "system": prompt.system,
            "messages": [{"role": "user", "content": prompt.user}],
            "extra_headers": {"accept-encoding": "identity"},
        }
        if self._can.native_schema:
            request["output_config"] = {"format": {"type": "json_schema", "schema": dict(schema)}}
        else:
            request["system"] = with_schema(prompt.system, schema)
        if self._can.can_disable_thinking:
            request["thinking"] = {"type": self._can.thinking_off}
        return request

    def _reply(self, prompt: Prompt, body: bytes) -> ModelReply:
        try:
            message = _Message.model_validate_json(body)
        except ValidationError:
            return failed("the answer is no message of the Messages API", Fault.UNREADABLE, UNKNOWN)
        usage = billed(_tokens(message.usage), prompt, self._price)
        text = "".join(block.text for block in message.content if block.type == "text")
        stop = message.stop_reason or ""
        if stop in _ENDS:
            return answered(text, usage)
        if (fault := _STOPS.get(stop)) is not None:
            return ModelReply(text=text, stop=stop, usage=usage, fault=fault)
        return failed(f"stopped for an unknown reason, {word(stop)}", Fault.UNREADABLE, usage)


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


def _tokens(reported: JsonValue) -> Tokens | None:
    try:
        found = _Usage.model_validate(reported)
    except ValidationError:
        return None
    return Tokens(
        input=found.input_tokens,
        cached=found.cache_read_input_tokens or 0,
        cache_write=found.cache_creation_input_tokens or 0,
        output=found.output_tokens,
    )


def _disconnected(error: anthropic.APIConnectionError) -> ModelReply:
    if isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout):
        return failed("cannot connect", Fault.DOWN, FREE)
    if isinstance(error, anthropic.APITimeoutError):
        return failed("no answer in time", Fault.DOWN, UNKNOWN)
    return failed("the connection broke", Fault.DOWN, UNKNOWN)

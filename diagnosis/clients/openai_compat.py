"""Any server that speaks OpenAI's chat completions: OpenAI, Ollama, vLLM, Mistral and others.

Plain HTTP and no SDK: one ask is one request, and ends at its deadline. Decides
what a reply says of how it ended and what it cost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from threading import Event
from typing import Any

import httpx2
from pydantic import BaseModel, Field, JsonValue, ValidationError

from contracts.model import Fault, ModelReply, Prompt
from contracts.ports import Stop
from diagnosis.clients.capabilities import Capabilities, with_schema
from diagnosis.clients.transport import (
    FREE,
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

_STOPS = {"length": ("max_tokens", Fault.CUT_OFF), "content_filter": ("refusal", Fault.REFUSED)}
_SUCCESS = 200


class OpenAICompatClient(Door):
    """The port `ModelClient` for `openai:ID`.

    `base_url` ends before `/chat/completions`; `api_key` None: the server wants
    none. `price` None: unknown. `deadline_s` is the wall-clock time of one ask;
    `stop` ends it early.
    """

    def __init__(
        self,
        model_id: str,
        *,
        base_url: str,
        api_key: str | None,
        price: Price | None,
        can: Capabilities,
        stop: Stop,
        deadline_s: float = 60,
    ) -> None:
        super().__init__(f"openai:{model_id}", price=price, can=can, stop=stop, deadline_s=deadline_s)
        self._id = model_id
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._api_key = api_key

    def _exchange(
        self, prompt: Prompt, schema: Mapping[str, object], deadline_s: float, given_up: Event
    ) -> ModelReply:
        headers = {"accept-encoding": "identity", "content-type": "application/json"}
        if self._api_key:
            headers["authorization"] = f"Bearer {self._api_key}"
        hooks = {"response": [guard(given_up, _UnreadableError)]}
        with httpx2.Client(
            timeout=deadline_s, follow_redirects=False, event_hooks=hooks, headers=headers
        ) as http:
            try:
                response = http.post(self._url, content=json.dumps(self._request(prompt, schema)))
            except _UnreadableError as error:
                return failed(str(error), Fault.UNREADABLE, UNKNOWN)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                return failed("cannot connect", Fault.DOWN, FREE)
            except httpx2.TimeoutException:
                return failed("no answer in time", Fault.DOWN, UNKNOWN)
            except httpx2.TransportError:
                return failed("the connection broke", Fault.DOWN, UNKNOWN)
        if response.status_code != _SUCCESS:
            return _refused(response)
        return self._reply(prompt, response.content)

    def _request(self, prompt: Prompt, schema: Mapping[str, object]) -> dict[str, Any]:
        system, form = with_schema(prompt.system, schema), None
        if self._can.native_schema:
            system = prompt.system
            form = {"type": "json_schema", "json_schema": {"name": "diagnosis", "schema": dict(schema)}}
        request: dict[str, Any] = {
            "model": self._id,
            self._can.max_tokens_name: self._can.output_tokens(prompt),
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": prompt.user}],
        }
        if form is not None:
            request["response_format"] = form
        if self._can.can_disable_thinking:
            request["reasoning_effort"] = self._can.thinking_off
        return request

    def _reply(self, prompt: Prompt, body: bytes) -> ModelReply:
        try:
            completion = _Completion.model_validate_json(body)
        except ValidationError:
            return failed("the answer is no chat completion", Fault.UNREADABLE, UNKNOWN)
        usage = billed(_tokens(completion.usage), prompt, self._price)
        choice = completion.choices[0]
        if choice.message.refusal:
            return ModelReply(text="", stop="refusal", usage=usage, fault=Fault.REFUSED)
        text, reason = choice.message.content or "", choice.finish_reason or ""
        if reason == "stop":
            return answered(text, usage)
        if reason in _STOPS:
            stop, fault = _STOPS[reason]
            return ModelReply(text=text, stop=stop, usage=usage, fault=fault)
        return failed(f"stopped for an unknown reason, {word(reason)}", Fault.UNREADABLE, usage)


class _Said(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Said
    finish_reason: str | None = None


class _Completion(BaseModel):
    """As much of a chat completion as is looked at; what else there is, is let be."""

    choices: list[_Choice] = Field(min_length=1)
    usage: JsonValue = None


class _Details(BaseModel, strict=True):
    cached_tokens: int | None = Field(default=None, ge=0)


class _Usage(BaseModel, strict=True):
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    prompt_tokens_details: _Details | None = None


class _UnreadableError(Exception):
    """The body is too long, compressed, or no longer wanted."""


def _tokens(reported: JsonValue) -> Tokens | None:
    """Cached tokens are part of `prompt_tokens` here: a report where they are more cannot be true."""
    try:
        found = _Usage.model_validate(reported)
    except ValidationError:
        return None
    cached = (found.prompt_tokens_details and found.prompt_tokens_details.cached_tokens) or 0
    return Tokens(input=found.prompt_tokens - cached, cached=cached, output=found.completion_tokens)


def _refused(response: httpx2.Response) -> ModelReply:
    try:
        said = json.loads(response.content)
    except (ValueError, RecursionError):
        said = None
    error = said.get("error") if isinstance(said, dict) else None
    error = error if isinstance(error, dict) else {}
    kind, code = error.get("type"), error.get("code")
    words = [kind] if kind == code else [kind, code]  # some say the same twice
    return refused(response.status_code, words, str(error.get("message", "")), response.headers)

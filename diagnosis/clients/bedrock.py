"""Amazon Bedrock's Converse API: one ask is one HTTP request, and ends at its deadline.

Decides what is asked, and what a reply says of how it ended and what it cost.
Credentials, the connection and AWS's errors are `diagnosis.clients.aws`'s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from threading import Event
from typing import Any

from contracts.model import Fault, ModelReply, Prompt
from contracts.ports import Stop
from diagnosis.clients.aws import ERRORS, Account
from diagnosis.clients.capabilities import Capabilities, with_schema
from diagnosis.clients.transport import FREE, NOT_SENT, Door, answered, billed, failed, word
from diagnosis.pricing import Price, Tokens

_TOOL = "diagnosis"
_STOPS = {
    "max_tokens": ("max_tokens", Fault.CUT_OFF),
    "model_context_window_exceeded": ("model_context_window_exceeded", Fault.CUT_OFF),
    "guardrail_intervened": ("refusal", Fault.REFUSED),
    "content_filtered": ("refusal", Fault.REFUSED),
    "malformed_model_output": ("malformed_model_output", Fault.UNREADABLE),
    "malformed_tool_use": ("malformed_tool_use", Fault.UNREADABLE),
}
_ENDS = frozenset({"end_turn", "stop_sequence", "tool_use"})


class BedrockClient(Door):
    """The port `ModelClient` for `bedrock:ID`, where ID is a model's id or an inference profile's ARN.

    `environment` holds AWS's own variable names, and `PLANNER_BEDROCK_ROLE_ARN`
    where a role is to be assumed first. `deadline_s` is the wall-clock time of one
    ask, assuming the role included; `stop` ends it early.
    """

    def __init__(
        self,
        model_id: str,
        *,
        region: str,
        environment: Mapping[str, str],
        price: Price | None,
        can: Capabilities,
        stop: Stop,
        deadline_s: float = 60,
    ) -> None:
        super().__init__(f"bedrock:{model_id}", price=price, can=can, stop=stop, deadline_s=deadline_s)
        self._id = model_id
        self._region = region
        self._environment = environment

    def _exchange(
        self, prompt: Prompt, schema: Mapping[str, object], deadline_s: float, given_up: Event
    ) -> ModelReply:
        account = Account(self._environment, region=self._region, deadline_s=deadline_s, given_up=given_up)
        try:
            client = account.runtime()
        except ERRORS as error:  # no model has seen the prompt yet
            return account.failure(error).model_copy(update={"usage": FREE})
        with closing(client):
            if given_up.is_set():
                return failed("nobody waits for the answer any more", Fault.DOWN, NOT_SENT)
            try:
                said = client.converse(**self._request(prompt, schema))
            except ERRORS as error:
                return account.failure(error)
            return self._reply(prompt, said)

    def _request(self, prompt: Prompt, schema: Mapping[str, object]) -> dict[str, Any]:
        forced = self._can.forced_tools
        request: dict[str, Any] = {
            "modelId": self._id,
            "system": [{"text": prompt.system if forced else with_schema(prompt.system, schema)}],
            "messages": [{"role": "user", "content": [{"text": prompt.user}]}],
            "inferenceConfig": {"maxTokens": self._can.output_tokens(prompt)},
        }
        if self._can.can_disable_thinking:
            request["additionalModelRequestFields"] = {"thinking": {"type": self._can.thinking_off}}
        if forced:
            spec = {"name": _TOOL, "description": "Your diagnosis.", "inputSchema": {"json": dict(schema)}}
            request["toolConfig"] = {"tools": [{"toolSpec": spec}], "toolChoice": {"tool": {"name": _TOOL}}}
        return request

    def _reply(self, prompt: Prompt, said: Mapping[str, Any]) -> ModelReply:
        usage = billed(_tokens(said.get("usage")), prompt, self._price)
        message = (said.get("output") or {}).get("message") or {}
        blocks = [block for block in message.get("content") or () if isinstance(block, dict)]
        used = [block["toolUse"].get("input") for block in blocks if isinstance(block.get("toolUse"), dict)]
        text = json.dumps(used[0]) if used else "".join(str(block.get("text", "")) for block in blocks)
        reason = said.get("stopReason")
        if reason in _ENDS:
            return answered(text, usage)
        if isinstance(reason, str) and reason in _STOPS:
            stop, fault = _STOPS[reason]
            return ModelReply(text=text, stop=stop, usage=usage, fault=fault)
        return failed(f"stopped for an unknown reason, {word(reason)}", Fault.UNREADABLE, usage)


def _tokens(reported: object) -> Tokens | None:
    if not isinstance(reported, dict):
        return None
    names = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
    counts = [reported.get(name, 0 if name.startswith("cache") else None) for name in names]
    if not all(type(count) is int and count >= 0 for count in counts):
        return None
    fresh, output, cached, written = counts
    return Tokens(input=fresh, output=output, cached=cached, cache_write=written)

"""Amazon Bedrock's Converse API: one ask is one HTTP request, and ends at its deadline.

With `subagents.aws`, the only place that imports boto3, and only when a model
is opened. Decides what a reply says of how it ended and what it cost.
Credentials come from the environment that was passed in; what that does not
name, boto3's own chain finds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from threading import Event
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
)
from botocore.exceptions import (
    ConnectionError as AwsConnectionError,
)

from contracts.budget import Ceiling
from contracts.model import Fault, ModelReply, Prompt
from contracts.permit import ModelPermit
from contracts.ports import Stop
from diagnosis.clients.capabilities import Capabilities, with_schema
from diagnosis.clients.transport import FREE, UNKNOWN, answered, billed, failed, within, word
from diagnosis.pricing import Price, Tokens, ceiling_of

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
_FAULTS = {
    "ThrottlingException": Fault.THROTTLED,
    "ServiceQuotaExceededException": Fault.THROTTLED,
    "ModelTimeoutException": Fault.DOWN,
    "ModelNotReadyException": Fault.DOWN,
    "ServiceUnavailableException": Fault.DOWN,
    "InternalServerException": Fault.DOWN,
    "ModelErrorException": Fault.DOWN,
}
_SERVER_ERROR = 500


class BedrockClient:
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
        self._id = model_id
        self._region = region
        self._environment = environment
        self._price = price
        self._can = can
        self._stop = stop
        self._deadline_s = deadline_s

    @property
    def model(self) -> str:
        """`bedrock:ID`."""
        return f"bedrock:{self._id}"

    def ceiling(self, prompt: Prompt) -> Ceiling:
        """See `ModelClient.ceiling`."""
        return ceiling_of(prompt, self._price)

    def ask(self, permit: ModelPermit, prompt: Prompt, schema: Mapping[str, object]) -> ModelReply:
        """See `ModelClient.ask`."""
        permit.spend()
        deadline_s = min(self._deadline_s, permit.time_left_s)
        return within(
            deadline_s,
            self._stop,
            lambda given_up: self._exchange(prompt, schema, deadline_s, given_up),
        )

    def _exchange(
        self, prompt: Prompt, schema: Mapping[str, object], deadline_s: float, given_up: Event
    ) -> ModelReply:
        try:
            client = self._client("bedrock-runtime", self._credentials(deadline_s), deadline_s)
            if given_up.is_set():
                return failed("nobody waits for the answer any more", Fault.REJECTED, FREE)
            said = client.converse(**self._request(prompt, schema))
        except ClientError as error:
            return _refused(error)
        except (BotoCoreError, ValueError, AttributeError, LookupError, RecursionError, TypeError) as error:
            return _broken(error)
        return self._reply(prompt, said)

    def _credentials(self, deadline_s: float) -> dict[str, str]:
        """Those of the environment, or of the role that is assumed with them."""
        env = self._environment
        own = {
            "aws_access_key_id": env.get("AWS_ACCESS_KEY_ID", ""),
            "aws_secret_access_key": env.get("AWS_SECRET_ACCESS_KEY", ""),
            "aws_session_token": env.get("AWS_SESSION_TOKEN", ""),
        }
        own = {name: value for name, value in own.items() if value} if own["aws_access_key_id"] else {}
        role = env.get("PLANNER_BEDROCK_ROLE_ARN")
        if not role:
            return own
        request = {"RoleArn": role, "RoleSessionName": "planner"}
        if external_id := env.get("PLANNER_BEDROCK_EXTERNAL_ID"):
            request["ExternalId"] = external_id
        lent = self._client("sts", own, deadline_s).assume_role(**request)["Credentials"]
        return {
            "aws_access_key_id": lent["AccessKeyId"],
            "aws_secret_access_key": lent["SecretAccessKey"],
            "aws_session_token": lent["SessionToken"],
        }

    def _client(self, service: str, credentials: Mapping[str, str], deadline_s: float) -> Any:
        env = self._environment
        session = boto3.Session(profile_name=None if credentials else env.get("AWS_PROFILE") or None)
        name = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
        return session.client(  # type: ignore[call-overload]
            service,
            region_name=self._region,
            endpoint_url=env.get(name) or env.get("AWS_ENDPOINT_URL") or None,
            config=Config(
                retries={"total_max_attempts": 1, "mode": "standard"},
                connect_timeout=min(10, deadline_s),
                read_timeout=deadline_s,
            ),
            **credentials,
        )

    def _request(self, prompt: Prompt, schema: Mapping[str, object]) -> dict[str, Any]:
        forced = self._can.forced_tools
        request: dict[str, Any] = {
            "modelId": self._id,
            "system": [{"text": prompt.system if forced else with_schema(prompt.system, schema)}],
            "messages": [{"role": "user", "content": [{"text": prompt.user}]}],
            "inferenceConfig": {"maxTokens": prompt.max_output_tokens},
        }
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


def _broken(error: Exception) -> ModelReply:
    """What it comes to where AWS did not answer at all, or another machine did in its place."""
    match error:
        case ConnectTimeoutError() | EndpointConnectionError():
            return failed("cannot connect", Fault.DOWN, FREE)
        case AwsConnectionError() | HTTPClientError():
            return failed("the connection broke, or gave no answer in time", Fault.DOWN, UNKNOWN)
        case NoCredentialsError():
            return failed("no AWS credentials", Fault.REJECTED, FREE)
        case _:
            return failed("the answer is none of the Converse API", Fault.UNREADABLE, UNKNOWN)


def _refused(error: ClientError) -> ModelReply:
    """What an error of AWS comes to: its code is a name, its message is not repeated."""
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    down = status >= _SERVER_ERROR or not status
    fault = _FAULTS.get(code, Fault.DOWN if down else Fault.REJECTED)
    usage = UNKNOWN if fault is Fault.DOWN else FREE
    return failed(" ".join(filter(None, (str(status or ""), word(code, "")))), fault, usage)

"""The door to AWS for the Bedrock client: credentials, one bounded request, and what a failure comes to.

With `subagents.aws`, the only place that imports boto3, and only when a model
is opened. Decides whose credentials sign a request and which `Fault` AWS's
words come to. Credentials come from the environment that was passed in; what
that does not name, boto3's own chain finds. What is asked is `bedrock`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from http import HTTPStatus
from threading import Event
from typing import Any, cast

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    InvalidRegionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError
from botocore.response import StreamingBody

from contracts.model import Fault, ModelReply
from diagnosis.clients.transport import FREE, UNKNOWN, capped, failed, fault_of, refused, retry_after_s, word

ERRORS = (
    BotoCoreError,
    ClientError,
    ResponseParserError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What boto3 raises; the built-in ones come of bodies that are JSON, but of another shape."""

_CONNECT_S = 10.0
_CHUNK = 65_536
_UNPAID = "INVALID_PAYMENT_INSTRUMENT"
_FAULTS = {
    "ThrottlingException": Fault.THROTTLED,
    "ServiceQuotaExceededException": Fault.THROTTLED,
    "ModelTimeoutException": Fault.DOWN,
    "ModelNotReadyException": Fault.DOWN,
    "ServiceUnavailableException": Fault.DOWN,
    "InternalServerException": Fault.DOWN,
    "ModelErrorException": Fault.DOWN,
    "ConflictException": Fault.CONFLICT,
}
_NOT_CONNECTED = (ConnectTimeoutError, EndpointConnectionError, SSLError)
_BROKE = (HTTPClientError, IncompleteReadError)
_NEVER_ASKED = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
    SSOError,
    ProfileNotFound,
    InvalidRegionError,
    ParamValidationError,
)


class Account:
    """Whose requests they are, in which region, by AWS's own variable names.

    `deadline_s` bounds each read; `given_up` ends a body that nobody waits for.
    """

    def __init__(
        self, environment: Mapping[str, str], *, region: str, deadline_s: float, given_up: Event
    ) -> None:
        self._environment = environment
        self._region = region
        self._deadline_s = deadline_s
        self._given_up = given_up
        self._status = 0

    def runtime(self) -> Any:
        """A client of Bedrock, with the credentials of `PLANNER_BEDROCK_ROLE_ARN` where that is set.

        Raises one of `ERRORS`.
        """
        role = self._environment.get("PLANNER_BEDROCK_ROLE_ARN")
        return self._client("bedrock-runtime", self._lent(role) if role else self._own())

    def _own(self) -> dict[str, str]:
        """Those of the environment; none: boto3 looks for others itself."""
        env = self._environment
        if not env.get("AWS_ACCESS_KEY_ID"):
            return {}
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        return {name.lower(): env[name] for name in names if env.get(name)}

    def _lent(self, role: str) -> dict[str, str]:
        request = {"RoleArn": role, "RoleSessionName": "planner"}
        if external_id := self._environment.get("PLANNER_BEDROCK_EXTERNAL_ID"):
            request["ExternalId"] = external_id
        with closing(self._client("sts", self._own())) as sts:
            lent = sts.assume_role(**request)["Credentials"]
        return {
            "aws_access_key_id": lent["AccessKeyId"],
            "aws_secret_access_key": lent["SecretAccessKey"],
            "aws_session_token": lent["SessionToken"],
        }

    def _client(self, service: str, credentials: Mapping[str, str]) -> Any:
        env = self._environment
        session = boto3.Session(profile_name=None if credentials else env.get("AWS_PROFILE") or None)
        name = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
        client: Any = session.client(  # type: ignore[call-overload]
            service,
            region_name=self._region,
            endpoint_url=env.get(name) or env.get("AWS_ENDPOINT_URL") or None,
            config=Config(
                retries={"total_max_attempts": 1, "mode": "standard"},
                connect_timeout=min(_CONNECT_S, self._deadline_s),
                read_timeout=self._deadline_s,
            ),
            **credentials,
        )
        self._bound(client)
        return client

    def _bound(self, client: Any) -> None:
        """Let `client` read no more than a reply can be, and nothing once nobody waits for it.

        botocore reads a body to its end before it shows it to anybody; only a
        handler that sends the request itself comes before that.
        """
        http = client._endpoint.http_session  # noqa: SLF001 - the one with the user's proxies and certificates
        self._status = 0

        def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
            request.stream_output = True  # the session must not read it
            response: Any = http.send(request)
            self._status = response.status_code
            length = response.headers.get("content-length")
            body = StreamingBody(cast("Any", _AsItComes(response.raw)), length)
            chunks = iter(lambda: body.read(_CHUNK), b"")
            try:
                whole = b"".join(capped(chunks, self._given_up, lambda what: _UnreadableError(what=what)))
            finally:
                response.raw.close()
            response.raw = _Read(whole)
            return cast("AWSResponse", response)

        client.meta.events.register("before-send", send)

    def failure(self, error: Exception) -> ModelReply:
        """What one of `ERRORS` comes to; no text of it is repeated, only names."""
        if isinstance(error, ClientError):
            return _refused(error, self._status)
        what, fault, usage = "the answer is none of the Converse API", Fault.UNREADABLE, UNKNOWN
        if isinstance(error, _NOT_CONNECTED):
            what, fault, usage = "cannot connect", Fault.DOWN, FREE
        elif isinstance(error, ReadTimeoutError):
            what, fault = "no answer in time", Fault.DOWN
        elif isinstance(error, _BROKE):
            what, fault = "the connection broke", Fault.DOWN
        elif isinstance(error, _NEVER_ASKED):
            what, fault, usage = f"AWS cannot be asked, {type(error).__name__}", Fault.REJECTED, FREE
        elif isinstance(error, _UnreadableError):
            what = str(error)
        elif self._status >= HTTPStatus.MULTIPLE_CHOICES:  # an error that says nothing botocore can read
            return refused(self._status, [], "", {})
        return failed(what, fault, usage)


def _refused(error: ClientError, status: int) -> ModelReply:
    said: Mapping[str, Any] = error.response.get("Error", {})
    about: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
    code = word(said.get("Code"), "")
    message = str(said.get("Message", ""))
    fault = _FAULTS.get(code, fault_of(status, message))
    if _UNPAID in message:
        fault = Fault.SPENT
    wait_s = retry_after_s(about.get("HTTPHeaders", {}))
    usage = UNKNOWN if fault is Fault.DOWN else FREE
    told = " ".join(filter(None, (str(status), code)))
    told += f", retry after {wait_s:g} s" if wait_s is not None else ""
    return failed(told, fault, usage, wait_s)


class _UnreadableError(BotoCoreError):
    """The body is too long, or no longer wanted."""

    fmt = "{what}"


class _Read:
    """A body that was read already, in the shape in which botocore asks for one."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


class _AsItComes:
    """A body whose reads bring what there is, however little: what trickles in can be given up."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def read(self, most: int) -> bytes:
        found: bytes = self._raw.read1(most)
        return found

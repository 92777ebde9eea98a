"""One read-only AWS call, and whether it succeeded. Imports boto3 only when it is made.

Decides which operations count as read-only and how a failure reads; the answer
itself is dropped. When to ask again is decided in `subagents.validator.agent`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from botocore.session import Session

_OPERATION = re.compile(r"([a-z][a-z0-9-]*)\.([a-z][a-z0-9_]*)")
_READ_ONLY = ("batch_get_", "describe_", "get_", "head_", "list_", "lookup_", "search_")
_HANDS_OUT = re.compile(
    r"(?:batch_)?get_(?:\w*_)?(?:credentials?|tokens?|secret_value|password)(?:_\w+)?|get_id"
)
"""Operations that read by their name, and make or hand out what lets somebody in."""
_PAID = frozenset({"ce"})
"""Services that charge for each call, whatever it reads."""
_SECRET = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")
_USERINFO = re.compile(r"//[^/\s@]*@")
# what botocore dies of where a login page, a proxy or another service answers in AWS's place
_UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError)
_TIMEOUT_S = 5
_SHOWN = 200
_ADVICE = {
    "NoRegionError": "no AWS region; set AWS_REGION",
    "NoCredentialsError": "no AWS credentials; set AWS_PROFILE, or an access key and its secret",
}


class AwsCaller:
    """Makes AWS calls with the credentials, region and endpoints of one environment.

    `environment` holds AWS's own variable names. boto3's default chain (files,
    instance role) is asked only for what it does not name. `caller` is added
    to the User-Agent, for AWS's own audit log.
    """

    def __init__(self, environment: Mapping[str, str], caller: str = "") -> None:
        self._environment = environment
        self._caller = caller

    def call(self, operation: str, params: Mapping[str, JsonValue]) -> tuple[bool, str]:
        """Whether `SERVICE.OPERATION` succeeds without a retry, and what was seen, without secrets.

        An operation that is not read-only by its name is refused before anything
        is imported or sent. Never raises for what AWS or boto3 says; safe in threads.
        """
        named = _OPERATION.fullmatch(operation)
        if not named:
            return False, "an operation that is not SERVICE.OPERATION in boto3's names"
        service, method = named.groups()
        if not method.startswith(_READ_ONLY):
            return False, "an operation that is not read-only, which is refused"
        if _HANDS_OUT.fullmatch(method) or service in _PAID:
            return False, "an operation that hands out credentials, or costs money, which is refused"
        try:
            return self._send(service, method, params)
        except ImportError:
            return False, "no boto3; install it with: pip install boto3"

    def _send(self, service: str, method: str, params: Mapping[str, JsonValue]) -> tuple[bool, str]:
        import botocore.session  # noqa: PLC0415 - heavy, and needed for AWS alone
        from botocore import xform_name  # noqa: PLC0415 - as above
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above
        from botocore.parsers import ResponseParserError  # noqa: PLC0415 - as above

        try:
            core = botocore.session.get_session()
            # `get_waiter` and other helpers of a client are no operations
            if method not in map(xform_name, core.get_service_model(service).operation_names):
                return False, f"no operation {method} in {service}"
            with closing(self._client(core, service)) as client:
                getattr(client, method)(**params)
        except ClientError as error:
            return False, self._safe(_refusal(error))
        except (ResponseParserError, *_UNREADABLE) as error:
            return False, f"an answer that is not AWS's ({type(error).__name__})"
        except (BotoCoreError, ValueError) as error:  # ValueError: an endpoint that is no URL
            name = type(error).__name__
            return False, _ADVICE.get(name) or self._safe(f"{name}: {error}")
        return True, "success"

    def _client(self, core: Session, service: str) -> Any:
        """A client that asks once and waits no longer than five seconds for a connection or an answer."""
        import boto3  # noqa: PLC0415 - heavy, and needed for AWS alone
        from botocore.config import Config  # noqa: PLC0415 - as above

        env = {name: value for name, value in self._environment.items() if value}
        keys = (env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_SECRET_ACCESS_KEY"), env.get("AWS_SESSION_TOKEN"))
        access_key, secret_key, token = keys if all(keys[:2]) else (None, None, None)
        session = boto3.Session(
            botocore_session=core,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=token,
            region_name=env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION"),
            profile_name=env.get("AWS_PROFILE"),
        )
        service_id = core.get_service_model(service).service_id.replace(" ", "_").upper()
        client: Any = session.client  # its stubs know a service only as a literal
        return client(
            service,
            endpoint_url=env.get(f"AWS_ENDPOINT_URL_{service_id}") or env.get("AWS_ENDPOINT_URL"),
            config=Config(
                retries={"total_max_attempts": 1},  # `max_attempts: 1` would be one retry
                connect_timeout=_TIMEOUT_S,
                read_timeout=_TIMEOUT_S,
                user_agent_extra=self._caller,
            ),
        )

    def _safe(self, text: str) -> str:
        """The text on one line, cut, without this environment's credentials or those in a URL."""
        for name in _SECRET:
            text = text.replace(self._environment.get(name) or "\0", "(secret)")
        line = " ".join(_USERINFO.sub("//", text).split())
        return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def _refusal(error: ClientError) -> str:
    """AWS's code and the first line of its message; later ones may quote the signed request."""
    told = error.response.get("Error", {})
    message = told.get("Message", "").strip().partition("\n")[0]
    return f"{told.get('Code', 'an error')}: {message}"

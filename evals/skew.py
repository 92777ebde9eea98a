"""What an AWS whose clock is another one says to a request, by the protocol in which it was asked.

Decides which requests are refused, and in which words; a request that is not
signed is never refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from evals.faults import Clock, Http
from evals.proxy import Asked

_WINDOW = timedelta(minutes=5)
_STAMP = "%Y%m%dT%H%M%SZ"
_XML = "text/xml"
_QUERY = frozenset({"route53", "cloudfront"})
"""Services that are asked in REST and answer as those do that are asked in forms."""


def skewed(fault: Clock, now: Callable[[], datetime]) -> Callable[[Asked], Http | None]:
    """The rule of one fault of the clock. `now` tells the true time.

    The refusals carry no `Date`: Go's SDK would set its own clock by it and
    ask again, and nobody would see the fault.
    """

    def rule(asked: Asked) -> Http | None:
        signed = _signed_at(asked)
        there = now() + timedelta(seconds=fault.skew_s)
        if signed is None or abs(signed - there) <= _WINDOW:
            return None
        status, headers, body = _refusal(asked, signed, there)
        return Http(name=fault.name, server="aws", status=status, headers=headers, body=body)

    return rule


def _signed_at(asked: Asked) -> datetime | None:
    query = parse_qs(urlsplit(asked.path).query)
    stamp = asked.headers.get("x-amz-date") or query.get("X-Amz-Date", [""])[0]
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _service(asked: Asked) -> str:
    scope = f"{asked.headers.get('authorization', '')} {asked.path}"
    found = re.search(r"Credential=[^/]+(?:/|%2F)\d{8}(?:/|%2F)[^/%]+(?:/|%2F)([^/%]+)", scope)
    return found[1] if found else ""


def _refusal(asked: Asked, signed: datetime, there: datetime) -> tuple[int, dict[str, str], str]:
    """Status, headers and body."""
    service = _service(asked)
    here, edge = signed.strftime(_STAMP), there.strftime(_STAMP)
    if signed < there:
        limit = (there - _WINDOW).strftime(_STAMP)
        why = f"Signature expired: {here} is now earlier than {limit} ({edge} - 5 min.)"
    else:
        limit = (there + _WINDOW).strftime(_STAMP)
        why = f"Signature not yet current: {here} is still later than {limit} ({edge} + 5 min.)"
    if service.startswith("s3"):
        return 403, {"Content-Type": "application/xml"}, _s3(here, there)
    if service == "ec2":
        code, said = ("RequestExpired", "Request has expired.")
        inner = f"<Errors><Error><Code>{code}</Code><Message>{said}</Message></Error></Errors>"
        return 400, {"Content-Type": _XML}, f"<Response>{inner}<RequestID>{_ID}</RequestID></Response>"
    if service in _QUERY or "form-urlencoded" in asked.headers.get("content-type", ""):
        inner = f"<Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>{why}</Message>"
        body = f"<ErrorResponse><Error>{inner}</Error><RequestId>{_ID}</RequestId></ErrorResponse>"
        return 403, {"Content-Type": _XML}, body
    error = "InvalidSignatureException"
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error}
    status = 400 if asked.headers.get("x-amz-target") else 403
    return status, headers, json.dumps({"__type": error, "message": why})


_ID = "00000000-0000-4000-8000-000000000000"


def _s3(here: str, there: datetime) -> str:
    said = "The difference between the request time and the current time is too large."
    times = f"<RequestTime>{here}</RequestTime><ServerTime>{there:%Y-%m-%dT%H:%M:%SZ}</ServerTime>"
    window = f"<MaxAllowedSkewMilliseconds>{int(_WINDOW.total_seconds() * 1000)}</MaxAllowedSkewMilliseconds>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>RequestTimeTooSkewed</Code>'
        f"<Message>{said}</Message>{times}{window}<RequestId>{_ID}</RequestId></Error>"
    )

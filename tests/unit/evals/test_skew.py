"""What AWS with another clock says, in the words of each of its protocols."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import Message

import pytest

from evals.faults import Clock, Http
from evals.proxy import Asked
from evals.skew import skewed

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def told(
    skew_s: int, service: str = "iam", at: str | None = "20261120T120000Z", **headers: str
) -> Http | None:
    message = Message()
    if at:
        message["X-Amz-Date"] = at
    scope = f"AKIA/20261120/us-east-1/{service}/aws4_request"
    message["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return skewed(Clock(name="c", skew_s=skew_s), lambda: NOW)(Asked("POST", "/", message, b""))


@pytest.mark.parametrize("skew_s", [0, 300, -300])
def test_what_is_signed_within_five_minutes_is_let_through(skew_s: int) -> None:
    assert told(skew_s) is None


def test_what_is_not_signed_is_let_through() -> None:
    assert told(9000, at=None) is None
    assert told(9000, at="yesterday") is None


@pytest.mark.parametrize(
    ("service", "headers", "status", "code"),
    [
        ("iam", {"Content_Type": FORM}, 403, "<Code>SignatureDoesNotMatch</Code>"),
        ("route53", {}, 403, "<Code>SignatureDoesNotMatch</Code>"),
        ("ec2", {"Content_Type": FORM}, 400, "<Code>RequestExpired</Code>"),
        ("s3", {}, 403, "<Code>RequestTimeTooSkewed</Code>"),
        ("sqs", {"X_Amz_Target": "AmazonSQS.CreateQueue"}, 400, '"__type": "InvalidSignatureException"'),
        ("lambda", {}, 403, '"__type": "InvalidSignatureException"'),
    ],
)
def test_each_protocol_has_its_own_refusal(
    service: str, headers: dict[str, str], status: int, code: str
) -> None:
    refused = told(301, service, **headers)
    assert refused is not None
    assert (refused.how, refused.status) == ("status", status)
    assert code in refused.body
    assert "date" not in {name.lower() for name in refused.headers}, "a client would set its clock by it"


def test_the_refusal_says_whose_clock_is_ahead() -> None:
    late, early = told(600, Content_Type=FORM), told(-600, Content_Type=FORM)
    assert late is not None
    assert early is not None
    assert "expired: 20261120T120000Z is now earlier than 20261120T120500Z (20261120T121000Z" in late.body
    assert "not yet current: 20261120T120000Z is still later than 20261120T115500Z" in early.body


def test_a_signed_url_counts_too() -> None:
    query = "X-Amz-Credential=A%2F20261120%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20261120T100000Z"
    refused = skewed(Clock(name="c", skew_s=0), lambda: NOW)(Asked("GET", f"/b/k?{query}", Message(), b""))
    assert refused is not None
    assert "RequestTimeTooSkewed" in refused.body

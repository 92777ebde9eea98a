"""The sentence about a cause holds what the service said, not what its SDK put around it."""

from __future__ import annotations

import pytest

from contracts.hypothesis import Hypothesis
from contracts.text import clean
from diagnosis.evidence import evidence_of
from diagnosis.signatures.matcher import SignatureLibrary
from subagents.terraform.prose import diagnostics_of

LIBRARY = SignatureLibrary.load()
LONG = (
    "Error: creating Thing (a): operation error EC2: RunThing, "
    "https response error StatusCode: 400, RequestID: 1"
)
SHORT = (
    "Error: creating Thing (a): InvalidParameterValue: the lid is too wide\n"
    "\tstatus code: 400, request id: 11-22"
)
IN_THE_DETAIL = """\
Error: creating Thing (a)

  with aws_thing.a,
  on main.tf line 2, in resource "aws_thing" "a":
   2: resource "aws_thing" "a" {

operation error EC2: RunThing, https response error StatusCode: 400, RequestID: 1,
InvalidParameterValue: the lid is too wide
"""
AZURE = """\
Error: creating Subnet (Subscription: "0-1"
Resource Group Name: "rg"
Subnet Name: "a"): performing CreateOrUpdate: unexpected status 400 (400 Bad Request) with error: \
InvalidParameter: the range is too small
"""
GOOGLE = """\
Error: Error creating Box: googleapi: Error 400: the lid is too wide, invalid
Details:
[
  {
    "@type": "type.googleapis.com/google.rpc.BadRequest"
  }
]
"""


def named(text: str) -> Hypothesis:
    diagnostics, rest = diagnostics_of(clean(text))
    failure = evidence_of(
        stage=None, diagnostics=diagnostics, failed_checks=(), text=rest, engine="", redact=str
    )
    found = LIBRARY.match(failure)
    assert found is not None
    return found.hypothesis


@pytest.mark.parametrize(
    ("text", "said", "frame"),
    [
        (
            f"{LONG}, api error InvalidParameterValue: the size must be at least 8 for a box with a lid.",
            "InvalidParameterValue: the size must be at least 8 for a box with a lid",
            ("operation error", "RequestID", "StatusCode"),
        ),
        (SHORT, "InvalidParameterValue: the lid is too wide", ("status code", "request id")),
        (IN_THE_DETAIL, "InvalidParameterValue: the lid is too wide", ("operation error",)),
        (
            AZURE,
            'creating Subnet (Subnet Name: "a"): InvalidParameter: the range is too small',
            ("Subscription", "unexpected status"),
        ),
        (GOOGLE, "the lid is too wide", ("@type",)),
    ],
    ids=["sdk-2", "sdk-1", "in-the-detail", "azure", "google"],
)
def test_a_cause_tells_what_the_service_said_and_not_its_frame(
    text: str, said: str, frame: tuple[str, ...]
) -> None:
    cause = named(text).root_cause
    assert said in cause
    assert not [word for word in frame if word in cause]


def test_what_was_said_is_cut_between_words() -> None:
    cause = named(f"{LONG}, api error InvalidParameterValue: {'wide ' * 200}").root_cause
    assert "wide …" in cause
    assert len(cause) < 400


def test_what_stands_before_the_decisive_line_is_not_what_the_service_said() -> None:
    text = (
        "aws_thing.a: Creating...\naws_thing.b: Creation complete after 1s\n"
        "ThrottlingException is rare here\n"
        "creating Box: InvalidParameterValue: the lid is too wide\n\tstatus code: 400, request id: 11"
    )
    cause = named(text).root_cause
    assert "the lid is too wide" in cause
    assert "Creation complete" not in cause

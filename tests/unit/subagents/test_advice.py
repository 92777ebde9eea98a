"""What a person is asked for where only a person can help."""

from __future__ import annotations

import pytest

from contracts.remediation import Credentials, Escalate, Permissions, QuotaRequest, Remediation, Retry
from subagents.remediator.advice import request_of

S = "Talk to the owner."
QUOTES = ("AccessDenied: u is not authorized\n\n  on resource: x", "second", "third")
ASKED: dict[str, tuple[Remediation, str]] = {
    "permissions that are named": (
        Permissions(summary=S, actions=("s3:CreateBucket", "s3:PutBucketPolicy")),
        "Grant s3:CreateBucket, s3:PutBucketPolicy to the identity that runs Terraform here.",
    ),
    "permissions that are not": (
        Permissions(summary=S),
        "Grant the permission that is named below to the identity that runs Terraform here.",
    ),
    "a quota": (QuotaRequest(summary=S), "Raise the quota that is named below, or free some of it."),
    "credentials": (
        Credentials(summary=S),
        "Give, renew or correct the credentials that are spoken of below.",
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_request_says_what_is_needed_and_from_which_words_it_is_known(name: str) -> None:
    remedy, asked = ASKED[name]
    assert request_of(remedy, QUOTES) == (
        asked,
        S,
        "“AccessDenied: u is not authorized”",
        "“on resource: x”",
        "“second”",
    )


@pytest.mark.parametrize("remedy", [Escalate(summary=S), Retry(summary=S)], ids=lambda remedy: remedy.kind)
def test_any_other_kind_says_itself_what_to_do(remedy: Remediation) -> None:
    assert request_of(remedy, QUOTES) == (S,)


def test_without_evidence_there_is_nothing_to_quote() -> None:
    assert request_of(QuotaRequest(summary=S), ()) == (ASKED["a quota"][1], S)

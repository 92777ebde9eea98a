"""A creation that nobody answered may have happened; one that was never sent, or refused, has not."""

from __future__ import annotations

import pytest

from contracts.diagnostic import Diagnostic, Severity
from contracts.terraform import AppliedChange, ApplyResult, ChangeAction, Ended
from subagents.terraform.lost_answers import unanswered


def lost(
    said: str, *, ok: bool = False, action: ChangeAction = ChangeAction.CREATE, address: str = "a_b.c"
) -> list[str]:
    summary, _, detail = said.partition("\n\n")
    error = Diagnostic(severity=Severity.ERROR, summary=summary, detail=detail, address=address)
    change = AppliedChange(address=address, action=action, ok=ok)
    return list(unanswered(ApplyResult(ended=Ended.ERRORED, diagnostics=(error,), applied=(change,))))


LOST = (
    'creating EC2 VPC: operation error EC2: CreateVpc, request send failed, Post "http://h/": EOF',
    'Post "https://api.example.com/": read tcp 10.0.0.1:4->10.0.0.2:443: read: connection reset by peer',
    'Post "https://api.example.com/v1/servers": net/http: timeout awaiting response headers',
    'Post "https://x/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    "creating Widget: https response error StatusCode: 502, RequestID: , api error UnknownError: x",
    "creating Widget: StatusCode: 504, gateway timeout",
    "error reading response body: unexpected EOF",
    "Plugin did not respond\n\nThe plugin encountered an error, and failed to respond to the call.",
    "Request cancelled\n\nThe plugin.(*GRPCProvider).ApplyResourceChange request was cancelled.",
    "rpc error: code = Unavailable desc = error reading from server: EOF",
)
NOT_LOST = (
    'Post "https://api.example.com/": dial tcp 10.0.0.2:443: connect: connection refused',
    'Post "https://api.example.com/": dial tcp: lookup api.example.com: no such host',
    'Post "https://api.example.com/": dial tcp 10.0.0.2:443: i/o timeout',
    'Post "https://api.example.com/": net/http: TLS handshake timeout',
    'Post "https://api.example.com/": tls: failed to verify certificate: x509: unknown authority',
    "creating IAM Role (a): StatusCode: 403, AccessDenied: no",
    "creating Widget: StatusCode: 400, api error ThrottlingException: Rate exceeded",
    "waiting for RDS Instance (a) create: unexpected EOF",
    "local-exec provisioner error\n\nError running 'x': exit status 56. Output: connection reset by peer",
    "reading EC2 VPC (vpc-1): Post: EOF",
)


@pytest.mark.parametrize("said", LOST)
def test_a_creation_whose_answer_was_lost_may_have_happened(said: str) -> None:
    assert lost(said) == ["a_b.c"]


@pytest.mark.parametrize("said", NOT_LOST)
def test_a_creation_that_was_never_sent_or_was_answered_is_certain(said: str) -> None:
    assert lost(said) == []


def test_what_was_made_updated_or_destroyed_was_not_created_unseen() -> None:
    assert lost(LOST[0], ok=True) == []
    assert lost(LOST[0], action=ChangeAction.UPDATE) == []
    assert lost(LOST[0], action=ChangeAction.DELETE) == []


@pytest.mark.parametrize(
    "address",
    ["aws_iam_role.a", 'module.x["a.b"].azurerm_subnet.b[0]', "kubernetes_namespace.n", "null_resource.a"],
)
def test_of_what_there_can_be_one_alone_no_second_is_made(address: str) -> None:
    assert lost(LOST[0], address=address) == []


@pytest.mark.parametrize(
    "address",
    ["aws_vpc.a", 'module.x["a.b"].aws_eip.b["k"]', "aws_iam_access_key.k", "digitalocean_droplet.d"],
)
def test_of_what_there_may_be_two_a_second_is_not_made_unasked(address: str) -> None:
    assert lost(LOST[0], address=address) == [address]

"""What a named failure is said to need: no retry of what cannot pass, and no advice that would do harm."""

from __future__ import annotations

import pytest

from contracts.hypothesis import Category, Hypothesis
from contracts.incident import Evidence
from contracts.text import clean
from contracts.validation import CheckKind, CheckResult
from diagnosis.evidence import evidence_of
from diagnosis.signatures.matcher import SignatureLibrary
from subagents.terraform.prose import diagnostics_of

LIBRARY = SignatureLibrary.load()
REFUSED_QUOTA = "unexpected status 401 (401 Unauthorized) with error: Unauthorized: "
PRINCIPAL = (
    "Error: creating Role Assignment: unexpected status 400 (400 Bad Request) with error: PrincipalNotFound: "
    "Principal 1 does not exist in the directory 2. This error might be related to a replication delay."
)


def evidence(text: str) -> Evidence:
    diagnostics, rest = diagnostics_of(clean(text))
    return evidence_of(
        stage=None, diagnostics=diagnostics, failed_checks=(), text=rest, engine="", redact=str
    )


def named(text: str) -> Hypothesis:
    found = LIBRARY.match(evidence(text))
    assert found is not None
    return found.hypothesis


@pytest.mark.parametrize(
    ("text", "category"),
    [
        (f"Error: creating Plan: {REFUSED_QUOTA}This region has quota of 0 cores for you.", "quota"),
        ("Error: creating Box: error setting state: x509: certificate is valid for a.b, not c.d", "network"),
        ("Error: Failed to download module\n\ngit must be available and on the PATH", "module_source"),
        ("Error: file provisioner error\n\ntimeout - last error: dial tcp :22: refused", "invalid_argument"),
        (
            "Error: a (last state: 'retryableerror', timeout: 2m0s): timeout while waiting for state",
            "timeout",
        ),
        ('Error: Get "https://a.example": dial tcp 172.31.0.9:443: i/o timeout', "network"),
        ("Error: context deadline exceeded\n\n  with helm_release.a,", "timeout"),
        ("Error: context deadline exceeded\n\n  with kubernetes_namespace.a,", "timeout"),
        ("Error: context deadline exceeded\n\n  with kubernetes_persistent_volume_claim.a,", "timeout"),
        ("Error: timeout waiting for an available IP address", "timeout"),
        (PRINCIPAL, "eventual_consistency"),
    ],
)
def test_what_cannot_pass_by_itself_is_not_tried_again(text: str, category: str) -> None:
    said = named(text)
    assert said.category == category
    assert not said.retryable
    assert said.remediation.kind not in {"retry", "wait_and_retry"}


@pytest.mark.parametrize(
    "text",
    [
        "Error: timeout while waiting for plugin to start",
        'Error: Post "https://a.example": dial tcp 172.32.0.9:443: i/o timeout',
        "Error: creating Box: context deadline exceeded\n\n  with box_thing.a,",
        "Error: Failed to download module\n\ngit exited with 128: Failed to connect to a.example port 443",
        "Error: Failed to download module\n\ngit exited with 128: Could not resolve host: github.com",
        "Error: error during placement (resource_unavailable)",
    ],
)
def test_what_may_pass_by_itself_is_tried_again(text: str) -> None:
    assert named(text).retryable


def test_a_bad_release_is_never_recorded_in_the_lock_file() -> None:
    said = named(
        "Error: Failed to install provider\n\n"
        "Error while installing example/box v1.0.0: archive has incorrect checksum zh:0a (expected zh:0b)"
    )
    assert said.category is Category.PROVIDER_INSTALL
    assert said.remediation.kind == "escalate"
    assert "providers lock" not in said.remediation.summary


def test_a_principal_that_may_be_another_id_is_looked_at_before_anything_is_waited_for() -> None:
    said = named(PRINCIPAL)
    assert said.confidence <= 0.6
    assert said.remediation.summary.startswith("Check first that principal_id is the object id")


def test_a_lock_that_the_token_does_not_see_is_not_released_by_force() -> None:
    said = named("Error: Error acquiring the state lock\n\nError message: resource not found")
    assert said.category is Category.AUTH
    assert said.remediation.kind == "credentials"
    assert "Do not force-unlock" in said.remediation.summary


def check(kind: CheckKind, name: str, detail: str) -> CheckResult:
    return CheckResult(name=f"{kind}: {name}", kind=kind, passed=False, detail=detail)


LATE = check(
    CheckKind.HEALTH, "tcp a:1", "expected an open port, saw connection refused after 5.0 s, 6 tries"
)


@pytest.mark.parametrize(
    "beside",
    [
        check(CheckKind.STATE, "terraform_data.box", "expected 5 instances, saw 3"),
        check(CheckKind.OUTPUTS, "url", 'expected "http://b", saw "http://a"'),
        check(
            CheckKind.DRIFT, "re-plan", "expected an empty re-plan, saw 1 change: terraform_data.a (update)"
        ),
    ],
    ids=lambda result: result.kind,
)
def test_a_service_that_may_come_is_not_waited_for_beside_a_check_that_no_wait_mends(
    beside: CheckResult,
) -> None:
    failed = evidence_of(
        stage=None, diagnostics=(), failed_checks=(beside, LATE), text="", engine="", redact=str
    )
    found = LIBRARY.match(failed)
    assert found is not None
    assert found.id == f"check-{beside.kind}"
    assert not found.hypothesis.retryable


def test_a_service_that_may_come_is_waited_for_beside_one_that_answers_wrong() -> None:
    wrong = check(CheckKind.HEALTH, "http http://a/health", "expected status 200, saw status 404")
    failed = evidence_of(
        stage=None, diagnostics=(), failed_checks=(wrong, LATE), text="", engine="", redact=str
    )
    found = LIBRARY.match(failed)
    assert found is not None
    assert found.id == "check-health-late"


NO_FILE = (
    'Error: Invalid function argument\n\n  on main.tf line 1, in resource "a" "b":\n   1: file("x")\n\n'
    'Invalid value for "path" parameter: no file exists at "./conf/app.json"; this function is for files.'
)
TWICE = (
    'Error: Duplicate resource "terraform_data" configuration\n\n  on b.tf line 2:\n\n'
    'A terraform_data resource named "a" was already declared at a.tf:7,1-30.'
)
NO_FOLDER = (
    'Error: Unreadable module directory\n\nThe directory could not be read for module "net" at main.tf:1.'
)
A_WORD = (
    'Error: Invalid value for input variable\n\n  on a.tfvars line 1:\n   1: n = "many"\n\n'
    "The given value is not suitable for var.n declared at main.tf:1,1-13: a number is required."
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (NO_FILE, ['no file exists at "./conf/app.json"', "main.tf line 1"]),
        (TWICE, ["b.tf line 2", "a.tf:7"]),
        (NO_FOLDER, ["net", "folder"]),
        (A_WORD, ["a number is required", "a.tfvars line 1"]),
    ],
    ids=["no file", "declared twice", "no folder", "a word for a number"],
)
def test_what_the_message_says_of_the_cause_is_told_and_not_left_to_be_looked_up(
    text: str, words: list[str]
) -> None:
    assert [word for word in words if word not in named(text).root_cause] == []


def test_what_terraform_suggests_stands_in_the_advice() -> None:
    told = named(
        'Error: Invalid resource type\n\n  on main.tf line 1, in resource "aws_sqs_que" "a":\n\n'
        'The provider hashicorp/aws does not support resource type "aws_sqs_que". '
        'Did you mean "aws_sqs_queue"?'
    )
    assert 'suggests "aws_sqs_queue"' in told.remediation.summary

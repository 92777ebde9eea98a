"""What is quoted of a command that a provisioner ran: the words it ended with, which tell what stopped it."""

from __future__ import annotations

import pytest

from contracts.diagnostic import Diagnostic, Severity
from diagnosis.evidence import evidence_of
from diagnosis.signatures.matcher import SignatureLibrary

LIBRARY = SignatureLibrary.load()
DENIED = "cp: cannot create regular file '/etc/b': Permission denied"
RAN = "Error running command 'cp a /etc/b': exit status 1. Output: "
QUOTED = {
    "its last line": (f"{RAN}copying\n{DENIED}\n", DENIED),
    "its only line": (f"{RAN}{DENIED}", DENIED),
    "one that says exit itself": (RAN.replace("cp a", "exit 7; cp a") + DENIED, DENIED),
    "one that quotes an output of its own": (f"{RAN}Output: none\n{DENIED}", DENIED),
}


def quoted(detail: str) -> tuple[str, ...]:
    failed = Diagnostic(severity=Severity.ERROR, summary="local-exec provisioner error", detail=detail)
    evidence = evidence_of(
        stage=None, diagnostics=(failed,), failed_checks=(), text="", engine="", redact=str
    )
    found = LIBRARY.match(evidence)
    assert found is not None
    return found.hypothesis.evidence


@pytest.mark.parametrize(("detail", "last"), QUOTED.values(), ids=QUOTED.keys())
def test_the_last_words_of_a_command_are_quoted(detail: str, last: str) -> None:
    assert quoted(detail) == ("local-exec provisioner error", last)


def test_a_command_that_said_nothing_is_quoted_by_its_status() -> None:
    assert quoted(RAN) == ("local-exec provisioner error", "exit status")

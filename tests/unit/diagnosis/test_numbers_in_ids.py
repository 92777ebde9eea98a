"""A number that happens to stand in an id, a time or a path is no status code."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.diagnostic import Diagnostic, Severity
from contracts.hypothesis import Category
from contracts.incident import Stage
from diagnosis.evidence import evidence_of
from diagnosis.signatures.matcher import SignatureLibrary

LIBRARY = SignatureLibrary.load()
DETAIL = """Error message: HTTP remote state already locked: ID={holder}
Lock Info:
  ID:        {asker}
  Path:      states-{path:016x}/box
  Operation: OperationTypePlan
  Who:       root@vm-{path:08x}
  Version:   1.11.4
  Created:   2026-11-21 19:16:23.{nanoseconds:09} +0000 UTC
"""


def named(summary: str, detail: str) -> Category | None:
    evidence = evidence_of(
        stage=Stage.PLAN,
        diagnostics=(Diagnostic(severity=Severity.ERROR, summary=summary, detail=detail),),
        failed_checks=(),
        text="",
        engine="terraform 1.11.4",
        redact=str,
    )
    found = LIBRARY.match(evidence)
    return None if found is None else found.hypothesis.category


@given(st.uuids(), st.uuids(), st.integers(0, 10**9 - 1), st.integers(0, 2**60))
def test_a_lock_is_named_whatever_its_ids_and_times_hold(
    holder: uuid.UUID, asker: uuid.UUID, nanoseconds: int, path: int
) -> None:
    detail = DETAIL.format(holder=holder, asker=asker, nanoseconds=nanoseconds, path=path)
    assert named("Error acquiring the state lock", detail) is Category.STATE_LOCK


@pytest.mark.parametrize(
    "inside", ["550d40dd-c255-4035-849c-4ca23685156b", "19:16:23.403 UTC", "x403", "1.403"]
)
def test_a_status_inside_something_else_is_none(inside: str) -> None:
    detail = f"Error message: resource temporarily unavailable\nLock Info:\n  ID: {inside}\n"
    assert named("Error acquiring the state lock", detail) is Category.STATE_LOCK


@pytest.mark.parametrize(
    "said", ["HTTP error: 403", "status code 403.", "(403)", "StatusCode: 403, RequestID"]
)
def test_a_status_that_stands_alone_is_one(said: str) -> None:
    assert named("Error acquiring the state lock", f"Error message: {said}") is not Category.STATE_LOCK


def test_no_signature_asks_for_a_number_with_a_blank_at_its_side() -> None:
    literals = [
        (signature.id, word)
        for signature in LIBRARY.signatures
        for word in (*signature.has, *signature.any, *signature.lacks)
        if re.fullmatch(r"\s*\d+\s*", word) and not word.isdecimal()
    ]
    assert literals == []

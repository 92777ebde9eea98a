"""Every signature names its own examples, and none of its near-misses."""

from __future__ import annotations

import time

import pytest

from contracts.hypothesis import Category
from contracts.incident import Evidence
from contracts.text import clean
from contracts.validation import CheckKind, CheckResult
from diagnosis.evidence import evidence_of
from diagnosis.signatures.matcher import SignatureLibrary
from diagnosis.signatures.schema import Signature
from subagents.terraform.prose import diagnostics_of

LIBRARY = SignatureLibrary.load()
EXAMPLES = {f"{s.id} {n}": (s, text) for s in LIBRARY.signatures for n, text in enumerate(s.matches, start=1)}
NEAR_MISSES = {
    f"{s.id} {n}": (s, text) for s in LIBRARY.signatures for n, text in enumerate(s.misses, start=1)
}


def evidence(text: str, *, check: bool = False) -> Evidence:
    """The failure that prints this text; a check's example is `kind: name: detail`."""
    if check:
        name, _, detail = text.partition(": expected")
        kind = CheckKind(name.partition(":")[0])
        failed = (CheckResult(name=name, kind=kind, passed=False, detail=f"expected{detail}"),)
        return evidence_of(stage=None, diagnostics=(), failed_checks=failed, text="", engine="", redact=str)
    diagnostics, rest = diagnostics_of(clean(text))
    return evidence_of(
        stage=None, diagnostics=diagnostics, failed_checks=(), text=rest, engine="", redact=str
    )


@pytest.mark.parametrize(("signature", "text"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_a_signature_names_its_own_example(signature: Signature, text: str) -> None:
    failure = evidence(text, check=signature.check is not None)
    found = LIBRARY.match(failure)
    assert found is not None
    assert found.id == signature.id
    assert found.hypothesis.root_cause
    assert "|" not in found.hypothesis.root_cause
    assert found.hypothesis.remediation.summary
    whole = " ".join(
        (failure.text, *(d.text for d in failure.diagnostics), *(c.detail for c in failure.failed_checks))
    )
    for quote in found.hypothesis.evidence:
        assert " ".join(quote.split()) in " ".join(whole.split()) or failure.failed_checks


@pytest.mark.parametrize(("signature", "text"), NEAR_MISSES.values(), ids=NEAR_MISSES.keys())
def test_a_signature_leaves_its_near_miss_alone(signature: Signature, text: str) -> None:
    about_a_check = signature.check is not None and ": expected" in text
    found = LIBRARY.match(evidence(text, check=about_a_check))
    assert found is None or found.id != signature.id


def test_ids_are_unique() -> None:
    ids = [signature.id for signature in LIBRARY.signatures]
    assert len(ids) == len(set(ids))


def test_every_category_but_other_is_served() -> None:
    served = {signature.category for signature in LIBRARY.signatures}
    # state_drift is what planner's own drift check finds; Terraform has no failure of that name
    assert set(Category) - served <= {Category.OTHER, Category.STATE_DRIFT}


@pytest.mark.parametrize(
    "hostile",
    ["Error: " + "a " * 8000, "Cycle: " + "x, " * 5000, "perform: " + "a:" * 8000, "│ " * 8000, '"' * 16000],
    ids=["words", "names", "colons", "boxes", "quotes"],
)
def test_hostile_text_is_matched_in_no_time(hostile: str) -> None:
    failure = evidence(hostile)
    began = time.process_time()
    LIBRARY.match(failure)
    assert time.process_time() - began < 2, "some milliseconds; what is read again and again takes minutes"

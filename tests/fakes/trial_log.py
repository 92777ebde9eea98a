"""Scenarios and trials made by hand, for whatever works on logs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from contracts.budget import Usage
from contracts.hypothesis import Category, Source
from contracts.incident import Incident
from contracts.remediation import Escalate, RemediationKind
from evals.scenario import CANARY, Case, Expectation, Provenance, Scenario, Suite, Tier
from evals.trials import Observed, Ran, Trial

TEXT = "Error: the quota of addresses is used up"


def case_of(
    folder: Path,
    name: str = "r-000001",
    *,
    suite: Suite = Suite.RECORDED,
    group: str = "",
    family: str = "limits",
    text: str = TEXT,
    tier: Tier = Tier.MEASURED,
    **expect: object,
) -> Case:
    """A scenario whose category is `quota`, and `capacity` is accepted, unless `expect` says otherwise."""
    place = folder / family / name
    place.mkdir(parents=True, exist_ok=True)
    if suite is Suite.RECORDED:
        (place / "failure.txt").write_text(text, encoding="utf-8")
    answers: dict[str, object] = {
        "canary": CANARY,
        "title": "the quota is used up",
        "category": Category.QUOTA,
        "also_accept": (Category.CAPACITY,),
        "fix_kind": RemediationKind.QUOTA_REQUEST,
        "root_cause": "No address is left.",
    }
    return Case(
        id=name,
        family=family,
        folder=place,
        scenario=Scenario(
            suite=suite,
            group=group or name,
            provenance=Provenance(source="synthetic", created="2026-11-20"),
            tier=tier,
        ),
        expect=Expectation.model_validate(answers | expect),
    )


def trial_of(
    case: Case,
    model: str,
    category: Category | None = None,
    *,
    number: int = 1,
    confidence: float = 0.9,
    words: str = "",
    ran: Ran = Ran.ENDED,
    usage: Usage | None = None,
    **changes: object,
) -> Trial:
    """One trial in which a category was named, or nothing."""
    named = Incident(
        attempt=1,
        fingerprint="f1:0",
        stage=None,
        category=category or Category.OTHER,
        retryable=False,
        root_cause=words,
        evidence=(TEXT,),
        confidence=confidence,
        source=Source.MODEL,
        remediation=Escalate(summary=""),
    )
    fields: dict[str, object] = {
        "scenario": case.id,
        "digest": case.digest,
        "suite": case.scenario.suite,
        "model": model,
        "trial": number,
        "prompt": "p1",
        "prices": "h1",
        "ran": ran,
        "incidents": (named,) if category else (),
        "usage": usage or Usage(),
        "duration_s": 1.0,
        "at": datetime(2026, 11, 20, 8, tzinfo=UTC),
        "versions": {"planner": "0.1.0", "commit": "abc1234", "engine": "terraform 1.11.4"},
    }
    return Trial.model_validate(fields | changes)


def ended(state: str = "SUCCESS", code: int = 0, **changes: object) -> Observed:
    """What was seen after an executed trial."""
    fields: dict[str, object] = {"state": state, "exit_code": code, "reason": "as told"}
    return Observed.model_validate(fields | changes)

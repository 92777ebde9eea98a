"""The report: what counts as right, what the baselines are, and that it says what it measured."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from contracts.errors import SettingsError
from contracts.hypothesis import Category
from contracts.remediation import RemediationKind
from evals.baselines import NearestNeighbour, echo, majority
from evals.diagnosis_report import OWN, lines, main, triage
from evals.recorded.fault import faults
from evals.records import Record, records_of
from evals.scoring import Answer, score

KNOWN_WRONG = frozenset(
    [
        "aws-user-not-yet",
        "helm-image-none",
        "http-state-too-large",
        "kubectl-no-config",
        "ssh-asks-web-server",
    ]
)


def record(
    name: str = "r-1", text: str = "Error: the quota of addresses is used up", **changes: object
) -> Record:
    fields: dict[str, object] = {
        "id": name,
        "stage": "apply",
        "provider": "aws",
        "error_text": text,
        "category": "quota",
        "also_accept": ["capacity"],
        "retryable": False,
        "fix_kind": "quota_request",
        "also_fix": ["escalate"],
        "root_cause": "No address is left.",
        "keywords": ["limit", "increase"],
        "split_group": name,
        "unknown_key": 1,
        **changes,
    }
    return Record.model_validate(fields)


def said(category: Category | None, fix: RemediationKind | None = None, words: str = "") -> Answer:
    return Answer(category, fix, None, words)


def test_an_accepted_category_is_right_and_only_the_label_itself_is_exact() -> None:
    assert score(record(), said(Category.QUOTA))[:2] == (True, True)
    assert score(record(), said(Category.CAPACITY))[:2] == (False, True)
    assert score(record(), said(Category.AUTH))[:2] == (False, False)
    assert score(record(), said(None))[:2] == (None, None)


def test_a_remedy_may_be_any_of_the_accepted_ones() -> None:
    assert score(record(), said(Category.AUTH, RemediationKind.ESCALATE)).fix is True
    assert score(record(), said(Category.AUTH, RemediationKind.RETRY)).fix is False


def test_a_record_that_misleads_tells_who_fell_for_it() -> None:
    herring = record(surface_category="not_found")
    assert score(herring, said(Category.NOT_FOUND)).fell is True
    assert score(herring, said(Category.QUOTA)).fell is False
    assert score(record(), said(Category.QUOTA)).fell is None


def test_repeating_the_failure_scores_nothing() -> None:
    assert score(record(), echo(record())).keywords is False
    assert score(record(), said(None, words="Ask for a higher limit.")).keywords is True
    known = record(keywords=["quota", "addresses", "used"])
    assert score(known, said(None, words="the quota")).keywords is False
    assert score(known, said(None, words="the quota of addresses")).keywords is True


def test_the_nearest_neighbour_is_never_of_the_same_group() -> None:
    twin, other = (
        record("r-2", split_group="r-1"),
        record("r-3", "quota gone", category="auth", also_accept=[]),
    )
    assert NearestNeighbour([record(), twin, other])(record()).category is Category.AUTH


def test_the_majority_is_what_is_accepted_most_often() -> None:
    records = [
        record("a"),
        record("b", category="capacity"),
        record("c", category="capacity", also_accept=[]),
    ]
    assert majority(records).category is Category.CAPACITY


def test_the_projects_own_failures_are_reported_with_every_baseline() -> None:
    text = "\n".join(lines(OWN, None, Decimal(0)))
    for word in (
        "| signatures |",
        "| nearest neighbour |",
        "| majority |",
        "| echo |",
        "tokens in",
        "averaged",
    ):
        assert word in text
    assert f"{len(records_of(OWN))} failures" in text


def test_signatures_name_no_more_failures_wrongly_than_those_that_are_known() -> None:
    """The gate of every commit. What is mended leaves the list; what is wrong anew fails here."""
    names = {fault.id: fault.name for fault in faults()}
    records = records_of(OWN)
    wrong = {
        names[record.id]
        for record, answer in zip(records, triage(records).answers, strict=True)
        if answer.category not in {None, record.category, *record.also_accept}
    }
    assert wrong == KNOWN_WRONG


def test_a_model_gets_a_row_of_its_own_and_its_bill(tmp_path: Path) -> None:
    script = tmp_path / "answers.json"
    reply = {
        "evidence": ["the gremlins are out"],
        "root_cause": "Gremlins were let out.",
        "category": "other",
        "retryable": False,
        "confidence": 0.9,
        "remediation": "escalate",
        "summary": "Catch them.",
        "repeat": True,
        "usage": {"input_tokens": 900, "output_tokens": 200, "cost_usd": 0.0002},
    }
    script.write_text(json.dumps([reply]), encoding="utf-8")
    corpus = tmp_path / "corpus.jsonl"
    strange = record("r-9", "Error: the gremlins are out", category="other", also_accept=[])
    corpus.write_text(f"{record().model_dump_json()}\n{strange.model_dump_json()}\n", encoding="utf-8")
    done = CliRunner().invoke(main, [str(corpus), "--model", f"scripted:{script}"], catch_exceptions=False)
    assert f"| signatures, else scripted:{script} | 2/2" in done.output
    assert "2 requests over 2 failures, 1,800 tokens in, 400 out, $0.000200 averaged over all" in done.output
    assert "1 false quotes dropped" in done.output


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": 1}\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="line 1"):
        records_of(path)

"""The contracts that leave the process, as JSON Schemas: a change is a visible diff.

`make golden` rewrites them; a changed meaning of a key bumps `schema_version`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from contracts.base import Contract
from contracts.drift import DriftReport
from contracts.incident import Evidence, Incident
from contracts.journal import JournalLine
from contracts.report import RunReport
from contracts.result import RunResult
from contracts.settings import ModuleSettings
from contracts.summary import Summary

GOLDEN = Path(__file__).parent / "schemas"
DOCUMENTS = (RunResult, Incident, ModuleSettings, JournalLine, Evidence, RunReport, Summary, DriftReport)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.__name__)
def test_the_schema_is_the_golden_one(document: type[Contract]) -> None:
    schema = json.dumps(document.model_json_schema(), indent=1, sort_keys=True) + "\n"
    path = GOLDEN / f"{document.__name__}.json"
    if os.environ.get("PLANNER_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(schema, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == schema


def test_the_keys_of_a_result_are_these_and_in_this_order() -> None:
    assert list(RunResult.model_fields) == [
        *("schema_version", "run_id", "module", "state", "exit_code", "reason", "attempts", "incidents"),
        *("checks", "outputs", "usage", "duration_s", "terraform_s", "engine"),
        *("pending", "handover", "undone"),
    ]
    assert list(Incident.model_fields) == [
        *("attempt", "fingerprint", "stage", "category", "retryable", "root_cause", "evidence", "confidence"),
        *("source", "model", "remediation", "decision", "usage", "origin", "dropped_quotes"),
        "note",
    ]


def test_every_field_of_a_result_that_is_not_plain_has_its_sentence() -> None:
    properties = RunResult.model_json_schema()["properties"]
    assert "parked" in properties["state"]["description"]
    assert (
        "masked" in properties["outputs"]["description"]
        or "sensitive" in properties["outputs"]["description"]
    )

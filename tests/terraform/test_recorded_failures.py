"""The project's recorded failures are what a real engine still prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.recorded.record import RECORDS, cases, printed, record_of
from tests.fakes.this_machine import engine

pytestmark = pytest.mark.terraform
FAST = ("syntax-unclosed", "undeclared-resource", "for-each-list", "count-unknown", "stale-plan")


@pytest.mark.parametrize("name", FAST)
def test_a_fault_made_anew_prints_what_was_recorded(name: str) -> None:
    terraform = engine()
    if Path(terraform).name == "tofu":
        pytest.skip("the failures were recorded with terraform; tofu words some of them differently")
    [case] = [case for case in cases() if case.name == name]
    lines = map(json.loads, RECORDS.read_text(encoding="utf-8").splitlines())
    [kept] = [record for record in lines if record["id"] == case.id]
    assert record_of(case, printed(case, terraform, mirror=None)) == kept

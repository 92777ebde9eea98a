"""The project's recorded failures are what a real engine still prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.recorded.fault import faults
from evals.recorded.record import FOLDERS, printed
from tests.fakes.this_machine import engine

pytestmark = pytest.mark.terraform
FAST = ("syntax-unclosed", "undeclared-resource", "for-each-list", "count-unknown", "stale-plan")


@pytest.mark.parametrize("name", FAST)
def test_a_fault_made_anew_prints_what_was_recorded(name: str) -> None:
    terraform = engine()
    if Path(terraform).name == "tofu":
        pytest.skip("the failures were recorded with terraform; tofu words some of them differently")
    [fault] = [fault for fault in faults() if fault.name == name]
    kept = (FOLDERS / fault.id / "failure.txt").read_bytes()
    assert printed(fault, terraform, mirror=None).encode() == kept

"""New backend settings: where the state was and is to be is told, and nothing is lost sight of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.proposal import Verdict
from contracts.terraform import InitMode
from planner.gate_backend import LeftBehind, left_behind, reconfigured

OURS = {"TF_WORKSPACE": "blue"}
S3 = {"type": "s3", "config": {"bucket": "b", "key": "k"}}
PLACE = "the s3 backend (bucket b, key k, workspace blue)"
TOLD = "the state was at old.tfstate, and stays there; the module then starts with the state at "
OLD = frozenset({"terraform_data.b", "terraform_data.a"})


@pytest.fixture
def module(tmp_path: Path) -> Path:
    note = tmp_path / ".terraform/terraform.tfstate"
    note.parent.mkdir()
    note.write_text(json.dumps({"version": 3, "backend": S3}), encoding="utf-8")
    return tmp_path


def test_only_where_other_settings_are_taken_is_anything_left_behind(module: Path) -> None:
    assert left_behind(InitMode.RECONFIGURE, module, OURS) == LeftBehind(PLACE, None)
    assert left_behind(InitMode.PLAIN, module, OURS) is None
    assert reconfigured(None, module, OURS, ()) == ((), ())


@pytest.mark.parametrize(
    ("found", "new"),
    [
        ((), f"{PLACE}, which is empty"),
        (("terraform_data.a",), f"{PLACE}, which holds 1 object"),
        (("terraform_data.a", "terraform_data.b[0]"), f"{PLACE}, which holds 2 objects"),
    ],
)
def test_both_places_are_told(module: Path, found: tuple[str, ...], new: str) -> None:
    assert reconfigured(LeftBehind("old.tfstate", frozenset()), module, OURS, found) == ((TOLD + new,), ())


def test_a_state_that_cannot_be_looked_at_is_asked_about(module: Path) -> None:
    told, findings = reconfigured(LeftBehind("old.tfstate", None), module, OURS, ())
    assert told == (f"{TOLD}{PLACE}, which is empty",)
    assert [(one.rule, one.verdict, one.where) for one in findings] == [("G5", Verdict.ASK, "backend")]
    assert told[0] in findings[0].what


@pytest.mark.parametrize(
    ("found", "lacks"),
    [
        ((), "lacks 2 objects of the old one, such as terraform_data.a: "),
        (("terraform_data.a",), "lacks 1 object of the old one, such as terraform_data.b: "),
    ],
)
def test_a_new_place_without_what_the_old_one_holds_is_refused_with_what_to_do(
    module: Path, found: tuple[str, ...], lacks: str
) -> None:
    told, findings = reconfigured(LeftBehind("old.tfstate", OLD), module, OURS, found)
    assert [(one.rule, one.verdict, one.where) for one in findings] == [("G5", Verdict.STOP, "backend")]
    assert lacks + told[0] in findings[0].what
    assert findings[0].what.endswith("; to stay with it: put the old settings back")

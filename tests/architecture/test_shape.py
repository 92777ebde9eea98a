"""The shape of the code: files of one job, every state with a step, every error reachable."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import get_args

import pytest

from contracts import errors, journal
from contracts.remediation import Remediation, RemediationKind
from contracts.run import TERMINAL, RunState
from planner.fold import _ABSORB
from tests.fakes.planning import Bench

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contracts", "subagents", "diagnosis", "observability", "planner", "evals")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_has_one_job_and_says_which(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "its first lines say what it decides"
    assert len(text.splitlines()) <= 350, "a longer file needs a second room"


def test_every_state_that_is_not_terminal_has_a_step(tmp_path: Path) -> None:
    from planner.effects import TerraformEffects  # noqa: PLC0415
    from planner.steps import Steps  # noqa: PLC0415

    bench = Bench(tmp_path)
    steps = Steps(
        journal=bench.journal,
        terraform=TerraformEffects(
            agent=bench.terraform, journal=bench.journal, rundir=bench.rundir, stop=bench.stop
        ),
        validator=bench.validator,
        diagnosing=lambda: pytest.fail("not called"),
        clock=bench.clock,
        stop=bench.stop,
    )
    assert set(steps.of) == set(RunState) - TERMINAL


def test_every_kind_of_journal_entry_is_folded_or_a_move() -> None:
    assert set(get_args(get_args(journal.Entry)[0])) == set(_ABSORB)


def test_every_remediation_has_its_kind() -> None:
    members = get_args(get_args(Remediation)[0])
    assert {member.model_fields["kind"].default for member in members} == set(RemediationKind)


def test_every_operators_error_is_drawn_in_the_tree_and_raised_somewhere() -> None:
    leaves = [
        name
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, errors.PlannerError) and kind is not errors.PlannerError
    ]
    code = "\n".join(path.read_text(encoding="utf-8") for path in FILES if path.name != "errors.py")
    for name in leaves:
        assert name in (errors.__doc__ or "")
        assert f"{name}(" in code, f"{name} is never raised"

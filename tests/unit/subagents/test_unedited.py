"""A place that no fix edits is told with its reason; every other place says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from subagents.remediator.unedited import why_unedited


def at(name: str, severity: Severity = Severity.ERROR) -> Diagnostic:
    place = SourceRange(filename=name, start_line=1, end_line=1)
    return Diagnostic(severity=severity, summary="It is wrong", range=place)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "module"
    (tmp_path / "shared").mkdir()
    (folder / "net").mkdir(parents=True)
    for path in (tmp_path / "shared/a.tf", folder / "main.tf", folder / "net/main.tf", folder / "a.tf.json"):
        path.write_text("{}", encoding="utf-8")
    (folder / "link.tf").symlink_to(tmp_path / "shared/a.tf")
    (folder / "linked").symlink_to(tmp_path / "shared")
    return folder


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../shared/a.tf", "../shared/a.tf lies outside of the module"),
        ("/srv/shared/a.tf", "/srv/shared/a.tf lies outside of the module"),
        ("link.tf", "link.tf is a link to another place"),
        ("linked/a.tf", "linked/a.tf is a link to another place"),
        (".terraform/m/a.tf", ".terraform/m/a.tf is a copy of a module that is kept elsewhere"),
        ("a.tf.json", "a.tf.json is JSON"),
        ("main.tf", ""),
        ("net/main.tf", ""),
        ("gone.tf", ""),
    ],
)
def test_the_place_of_the_first_error_decides(module: Path, name: str, why: str) -> None:
    first = [at("a.tf.json", Severity.WARNING), Diagnostic(severity=Severity.ERROR, summary="nowhere")]
    assert why_unedited(module, [*first, at(name), at("link.tf")], {"main.tf": "a = 1\n"}) == why


def test_an_error_without_a_place_says_nothing(module: Path) -> None:
    assert why_unedited(module, [Diagnostic(severity=Severity.ERROR, summary="nowhere")], {}) == ""


def test_a_line_that_no_person_wrote_is_told(module: Path) -> None:
    said = why_unedited(module, [at("main.tf")], {"main.tf": f'a = "{"x" * 60_000}"\n'})
    assert said == "line 1 of main.tf is longer than 2000 characters"

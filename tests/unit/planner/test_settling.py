"""What a copy that still fails says: the same, moved elsewhere, worse, or a step further."""

from __future__ import annotations

import pytest

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from contracts.incident import Stage
from planner.settling import Disproved, Failure, Progress, compared, errors
from subagents.remediator.edit_config import Change

FILES = {"main.tf": Change("a = 1\nb = 2\nc = 3\n", "a = 1\nb = 9\nc = 3\n")}


def at(
    summary: str, line: int = 0, *, file: str = "main.tf", detail: str = "", address: str = ""
) -> Diagnostic:
    place = SourceRange(filename=file, start_line=line, end_line=line) if line else None
    return Diagnostic(
        severity=Severity.ERROR, summary=summary, detail=detail, range=place, address=address or None
    )


def plan(*diagnostics: Diagnostic, text: str = "") -> Failure:
    return Failure(Stage.PLAN, diagnostics, text)


def test_the_same_words_on_another_line_are_the_same_failure() -> None:
    said = compared(plan(at("It broke", 2)), plan(at("It broke", 3)), FILES)
    assert said == Disproved("the failure stays as it is: It broke")


def test_one_of_two_errors_less_is_progress() -> None:
    ran = plan(at("Second", 1))
    assert compared(plan(at("First", 2), at("Second", 1)), ran, {}) == Progress(
        "it settles its part; then plan fails: Second", ran
    )


def test_one_of_two_errors_of_the_same_words_less_is_progress() -> None:
    same = at("It broke", 2)
    assert isinstance(compared(plan(same, same), plan(same), {}), Progress)


def test_another_error_elsewhere_was_hidden_by_the_first_one() -> None:
    ran = plan(at("Hidden", 1))
    assert isinstance(compared(plan(at("First", 2)), ran, FILES), Progress)


def test_another_error_where_the_edit_stands_is_the_failure_moved() -> None:
    said = compared(plan(at("First", 2)), plan(at("Second", 2)), FILES)
    assert said == Disproved("it moves the failure elsewhere: Second")


def test_an_earlier_stage_that_breaks_refutes_whatever_it_says() -> None:
    broken = Failure(Stage.INIT, (at("No such provider"),))
    assert compared(plan(at("First")), broken, {}) == Disproved("with it, init fails: No such provider")


@pytest.mark.parametrize("before", [Stage.INIT, Stage.PLAN])
def test_a_later_stage_that_fails_is_progress(before: Stage) -> None:
    later = Failure(Stage.APPLY, (at("Quota"),))
    assert isinstance(compared(Failure(before, (at("First"),)), later, {}), Progress)


def test_the_same_words_about_another_resource_are_another_failure() -> None:
    first, second = at("Exists", address="a.b"), at("Exists", address="a.c")
    assert isinstance(compared(plan(first), plan(second), {}), Progress)
    assert isinstance(compared(plan(first), plan(first, second), {}), Disproved)


def test_a_failure_without_errors_is_never_settled_in_part() -> None:
    """Nothing was named, so nothing can be said to be gone."""
    assert compared(plan(), plan(text="panic: nil\n"), {}) == Disproved(
        "the failure stays as it is: panic: nil"
    )
    assert compared(plan(), plan(), {}) == Disproved("the failure stays as it is: no diagnostic was printed")


def test_a_warning_is_no_error() -> None:
    warning = at("Deprecated").model_copy(update={"severity": Severity.WARNING})
    assert errors(plan(warning, at("It broke"))) == [at("It broke")]
    assert isinstance(compared(plan(at("First")), plan(warning, at("First")), {}), Disproved)

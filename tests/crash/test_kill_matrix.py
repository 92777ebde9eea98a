"""The kill matrix, an effect a test: 72 cases each, planner dead at every sub-step in every way.

`make crash` runs the same and prints the grid.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.crash.bugs import BUGS, SEEN_IN
from tests.crash.deaths import Kind
from tests.crash.matrix import PROCESSES, Pool, faults_of, grid, pool, tasks_of
from tests.crash.points import DEEP, EFFECTS, SUB_STEPS

NAMES = [effect.name for effect in EFFECTS]
SIZE = 1 if os.environ.get("PYTEST_XDIST_WORKER") else PROCESSES


@pytest.fixture(scope="module")
def workers() -> Iterator[Pool]:
    with pool(SIZE) as found:
        yield found


@pytest.mark.parametrize("number", range(len(EFFECTS)), ids=NAMES)
def test_a_death_at_every_sub_step_in_every_way_breaks_no_invariant(number: int, workers: Pool) -> None:
    rows = [row for answer in workers.answers(tasks_of(number)) for row in answer]
    assert len(rows) == len(SUB_STEPS) * len(Kind)
    assert not faults_of(rows), grid(rows)


@pytest.mark.parametrize("number", range(len(DEEP)), ids=[name for name, _ in DEEP])
def test_deaths_in_five_resumes_one_after_the_other_break_no_invariant(number: int, workers: Pool) -> None:
    (rows,) = workers.answers([(len(EFFECTS) + number, 0, 1)])
    assert [row["fired"] for row in rows] == [6]
    assert not faults_of(rows)


def test_there_are_24_effects_12_sub_steps_and_6_deaths() -> None:
    assert (len(EFFECTS), len(SUB_STEPS), len(Kind)) == (24, 12, 6)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("bug", BUGS)
def test_the_matrix_sees_a_fault_that_is_put_into_the_product(bug: str, workers: Pool) -> None:
    effect, sub_step, invariant = SEEN_IN[bug]
    tasks = tasks_of(NAMES.index(effect), sub_step)
    rows = [row for answer in workers.answers(tasks, bug) for row in answer]
    assert invariant in {name for row in rows for name, _ in row["broken"]}, grid(rows)

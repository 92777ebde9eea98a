"""Runs cases one after the other in this process, which `worker.begun` made a worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from contracts.errors import StoreError
from planner.fold import fold
from planner.run_list import newest
from planner.store import Store
from tests.crash.deaths import Death, Fate
from tests.crash.points import Case
from tests.crash.reader import Broken, End, Reader, Verdict, end_of, texts_of
from tests.crash.runs import Person, alive, settle
from tests.crash.scenarios import laid_out
from tests.crash.world import World


class Trunk(NamedTuple):
    """The uninterrupted run of a scenario."""

    end: End
    passed: list[tuple[int, str]]
    """Every point it came by, with the number of the command."""
    asked: int


class Result(NamedTuple):
    """What came of one case."""

    effect: str
    sub_step: int
    kind: str
    nearest: bool
    runs: int
    fired: int
    due: int
    checks: dict[str, int]
    broken: tuple[Broken, ...]
    outcome: str
    seconds: float
    told: str = ""
    """For people, where something is broken: what was done, and how each command ended."""


def trunk_of(fate: Fate, scenario: str) -> Trunk:
    """Run a scenario without a death."""
    world = laid_out(fate.world.root, scenario)
    fate.begin((), record=True)
    person = Person(fate)
    assert person.drives_it_to_its_end(), scenario
    settle()
    passed: list[tuple[int, str]] = []
    command = -1
    for event in world.events():
        assert event["event"] != "bug", event["text"]
        command += event["event"] == "command"
        if event["event"] == "point":
            passed.append((command, event["name"]))
    asked = sum(name == "run_parked/after" for _, name in passed)
    return Trunk(end_of(world), passed, asked)


def run(fate: Fate, case: Case, trunk: Trunk, *, before: Callable[[], None] = lambda: None) -> Result:
    """Every variant of a case; `before` is called in this process before each."""
    began = time.monotonic()
    checks: dict[str, int] = {}
    broken: list[Broken] = []
    fired, outcomes, told = 0, set(), ""
    for deaths in case.deaths:
        before()
        verdict, struck, said = one(fate, case.scenario, deaths, trunk)
        fired += struck
        outcomes.add(verdict.outcome)
        broken += verdict.broken
        told += said if verdict.broken or struck < len(deaths) else ""
        for name, count in verdict.checks.items():
            checks[name] = checks.get(name, 0) + count
    worst = next(o for o in ("blocked", "asked", "same") if o in outcomes)
    return Result(
        effect=case.effect,
        sub_step=case.sub_step,
        kind=case.kind.value,
        nearest=case.nearest,
        runs=len(case.deaths),
        fired=fired,
        due=sum(map(len, case.deaths)),
        checks=checks,
        broken=tuple(broken),
        outcome=worst,
        seconds=time.monotonic() - began,
        told=told,
    )


def one(fate: Fate, scenario: str, deaths: tuple[Death, ...], trunk: Trunk) -> tuple[Verdict, int, str]:
    """One run with its deaths: the verdict, how many deaths struck, and the story for people."""
    world = laid_out(fate.world.root, scenario)
    before = texts_of(world.module)
    fate.begin(deaths, record=False)
    person = Person(fate)
    ended = person.drives_it_to_its_end()
    world.note("left", pids=alive(world))
    settle()
    struck = sum(event["event"] == "death" for event in world.events())
    reader = Reader(world, before=before, uninterrupted=trunk.end, ended=ended, asked=trunk.asked)
    verdict = reader.reads()
    refolded = tuple(_refolded(world))
    steps = " ".join(f"{step.verb}:{step.code}" for step in person.steps)
    story = f"{' then '.join(f'{d.kind.value} at {d.point}' for d in deaths)}: {steps}\n"
    return verdict._replace(broken=verdict.broken + refolded), struck, story


def _refolded(world: World) -> list[Broken]:
    """I14, by planner's own fold: it leads to the same record twice."""
    store = Store(world.home / "planner.db")
    try:
        for row in newest(store, 20):
            once, twice = (fold(row.run_id, store.lines(row.run_id)) for _ in range(2))
            if once != twice or str(once.state) != row.state:
                return [Broken("I14", f"run {row.run_id} does not fold to the same record twice")]
    except StoreError as error:
        return [Broken("I14", str(error))]
    finally:
        store.close()
    return []

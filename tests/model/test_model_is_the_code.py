"""S-09: the model's table, words and order of steps are the code's. Needs no spin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from statemachine.exceptions import TransitionNotAllowed

from contracts.journal import EffectEnded, EffectIntended, EffectStarted
from contracts.run import TERMINAL, Effect, RunEvent, RunState
from contracts.terraform import Ended
from planner.machine import RunMachine
from tests.fakes.planning import CREATE_A, Bench, ScriptedTerraform, apply_of, plan_of
from tests.model.checker import HERE
from tests.unit.planner.test_machine import record

CAP = 1
_ROW = re.compile(
    r":: MOVES\((\w+), (\w+)\)(?: && (!?)\(?(MAY_RETRY)\)?)? "
    r"-> runs\[r\]\.state = (\w+)(; runs\[r\]\.retries\+\+)?"
)


class Row(NamedTuple):
    """One transition of the model's table."""

    guard: bool | None
    """What MAY_RETRY has to be; None: it is not looked at."""
    target: str
    counts: bool


def model() -> str:
    """The text of the model as it is compiled without any seeded bug."""
    lines, kept = [], [True]
    for line in (HERE / "run.pml").read_text(encoding="utf-8").splitlines():
        match line.split():
            case ["#ifdef", name, *_]:
                kept.append(not name.startswith("BUG_"))
            case ["#ifndef", *_]:
                kept.append(True)
            case ["#elif", *_]:
                kept[-1] = False
            case ["#else", *_]:
                kept[-1] = not kept[-1]
            case ["#endif", *_]:
                kept.pop()
            case _ if all(kept):
                lines.append(line)
    assert kept == [True]
    return "\n".join(lines)


def table() -> dict[tuple[str, str], list[Row]]:
    rows: dict[tuple[str, str], list[Row]] = {}
    for source, event, no, guard, target, counts in _ROW.findall(model()):
        rows.setdefault((source, event), []).append(Row(not no if guard else None, target, bool(counts)))
    return rows


def words(kind: str) -> set[str]:
    found = re.search(rf"^mtype:{kind} = \{{ (.+) \}}$", model(), re.MULTILINE)
    assert found
    return set(found[1].split(", "))


def test_states_and_events_are_those_of_the_code() -> None:
    assert words("state") == set(RunState)
    assert words("event") == set(RunEvent)
    assert f"mtype:state state = {RunMachine.initial_state.value};" in model()


def test_the_other_words_are_those_of_the_code_too() -> None:
    assert words("effect") - {"NONE"} <= set(Effect.__members__)
    assert words("ended") - {"UNKNOWN"} <= set(Ended.__members__)


def test_what_ends_a_run_is_what_the_code_says() -> None:
    found = re.search(r"^#define TERMINAL\(n\) (.+)$", model(), re.MULTILINE)
    assert found
    assert set(re.findall(r"== (\w+)", found[1])) == TERMINAL


@pytest.mark.parametrize("retries", [0, CAP])
@pytest.mark.parametrize("state", RunState)
@pytest.mark.parametrize("event", RunEvent)
def test_every_pair_leads_where_the_model_says(state: RunState, event: RunEvent, retries: int) -> None:
    run = record(state, retries=retries, max_retries=CAP)
    said = [row for row in table().get((state, event), []) if row.guard in {None, retries < CAP}]
    assert len(said) <= 1
    try:
        RunMachine(model=run).send(event)
    except TransitionNotAllowed:
        assert not said
    else:
        assert [(run.state, run.retries - retries)] == [(row.target, row.counts) for row in said]


def test_the_table_was_read_whole() -> None:
    assert sum(map(len, table().values())) == model().count(":: MOVES(")
    assert re.search(r"^#define MAY_RETRY runs\[r\]\.retries < CAP$", model(), re.MULTILINE)


def test_an_effect_has_the_sub_steps_of_the_journal_in_their_order(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        terraform=ScriptedTerraform(plans=[plan_of(CREATE_A), plan_of()], applies=[apply_of(CREATE_A)]),
    )
    bench.drive()
    kinds = (EffectIntended, EffectStarted, EffectEnded)
    entries = [line.entry for line in bench.store.lines("run-1") if isinstance(line.entry, kinds)]
    applied = [entry.kind for entry in entries if entry.effect is Effect.APPLY]
    proctype = model().partition("proctype planner(")[2].partition("\neffect:")[2].partition("\noutcome:")[0]
    refused, of_process = proctype.partition("effect_ended(STOPPED")[::2]
    said = re.findall(r"\beffect_(?:intended|started|ended)\b", refused + of_process)
    assert said == applied == ["effect_intended", "effect_started", "effect_ended"]


def test_the_last_look_at_the_switch_is_between_the_intention_and_the_process() -> None:
    """The order of `planner.store.append`, then `starting()`; each is held by tests of its own."""
    proctype = model().partition("\neffect:")[2].partition("\noutcome:")[0]
    steps = ["stop_file ->", "effect_intended(", "starting[me] = true", "looked = stop_file", "spawn("]
    places = [proctype.index(step) for step in steps]
    assert places == sorted(places)
    assert proctype.index("spawn(") < proctype.rindex("starting[me] = false")

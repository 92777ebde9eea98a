"""A change of the state whose command was cut off: made once, told where nobody knows, never another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.fixing import StateChange
from contracts.journal import EffectEnded, EffectIntended, EffectStarted
from contracts.run import Effect, RunState
from planner.shown import in_vain, of_others, stands, unseen
from planner.undoing import refuse_if_nothing
from subagents.remediator.work import Work
from tests.fakes.plan_json import change, plan
from tests.fakes.planning import PROCESS, Bench
from tests.fakes.scripted_fixer import ScriptedFixer, broken
from tests.unit.planner.test_undoing import FILES, GONE, OLD, carried_out, settled, text, undone

IMPORT = StateChange(verb="import", source="t.a", destination="i-1")
MOVE = StateChange(verb="mv", source="t.a", destination="t.b")
FORGET = StateChange(verb="rm", source="t.a")
UNLOCK = StateChange(verb="unlock", source="lock-1")


def held(**ids: str) -> dict[str, object]:
    """The plan of a state that holds these; nothing is to be done."""
    told = plan()
    told["prior_state"]["values"]["root_module"]["resources"] = [
        {"address": f"t.{name}", "mode": "managed", "values": {"id": id_}} for name, id_ in ids.items()
    ]
    return told


@pytest.mark.parametrize(
    ("made", "ids", "expected"),
    [
        (IMPORT, {"a": "i-1"}, True),
        (IMPORT, {}, False),
        (MOVE, {"b": "x"}, True),
        (MOVE, {}, False),  # it left the state: a move now would make it anew
        (MOVE, {"a": "x", "b": "y"}, False),
        (FORGET, {}, True),
        (FORGET, {"a": "x"}, False),
    ],
)
def test_a_change_is_made_where_the_state_is_as_it_leaves_it(
    made: StateChange, ids: dict[str, str], *, expected: bool
) -> None:
    assert stands(held(**ids), made) is expected


def test_a_plan_of_another_shape_shows_nothing() -> None:
    assert not stands(held(a="i-1") | {"format_version": "9"}, IMPORT)


def test_an_import_that_may_be_somebody_elses_is_asked_about() -> None:
    assert not list(of_others(held(a="i-1"), [IMPORT, FORGET]))
    (asked,) = of_others(held(a="i-2"), [IMPORT])
    assert (asked.rule, asked.verdict, asked.where) == ("import:other", "ask", "t.a")
    assert "i-2" in asked.what


def test_what_the_plan_says_nothing_of_is_in_vain() -> None:
    work = Work(imports=(("t.a", "i-1"), ("t.b", "i-2")), moves=(("t.c", "t.d"), ("t.e", None)))
    adopts = change("t.b", "no-op")
    adopts["change"]["importing"] = {"id": "i-2"}
    moves = change("t.d", "no-op") | {"previous_address": "t.c"}
    quiet = list(unseen(plan(adopts, moves), work))
    assert [one.command for one in quiet] == ["terraform import t.a i-1", "terraform state rm t.e"]
    assert [(f.rule, f.verdict) for f in in_vain(quiet)] == [
        ("import:nothing", "stop"),
        ("move:nothing", "stop"),
    ]


def cut_off(bench: Bench, made: StateChange, effect: Effect = Effect.CHANGE, ended: str = "unknown") -> None:
    """planner died while its command ran."""
    bench.journal.append(EffectIntended(effect=effect, attempt=1, change=made))
    bench.journal.append(EffectStarted(effect=effect, process=PROCESS))
    if ended:
        bench.journal.append(EffectEnded(effect=effect, ended=ended))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return broken(tmp_path, {"main.tf": OLD})


def test_what_is_made_is_not_made_again_and_undo_takes_it_back(bench: Bench) -> None:
    cut_off(bench, IMPORT)
    agent = ScriptedFixer()
    carried_out(bench, agent, Work(imports=(("t.a", "i-1"),), made=(IMPORT,)))
    assert agent.calls == []
    assert (bench.record.state_changes, bench.record.doubtful_changes) == ((IMPORT,), ())
    bench.record.state = RunState.FAILED
    assert undone(bench, agent) == ("terraform state rm t.a",)
    assert bench.refolded().state_changes == ()


def test_what_is_not_made_is_made(bench: Bench) -> None:
    cut_off(bench, IMPORT)
    agent = ScriptedFixer()
    carried_out(bench, agent, Work(imports=(("t.a", "i-1"),)))
    assert (agent.calls, bench.record.state_changes) == (["import"], (IMPORT,))
    assert not bench.record.doubtful_changes


@pytest.mark.parametrize(("doubtful", "calls"), [(True, []), (False, ["unlock"])])
def test_a_lock_that_may_be_released_is_not_released_again_for_it_may_be_anothers_by_now(
    bench: Bench, *, doubtful: bool, calls: list[str]
) -> None:
    if doubtful:
        cut_off(bench, UNLOCK)
    agent = ScriptedFixer()
    carried_out(bench, agent, Work(unlock="lock-1"))
    assert agent.calls == calls


def test_undo_tells_of_what_nobody_saw_the_end_of(bench: Bench) -> None:
    cut_off(bench, MOVE)
    cut_off(bench, UNLOCK)
    bench.record.state = RunState.FAILED
    agent = ScriptedFixer()
    (line,) = undone(bench, agent)
    assert (agent.calls, MOVE.command in line) == ([], True)


def test_a_lock_that_may_be_released_is_nothing_to_take_back(bench: Bench) -> None:
    cut_off(bench, UNLOCK)
    bench.record.state = RunState.FAILED
    with pytest.raises(Exception, match="changed neither"):
        refuse_if_nothing(bench.record)


def test_an_undo_that_died_in_its_command_goes_on_with_the_files(bench: Bench) -> None:
    carried_out(bench, ScriptedFixer(), Work(files=FILES, moves=(("t.a", "t.b"),)))
    settled(bench)
    bench.record.state = RunState.FAILED
    assert MOVE.back is not None
    cut_off(bench, MOVE.back, Effect.UNDO, ended="")
    told = undone(bench, ScriptedFixer(ends={"mv": GONE}))
    assert "cut off" in told[0]
    assert (told[1:], text(bench)) == (("put back main.tf",), OLD)

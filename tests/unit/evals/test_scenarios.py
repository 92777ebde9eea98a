"""Scenarios are read strictly, tell nothing by their names, and what they break can be put back."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import SettingsError
from evals.faults import EditFile, Fault, RemoveFile, RenameFile, WriteFile, edited, named
from evals.scenario import CANARY, Suite, cases_of

ALL = cases_of()
EXECUTED = [case for case in ALL if case.scenario.suite is Suite.EXECUTED]
RECORDED = [case for case in ALL if case not in EXECUTED]
SCENARIO = {
    "suite": "executed",
    "group": "g-000000",
    "provenance": {"source": "synthetic", "created": "2026-11-21"},
}
EXPECT = {"canary": CANARY, "title": "all is well", "category": None}


def made(root: Path, ident: str = "s-00aa11", scenario: object = SCENARIO, expect: object = EXPECT) -> Path:
    folder = root / "family" / ident
    (folder / "module").mkdir(parents=True)
    (folder / "scenario.yaml").write_text(yaml.safe_dump(scenario), encoding="utf-8")
    (folder / "expect.yaml").write_text(yaml.safe_dump(expect), encoding="utf-8")
    return folder


def test_a_scenario_is_read_with_its_answers_apart(tmp_path: Path) -> None:
    made(tmp_path)
    (case,) = cases_of(tmp_path)
    assert (case.id, case.family, case.expect.title) == ("s-00aa11", "family", "all is well")


@pytest.mark.parametrize(
    ("ident", "scenario", "expect", "told"),
    [
        ("missing-variable", SCENARIO, EXPECT, "neutral"),
        ("s-00aa11", SCENARIO | {"surprise": 1}, EXPECT, "surprise"),
        ("s-00aa11", SCENARIO, EXPECT | {"canary": "another"}, "canary"),
        ("s-00aa11", SCENARIO, EXPECT | {"category": "bad luck"}, "category"),
    ],
)
def test_what_is_no_scenario_is_told(
    tmp_path: Path, ident: str, scenario: object, expect: object, told: str
) -> None:
    made(tmp_path, ident, scenario, expect)
    with pytest.raises(SettingsError, match=told):
        cases_of(tmp_path)


def test_a_name_that_fits_no_scenario_is_told(tmp_path: Path) -> None:
    made(tmp_path)
    with pytest.raises(SettingsError, match="nothing-like-it"):
        cases_of(tmp_path, only=["nothing-like-it"])


def test_answers_do_not_change_what_a_scenario_is_but_its_module_does(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (case,) = cases_of(tmp_path)
    first = case.digest
    (folder / "expect.yaml").write_text(yaml.safe_dump(EXPECT | {"title": "another"}), encoding="utf-8")
    assert case.digest == first
    (folder / "module" / "main.tf").write_text("# one line\n", encoding="utf-8")
    assert case.digest != first


def test_there_are_sixty_executed_and_a_hundred_and_fifty_recorded_scenarios() -> None:
    assert len(EXECUTED) >= 60
    assert len(RECORDED) >= 150
    assert len([case for case in ALL if "first-six" in case.scenario.tags]) == 6


def test_nothing_that_a_run_may_see_holds_an_answer() -> None:
    for case in ALL:
        for path in case.folder.rglob("*"):
            if path.is_file() and path.name != "expect.yaml":
                text = path.read_text(encoding="utf-8")
                assert CANARY not in text, path
                assert case in RECORDED or case.expect.title not in text, path


def test_the_faults_that_a_person_heals_are_there() -> None:
    for case in EXECUTED:
        assert len(named(case.scenario.inject, case.expect.heal)) == len(case.expect.heal), case.id


def test_a_scenario_that_is_not_solved_by_planner_says_what_a_person_does() -> None:
    for case in EXECUTED:
        expect = case.expect
        if expect.category is not None and expect.fix_kind not in {"retry", "wait_and_retry", "refresh"}:
            assert expect.gold or expect.heal, case.id


NAMES = st.sampled_from(["a.tf", "b.tf", "sub/c.tf"])
EDITS = st.one_of(
    st.builds(
        EditFile, name=st.just("e"), file=NAMES, search=st.sampled_from(["x", "one"]), replace=st.text()
    ),
    st.builds(WriteFile, name=st.just("w"), file=NAMES, text=st.text()),
    st.builds(RemoveFile, name=st.just("r"), file=NAMES),
    st.builds(RenameFile, name=st.just("n"), file=NAMES, to=st.sampled_from(["d.tf", "e.tf"])),
)


@given(st.lists(EDITS, max_size=6))
def test_edits_that_are_taken_back_leave_every_byte_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, faults: list[Fault]
) -> None:
    module = tmp_path_factory.mktemp("module")
    (module / "a.tf").write_bytes(b"one\r\ntwo x\n")
    (module / "b.tf").write_bytes("zwei \u00e4\n".encode())

    def now() -> dict[str, bytes]:
        return {str(p.relative_to(module)): p.read_bytes() for p in module.rglob("*") if p.is_file()}

    before, undone = now(), []
    for fault in faults:
        assert isinstance(fault, EditFile | WriteFile | RemoveFile | RenameFile)
        try:
            undone.append(edited(module, fault))
        except (ValueError, OSError):
            continue
    for undo in reversed(undone):
        undo()
    assert now() == before

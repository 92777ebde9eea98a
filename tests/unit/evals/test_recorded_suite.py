"""The recorded suite: enough failures, each made from data, and none that tells its own answer."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import yaml

from evals.recorded.fault import faults
from evals.recorded.level import levelled
from evals.recorded.record import FOLDERS
from evals.records import record_of
from evals.scenario import CANARY, Case, Suite, cases_of

CASES = [case for case in cases_of(FOLDERS.parent) if case.family == FOLDERS.name]
FAULTS = {fault.id: fault for fault in faults()}


def test_there_are_enough_of_them_in_enough_groups() -> None:
    assert len(CASES) >= 165
    assert len({case.scenario.group for case in CASES}) >= 80
    assert len({case.expect.category for case in CASES}) >= 30


def test_every_fault_has_its_folder_and_every_folder_its_fault() -> None:
    assert len(FAULTS) == len(faults())
    assert {case.id for case in CASES} == set(FAULTS)
    assert {path.name for path in FOLDERS.iterdir()} == set(FAULTS)


def test_a_folder_holds_what_its_fault_says() -> None:
    for case in CASES:
        assert (case.scenario, case.expect) == (FAULTS[case.id].scenario, FAULTS[case.id].expect)


def test_names_are_neutral_and_groups_too() -> None:
    for case in CASES:
        assert re.fullmatch(r"r-[0-9a-f]{8}", case.id)
        assert re.fullmatch(r"g-[0-9a-f]{6}", case.scenario.group)


def test_no_answer_stands_where_the_run_could_read_it() -> None:
    for case in CASES:
        seen = case.text + (case.folder / "scenario.yaml").read_text(encoding="utf-8")
        assert CANARY not in seen
        assert case.expect.root_cause not in seen
        assert not {str(category) for category in case.expect.categories} & set(case.scenario.tags)


def test_labels_are_complete_and_do_not_contradict_each_other() -> None:
    for case in CASES:
        expect = case.expect
        assert case.scenario.suite is Suite.RECORDED
        assert record_of(case).category is expect.category
        assert expect.root_cause.endswith(".")
        assert len(expect.keywords) >= 3
        assert expect.category not in expect.also_accept
        assert expect.fix_kind not in expect.also_fix
        assert expect.surface_category not in expect.categories


@pytest.mark.parametrize("tag", ["cascade", "coloured", "foreign", "hostile", "json", "secrets", "wrapped"])
def test_there_are_failures_of_every_odd_kind(tag: str) -> None:
    assert Counter(tag for case in CASES for tag in case.scenario.tags)[tag] >= 2


def test_there_are_red_herrings() -> None:
    assert sum(case.expect.surface_category is not None for case in CASES) >= 20


def test_a_secret_that_must_not_be_shown_again_is_in_the_failure() -> None:
    for case in CASES:
        assert all(secret in case.text for secret in case.expect.secrets)


def test_what_changes_from_run_to_run_is_levelled() -> None:
    volatile = re.compile(r"/tmp/tmp|/root\b|/home/(?!ci/)|127\.0\.0\.1:(?!8080|50000|9\b)\d+")
    for case in CASES:
        assert not volatile.search(case.text), case.id
        assert case.text.endswith("\n")


def test_folders_are_readable_by_people() -> None:
    for case in CASES:
        for name in ("scenario.yaml", "expect.yaml"):
            text = (case.folder / name).read_text(encoding="utf-8")
            kinds = {type(event) for event in yaml.parse(text, Loader=yaml.SafeLoader)}
            assert yaml.AliasEvent not in kinds
            assert "{" not in text.splitlines()[0]


def test_two_runs_that_differ_in_what_they_cannot_help_are_the_same_once_levelled() -> None:
    one = "noise\n╷\n\x1b[31mError: Cycle: b, a\nlookup x.invalid on 10.0.0.2:53: after 3s in 1.5s\n"
    two = "other\n╷\nError: Cycle: a, b\nlookup x.invalid on 10.0.9.9:53: after 41s in 12ms\n"
    assert levelled(one, {}, whole=False, colour=False) == levelled(two, {}, whole=False, colour=False)


def by_id(name: str) -> Case:
    [case] = [case for case in CASES if FAULTS[case.id].name == name]
    return case


def test_what_a_wrapper_added_is_kept() -> None:
    assert by_id("actions-log").text.startswith("2026-11-20T10:00:00.0000000Z ")
    assert "\x1b[31m" in by_id("gitlab-log").text
    assert by_id("json-undeclared").text.startswith('{"@level"')

"""What `runs`, `incidents` and wrong ids tell: why, that there are more, and where it was looked."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click import Command
from click.testing import CliRunner

from contracts.errors import SettingsError, UnknownRunError
from contracts.run import RunRequest
from contracts.settings import ModuleSettings
from planner.commands.history import runs, show
from planner.commands.incidents import incidents
from planner.request import Flags, request_of
from tests.fakes.seeded_store import seed

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seed(tmp_path_factory.mktemp("home"), runs=30, now=NOW)


def said(home: Path, command: Command, *words: str) -> str:
    done = CliRunner().invoke(command, [*words, "--home", str(home)])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_run_that_failed_is_listed_with_its_reason(home: Path) -> None:
    listed = json.loads(said(home, runs, "--json", "--limit", "40"))
    lines = said(home, runs, "--limit", "40").splitlines()
    failed = [(row, line) for row, line in zip(listed, lines, strict=True) if row["state"] == "FAILED"]
    assert failed
    assert all(row["reason"][:40] in line for row, line in failed)


def test_older_runs_that_are_not_listed_are_spoken_of_beside_the_list(home: Path) -> None:
    done = CliRunner().invoke(runs, ["--limit", "5", "--home", str(home)])
    assert len(done.stdout.splitlines()) == 5, "a script takes each line for a run"
    assert done.stderr == "… and older ones: planner runs --limit 10\n"
    assert "older" not in said(home, runs, "--limit", "40")
    assert len(json.loads(said(home, runs, "--limit", "5", "--json"))) == 5


def test_programs_see_which_runs_wait_for_a_person(home: Path) -> None:
    listed = json.loads(said(home, runs, "--json", "--limit", "40"))
    assert sum(row["waits"] for row in listed) == 2
    assert all(row["state"] == "DIAGNOSING" for row in listed if row["waits"])


def test_an_incident_names_its_run_and_its_module(home: Path) -> None:
    newest = json.loads(said(home, incidents, "--json", "--limit", "1"))[0]
    told = said(home, incidents, "show", str(newest["id"]))
    assert f"planner show {newest['run_id']}" in told
    assert newest["module"] in told


def test_what_is_found_by_words_comes_newest_first(home: Path) -> None:
    listed = json.loads(said(home, incidents, "--json"))
    word = Counter(row["incident"]["category"] for row in listed).most_common(1)[0][0]
    found = json.loads(said(home, incidents, "search", word, "--json"))
    assert len(found) > 1
    assert [row["at"] for row in found] == sorted((row["at"] for row in found), reverse=True)


def test_who_names_a_run_that_is_not_there_is_told_where_it_was_looked_for(home: Path) -> None:
    done = CliRunner().invoke(show, ["zzz", "--home", str(home)])
    assert isinstance(done.exception, UnknownRunError)
    assert str(home / "planner.db") in str(done.exception)


def test_a_home_that_was_named_is_named_with_the_commands_that_need_it_too(home: Path) -> None:
    run_id = json.loads(said(home, runs, "--json", "--limit", "1"))[0]["run_id"]
    assert said(home, show, run_id).splitlines()[-1] == f"  these commands need --home {home} too"


def test_a_run_without_any_time_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--timeout 0 leaves no time for anything"):
        request_of(tmp_path, Flags(timeout="0"), ModuleSettings(), lambda: "none")
    assert isinstance(request_of(tmp_path, Flags(), ModuleSettings(), lambda: "none"), RunRequest)

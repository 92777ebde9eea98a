"""A settings file that means more than it says is refused before it costs anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import SettingsError
from planner.config import settings_of

LEVELS = "\n".join(
    f"      l{n}: &l{n} [{', '.join(['x' if not n else f'*l{n - 1}'] * 10)}]" for n in range(10)
)
BOMB = f"checks:\n  health:\n  - aws: s3.head_bucket\n    params:\n{LEVELS}\n"
ALIASES = {
    "aliases of aliases": (BOMB, 6, "l0"),
    "one alias": ("limits: &all {max_retries: 1}\nchecks: *all\n", 2, "all"),
    "a merge": ("limits: &all {max_retries: 1}\nchecks:\n  <<: *all\n", 3, "all"),
}


@pytest.mark.parametrize(("text", "line", "name"), ALIASES.values(), ids=ALIASES)
def test_an_alias_is_refused_where_it_stands(tmp_path: Path, text: str, line: int, name: str) -> None:
    path = tmp_path / "planner.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        settings_of(path)
    assert f"line {line}: *{name} is an alias: write out what it stands for" in refused.value.what


def test_an_anchor_that_nothing_uses_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "planner.yaml"
    path.write_text("limits: &all {max_retries: 1}\n", encoding="utf-8")
    assert settings_of(path).limits.max_retries == 1


@pytest.mark.parametrize("said", [".inf", "-.inf", ".nan", "-3", "1.0e+300"])
@pytest.mark.parametrize("limit", ["timeout", "apply_timeout"])
def test_a_duration_that_no_clock_shows_is_a_mistake(tmp_path: Path, limit: str, said: str) -> None:
    path = tmp_path / "planner.yaml"
    path.write_text(f"limits: {{{limit}: {said}}}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="is no duration"):
        settings_of(path)


def refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "planner.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        settings_of(path)
    return refused.value.what.removeprefix(f"{path}, ")


TYPING_ERRORS = {
    "at the top": ("version: 1\nlimts: {}\n", "line 2: limts: no such key; did you mean 'limits'?"),
    "further down": (
        "limits:\n  max_retry: 3\n",
        "line 2: limits.max_retry: no such key; did you mean 'max_retries'?",
    ),
    "in a list": (
        "checks:\n  outputs:\n  - {name: a, match: b}\n",
        "line 3: checks.outputs.0.match: no such key; did you mean 'matches'?",
    ),
    "in a health check": (
        "checks:\n  health:\n  - http: http://a\n    statuss: 200\n",
        "line 4: checks.health.0.statuss: no such key; did you mean 'status'?",
    ),
    "in a profile of one's own": (
        "profiles:\n  mine:\n    autnomy: fix\n",
        "line 3: profiles.mine.autnomy: no such key; did you mean 'autonomy'?",
    ),
    "in a kind of remediation": (
        "approve: {edit_confg: auto}\n",
        "line 1: approve.edit_confg: no such key; did you mean 'edit_config'?",
    ),
    "in a word": (
        "autonomy: sugest\n",
        "line 1: autonomy: should be 'observe', 'suggest' or 'fix'; did you mean 'suggest'?",
    ),
    "like no key": ("policy: {zzz: 1}\n", "line 1: policy.zzz: no such key; there are destroy"),
}


@pytest.mark.parametrize(("text", "told"), TYPING_ERRORS.values(), ids=TYPING_ERRORS)
def test_a_typing_error_is_told_with_its_line_its_key_and_the_nearest_right_one(
    tmp_path: Path, text: str, told: str
) -> None:
    assert refusal(tmp_path, text) == told


def test_mistakes_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    told = refusal(tmp_path, "limts: {}\nchekcs: {}\nautonomy: fxi\n").splitlines()
    assert [line.split("line ")[1][0] for line in told] == ["1", "2", "3"]


WORDS = {
    "a map where a list belongs": ("checks: {state: {}}\n", "line 1: checks.state: should be a list"),
    "a text where keys belong": (
        "checks: {state: [x]}\n",
        "line 1: checks.state.0: should hold keys and values",
    ),
    "a list for a file": ("- a\n", "line 1: the file: should hold keys and values"),
    "a number for a duration": (
        "limits: {timeout: []}\n",
        "line 1: limits.timeout: is no duration; write 30s",
    ),
    "no text": ("model: 3\n", "line 1: model: should be text; put it in quotes"),
    "a health check's own key": (
        "checks:\n  health: [{http: 'http://a', status: up}]\n",
        "line 2: checks.health.0.status: should be a valid integer",
    ),
}


@pytest.mark.parametrize(("text", "told"), WORDS.values(), ids=WORDS)
def test_a_mistake_is_told_in_words_of_the_file(tmp_path: Path, text: str, told: str) -> None:
    assert refusal(tmp_path, text).startswith(told)


LATE = {
    "a broken expression": (
        "checks:\n  outputs:\n  - {name: a, matches: '^(http'}\n",
        "line 3: checks.outputs.0.matches: is no regular expression: missing )",
    ),
    "a target without a port": (
        "checks:\n  health: [{tcp: 10.0.0.5}]\n",
        "line 2: checks.health.0.tcp: should be HOST:PORT",
    ),
    "a URL that is none of HTTP": (
        "checks:\n  health:\n  - {http: 'ftp://a/health'}\n",
        "line 3: checks.health.0.http: should be a URL that begins with http:// or https://",
    ),
    "no time for the run": ("limits: {timeout: 0}\n", "line 1: limits.timeout: leaves no time for anything"),
    "no time for an apply": (
        "limits:\n  apply_timeout: 0s\n",
        "line 2: limits.apply_timeout: leaves no time for anything",
    ),
    "a profile that nobody defined": (
        "version: 1\nprofile: prod\n",
        "line 2: profile: there is no profile 'prod'",
    ),
}


@pytest.mark.parametrize(("text", "told"), LATE.values(), ids=LATE)
def test_what_could_only_fail_after_an_apply_is_refused_before_anything_begins(
    tmp_path: Path, text: str, told: str
) -> None:
    assert refusal(tmp_path, text).startswith(told)

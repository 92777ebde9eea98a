"""A user's own rules mask what they name, are refused where they cannot work, and cost linear time."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from contracts.errors import SettingsError
from diagnosis.redact import SecretRedactor
from diagnosis.redaction.user_rules import user_rules
from planner.wiring import redactor_of

RULES = r"""
title = "of the house"

[[rules]]
id = "house-token"
description = "tokens of the house"
regex = '''(?i)house[_-]?id["'= ]{1,5}(h[0-9]{8})\b'''
secretGroup = 1
keywords = ["house"]

[[rules]]
id = "ticket"
regex = '''TICK-[[:alnum:]]{10}'''
entropy = 3.5
[[rules.allowlists]]
regexes = ['''TICK-0{10}''']

[[rules]]
id = "only-a-path"
path = '''\.pem$'''

[allowlist]
stopwords = ["example"]
"""


def redactor(folder: Path, text: str = RULES) -> SecretRedactor:
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return SecretRedactor(key=b"k", rules=user_rules(path))


SEEN = {
    "the group that is the secret": ('house_id = "h12345678" end', 'house_id = "<secret:'),
    "the whole where no group is named": ("see TICK-a1B2c3D4e5.", "see <secret:"),
    "in colours": ("see \x1b[31mTICK-a1B2c3D4e5\x1b[0m", "<secret:"),
    "in escapes": (r"{\"t\": \"TICK-a1B2c3D4e5\"}", "<secret:"),
}


@pytest.mark.parametrize(("text", "shown"), SEEN.values(), ids=SEEN)
def test_a_rule_masks(tmp_path: Path, text: str, shown: str) -> None:
    masked = redactor(tmp_path).redact(text)
    assert shown in masked
    assert "a1B2c3D4e5" not in masked
    assert "12345678" not in masked


@pytest.mark.parametrize("text", ["TICK-0000000000", "TICK-EXAMPLE123", "h12345678 alone", "cert.pem"])
def test_what_a_file_allows_or_does_not_name_is_left_alone(tmp_path: Path, text: str) -> None:
    assert redactor(tmp_path).redact(text) == text


def test_planners_own_rules_hold_beside_them_and_values_can_be_added(tmp_path: Path) -> None:
    both = redactor(tmp_path).with_values(["the-known-one"])
    assert both.redact('password = "abc123def" TICK-a1B2c3D4e5 the-known-one').count("<secret:") == 3


NUMBERED = "[[rules]]\nid = 'ticket'\nregex = 'no (TICK-[0-9]{10})'\n"
SAID = "see no TICK-1234567890 today"
LETS_PASS = {
    "the secret": "[[rules.allowlists]]\nregexes = ['^TICK-1']",
    "the whole match": "[[rules.allowlists]]\nregexTarget = 'match'\nregexes = ['^no TICK']",
    "its line": "[[rules.allowlists]]\nregexTarget = 'line'\nregexes = ['^see .* today$']",
    "both of two": "[[rules.allowlists]]\ncondition = 'AND'\nregexes = ['TICK']\nstopwords = ['1234']",
    "a word, for this rule": "[[allowlists]]\ntargetRules = ['ticket']\nstopwords = ['tick']",
}
DOES_NOT = {
    "a match where the secret is meant": "[[rules.allowlists]]\nregexes = ['^no TICK']",
    "one of two": "[[rules.allowlists]]\ncondition = 'AND'\nregexes = ['TICK']\nstopwords = ['4321']",
    "a path as well": "[[rules.allowlists]]\ncondition = 'AND'\nregexes = ['TICK']\npaths = ['tests/']",
    "a path": "[[rules.allowlists]]\npaths = ['.*']",
    "another rule": "[[allowlists]]\ntargetRules = ['other']\nregexes = ['TICK']",
    "another line": "[[rules.allowlists]]\nregexTarget = 'line'\nregexes = ['before']",
}


@pytest.mark.parametrize("allow", LETS_PASS.values(), ids=LETS_PASS)
def test_what_an_allowlist_names_passes(tmp_path: Path, allow: str) -> None:
    assert redactor(tmp_path, NUMBERED + allow).redact(f"before\n{SAID}\nafter") == f"before\n{SAID}\nafter"


@pytest.mark.parametrize("allow", DOES_NOT.values(), ids=DOES_NOT)
def test_what_it_names_in_part_or_for_another_does_not_pass(tmp_path: Path, allow: str) -> None:
    assert "1234567890" not in redactor(tmp_path, NUMBERED + allow).redact(f"before\n{SAID}\nafter")


def test_half_a_character_in_a_text_stops_no_rule(tmp_path: Path) -> None:
    for text in (json.dumps("\U0001f600 see TICK-a1B2c3D4e5"), "\ud83d see TICK-a1B2c3D4e5 ü"):
        masked = redactor(tmp_path).redact(text)
        assert "a1B2c3D4e5" not in masked
        assert masked.startswith(text[: text.index("TICK")])


def test_a_greedy_rule_masks_no_mask_again_and_tells_secrets_apart(tmp_path: Path) -> None:
    greedy = redactor(tmp_path, "[[rules]]\nid = 'rest'\nregex = 'note: (.*)'")
    first = greedy.redact('note: one thing, password = "abc123def"')
    assert greedy.redact(first) == first
    assert greedy.redact("note: another thing altogether") != greedy.redact("note: this one here")


BROKEN = {
    "no TOML": "rules = [",
    "a rule without a name": "[[rules]]\nregex = 'a'",
    "a condition that is none": "[[allowlists]]\ncondition = 'XOR'",
    "an allowed expression that is none": "[[rules]]\nid = 'x'\nregex = 'a'\n[allowlist]\nregexes = ['((']",
    "the rules of a second file": "[extend]\npath = 'more.toml'",
    "an expression that is none": "[[rules]]\nid = 'x'\nregex = '(('",
    "what RE2 does not know": "[[rules]]\nid = 'x'\nregex = '(?<=a)b'",
    "a group that is not there": "[[rules]]\nid = 'x'\nregex = 'a(b)'\nsecretGroup = 2",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_used_is_the_operators_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        redactor(tmp_path, text)
    assert "rules.toml" in str(caught.value)


def test_the_error_names_the_rule_and_why(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"rule x: RE2 .*missing \)"):
        redactor(tmp_path, BROKEN["an expression that is none"])
    with pytest.raises(SettingsError, match=r"rules\.0\.id: Field required"):
        redactor(tmp_path, BROKEN["a rule without a name"])


def test_without_re2_the_file_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    with pytest.raises(SettingsError, match="google-re2"):
        redactor(tmp_path)


def test_no_rule_can_take_more_than_linear_time(tmp_path: Path) -> None:
    evil = redactor(tmp_path, "[[rules]]\nid = 'x'\nregex = '(a+)+$'\nkeywords = ['a']")
    start = time.process_time()
    evil.redact("a" * 200_000 + "!")
    assert time.process_time() - start < 2


def test_the_file_is_named_by_the_environment(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(RULES, encoding="utf-8")
    found = redactor_of(
        {"PLANNER_REDACTION_RULES": str(tmp_path / "rules.toml"), "DB_PASSWORD": "swordfish-1"}
    )
    assert found.redact("TICK-a1B2c3D4e5 swordfish-1").count("<secret:") == 2
    with pytest.raises(SettingsError):
        redactor_of({"PLANNER_REDACTION_RULES": str(tmp_path / "gone.toml")})

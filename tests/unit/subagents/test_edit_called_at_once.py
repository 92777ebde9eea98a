"""What a failure says is foreign, and may be long and odd: what it speaks of is told at once all the same."""

from __future__ import annotations

import time

import pytest

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from subagents.remediator.edit_called import Failed
from subagents.remediator.edit_policy import judge

BODY = "".join(f'  argument{i} = "value{i}"\n' for i in range(30))
MAIN = f'resource "null_resource" "a" {{\n{BODY}}}\n'
LONG = 100_000
WORDS = {
    "many names of one block": " ".join(f"null_resource.a.b{i}" for i in range(LONG // 20)),
    "an index that never ends": "a[" * (LONG // 2),
    "an index that never ends, of a block": "null_resource.a[" + "[" * LONG,
    "one name of many parts": "null_resource.a" + ".b" * (LONG // 2),
    "one word": "a" * LONG,
    "words that are nearly a value": "value2 value" * (LONG // 12),
    "large letters": "A" * LONG + "a",
}


@pytest.mark.parametrize("address", [False, True], ids=["said", "said and addressed"])
@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_words_without_end_hold_nothing_up(words: str, *, address: bool) -> None:
    said = Diagnostic(
        severity=Severity.ERROR,
        summary="Wrong",
        detail=words,
        address=words if address else "null_resource.a",
        range=SourceRange(filename="main.tf", start_line=1, end_line=31),
    )
    start = time.perf_counter()
    judge({"main.tf": MAIN}, {"main.tf": MAIN.replace("value7", "other")}, failure=Failed.of([said], words))
    assert time.perf_counter() - start < 1


def test_what_is_said_far_behind_a_long_text_excuses_nothing() -> None:
    for words, rules in ((" x" * 9, set[str]()), (" x" * LONG, {"edit:beside"})):
        said = Diagnostic(severity=Severity.ERROR, summary="Wrong", detail=f'{words} "value7"')
        said = said.model_copy(update={"address": "null_resource.a"})
        after = {"main.tf": MAIN.replace("value7", "other")}
        found = judge({"main.tf": MAIN}, after, failure=Failed.of([said]))
        assert {each.rule for each in found} == rules

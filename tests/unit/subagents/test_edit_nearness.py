"""Whether one text is another one mistyped: at most two letters, told at once however long the texts are."""

from __future__ import annotations

import random
import time

import pytest

from subagents.remediator.edit_pairs import is_near

LONG = "".join(random.Random(7).choices("abcdef \n", k=100_000))


def by_the_whole_table(old: str, new: str) -> bool:
    row = list(range(len(new) + 1))
    for i, letter in enumerate(old, 1):
        last, row = row, [i]
        for j, other in enumerate(new, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != other)))
    return row[-1] <= 2


def test_the_short_way_says_what_the_whole_table_says() -> None:
    dice = random.Random(1)
    for _ in range(3000):
        old, new = ("".join(dice.choices("abc", k=dice.randrange(8))) for _ in range(2))
        assert is_near(old, new) == by_the_whole_table(old, new), (old, new)


@pytest.mark.parametrize(
    ("other", "near"),
    [
        (LONG[:50_000] + "xy" + LONG[50_002:], True),
        (LONG[:50_000] + LONG[50_002:], True),
        ("x" + LONG[1:-1] + "y", True),
        ("x" + LONG[:-1], True),
        ("x" + LONG[1:50_000] + "x" + LONG[50_001:-1] + "x", False),
        ("xyz" + LONG, False),
        (LONG[::-1], False),
    ],
)
def test_long_texts_are_compared_at_once(other: str, *, near: bool) -> None:
    start = time.perf_counter()
    assert is_near(LONG, other) == near
    assert time.perf_counter() - start < 1

"""A note of what was cut stands only where it is shorter than what it stands for."""

from __future__ import annotations

from contracts.text import cap


def test_a_note_is_never_longer_than_what_it_stands_for() -> None:
    for length in range(1, 400):
        text = "x" * length
        cut = cap(text, 100)
        assert len(cut) <= len(text)
        assert cut == text or "characters cut" in cut


def test_what_is_cut_is_hardly_longer_than_the_limit() -> None:
    assert len(cap("x" * 10_000, 100)) < 140

"""The machine's clock and its fake: what both promise, and what only one does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, timedelta

import pytest

from contracts.ports import Clock
from subagents.clock import SystemClock, Wake
from tests.fakes.clock import START, ManualClock

CLOCKS: dict[str, Callable[[], Clock]] = {"the machine's clock": SystemClock, "the fake": ManualClock}


@pytest.mark.parametrize("new", CLOCKS.values(), ids=CLOCKS.keys())
def test_a_sleep_moves_both_clocks_at_least_so_far(new: Callable[[], Clock]) -> None:
    clock = new()
    began, wall = clock.monotonic(), clock.now()
    clock.sleep(0.02)
    assert clock.monotonic() - began >= 0.02
    assert clock.now() - wall >= timedelta(milliseconds=15)  # the wall clock may be adjusted


@pytest.mark.parametrize("new", CLOCKS.values(), ids=CLOCKS.keys())
def test_now_is_in_utc(new: Callable[[], Clock]) -> None:
    assert new().now().tzinfo is UTC


@pytest.mark.parametrize("new", CLOCKS.values(), ids=CLOCKS.keys())
def test_a_negative_sleep_is_none(new: Callable[[], Clock]) -> None:
    clock = new()
    began = clock.monotonic()
    clock.sleep(-5)
    assert 0 <= clock.monotonic() - began < 4


def test_a_set_event_ends_a_sleep_early_and_those_after_it() -> None:
    wake = Wake()
    clock = SystemClock(wake)
    threading.Timer(0.05, wake.set).start()
    began = time.monotonic()
    clock.sleep(30)
    clock.sleep(30)
    assert time.monotonic() - began < 5


def test_the_fake_moves_only_when_told_and_records_its_sleeps() -> None:
    clock = ManualClock()
    assert clock.now() == START
    clock.sleep(2.5)
    clock.advance(10)
    assert clock.now() == START + timedelta(seconds=12.5)
    assert clock.monotonic() == 12.5
    assert clock.sleeps == [2.5]

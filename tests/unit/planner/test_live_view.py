"""What is redrawn on a terminal keeps to its line: what wraps leaves rests of itself behind."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from contracts.terraform import Progress
from planner.live import LiveView

LONG = f"module.{'a' * 60}.terraform_data.box"


def drawn(view: LiveView, width: int) -> list[str]:
    out = StringIO()
    Console(file=out, width=width, force_terminal=False, legacy_windows=False).print(view._draw())
    return [line.rstrip() for line in out.getvalue().splitlines() if line.strip()]


@pytest.fixture
def view() -> LiveView:
    view = LiveView()
    view.close()
    return view


def test_the_line_of_the_state_tells_nothing_that_is_not(view: LiveView) -> None:
    assert [line[1:] for line in drawn(view, 80)] == [" INIT  0 s"]


@pytest.mark.parametrize("width", [20, 40, 80])
def test_each_line_that_is_redrawn_is_one_line(view: LiveView, width: int) -> None:
    view._state, view._cost = "DIAGNOSING", 0.0123
    view.on_progress(Progress(address="a.b", action="create", phase="complete", elapsed_s=1))
    view.on_progress(Progress(address=LONG, action="create", phase="start", elapsed_s=0))
    lines = drawn(view, width)
    assert len(lines) == 2
    assert all(len(line) <= width for line in lines)
    if width == 80:
        assert lines[0][1:] == " DIAGNOSING  1 done, 1 busy, 0 s, $0.0123"
        assert lines[1].endswith("create 0 s")

"""The way of a run through its states, drawn: one small picture a state, which wrap like words. Pure.

A state that is well stands on the upper line, DIAGNOSING and FAILED on the
lower one; the line between two says which event led from one to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from contracts.report import Stay
from contracts.run import RunEvent, RunState
from planner.reporting.markup import Markup, el
from planner.reporting.words import count, head_and_tail, span

_MOST = 60
"""States that are drawn; of a longer way, the first and the last."""
_LOW = frozenset({RunState.DIAGNOSING, RunState.FAILED})
_UPPER_Y, _LOWER_Y = 30, 88
_BELOW = 44
"""What a box and the line under it take below their middle."""
_ARROW, _BOX, _TAIL = 62, 106, 4


def drawn(path: Sequence[Stay]) -> Markup:
    """The states in their order."""
    events = (None, *(stay.event for stay in path))
    before = (None, *(stay.state for stay in path))
    height = max(_y(stay.state) for stay in path) + _BELOW
    steps = [
        _step(stay, event, came_from, height, goes_on=place < len(path) - 1)
        for place, (stay, event, came_from) in enumerate(zip(path, events, before, strict=False))
    ]
    head, more, tail = head_and_tail(steps, _MOST)
    gap = (el("span", f"… {count(more, 'more state')} …", class_="gap"),) if more else ()
    return el("ol", [el("li", step) for step in chain(head, gap, tail)], class_="path")


def _step(
    stay: Stay, event: RunEvent | None, came_from: RunState | None, height: int, *, goes_on: bool
) -> Markup:
    left = _ARROW if came_from else 0
    width = left + _BOX + _TAIL
    y = _y(stay.state)
    took = span(stay.seconds) if stay.event or stay.seconds else ""
    waited = f"waited {span(stay.waited_s)}" if stay.waited_s else ""
    said = ", ".join(filter(None, (f"{stay.state} {took}".strip(), waited, event and f"came by {event}")))
    middle = left + _BOX / 2
    return el(
        "svg",
        _arrow(_y(came_from), y, event) if came_from else None,
        el("line", x1=left + _BOX, y1=y, x2=width, y2=y, class_="way") if goes_on else None,
        el("rect", x=left + 1, y=y - 22, width=_BOX - 2, height=44, rx=6, class_=f"box {stay.state.lower()}"),
        el("text", stay.state, x=middle, y=y - (3 if took else -4), class_=f"name {stay.state.lower()}"),
        el("text", took, x=middle, y=y + 14, class_=f"took {stay.state.lower()}") if took else None,
        el("text", waited, x=middle, y=y + 37, class_="event") if waited else None,
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_label=said,
    )


def _arrow(from_y: int, to_y: int, event: RunEvent | None) -> tuple[Markup, ...]:
    """The line from the state before, and the event that it is."""
    end = _ARROW - 5
    curve = f"M0 {from_y} C{_ARROW * 0.6:.0f} {from_y} {_ARROW * 0.2:.0f} {to_y} {end} {to_y}"
    head = f"M{end - 1} {to_y - 5} L{_ARROW} {to_y} L{end - 1} {to_y + 5} Z"
    label_y = from_y + 17 if to_y < from_y else from_y - 8
    return (
        el("path", d=curve, class_="way"),
        el("path", d=head, class_="head"),
        el("text", event or "", x=2, y=label_y, class_="event start"),
    )


def _y(state: RunState) -> int:
    return _LOWER_Y if state in _LOW else _UPPER_Y

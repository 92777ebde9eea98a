"""S-01, S-02, S-05 over every state a run can reach, for every cap up to six and any number of crashes.

That every (state, event) pair is defined, and none by default, is proven in
tests/unit/planner/test_machine.py; the simulator proves the same promises of the whole engine.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from contracts.run import TERMINAL, RunEvent, RunState
from tests.assurance.table_search import Edge, Node, search

CAPS = range(7)


@pytest.mark.parametrize("cap", CAPS)
def test_no_run_is_longer_than_its_cap_whatever_happens_and_none_turns_in_circles(cap: int) -> None:
    found = search(cap)
    assert max(node.runs for node in found) == cap + 1
    assert max(node.calls for node in found) == cap
    assert {node.state for node in found} == set(RunState)
    assert not [
        node for node, edges in found.items() if not edges and node.state not in TERMINAL and not waits(node)
    ]
    assert not [node for node in found if node.state in TERMINAL and found[node]], (
        "a late event moves nothing"
    )
    assert circle(found) is None
    print(f"cap {cap}: {len(found)} states, {sum(map(len, found.values()))} transitions")  # noqa: T201 - the numbers are the point


def waits(node: Node) -> bool:
    """Whether only a person can let it go on: it is parked, and its question expires."""
    return node.waits


def circle(found: Mapping[Node, list[Edge]]) -> Node | None:
    """A node that a run can come back to of its own, nobody having done anything."""
    left = dict.fromkeys(found, 0)
    for edges in found.values():
        for edge in edges:
            if not edge.outside:
                left[edge.to] += 1
    free = [node for node, count in left.items() if not count]
    removed = 0
    while free:
        node = free.pop()
        removed += 1
        for edge in found[node]:
            if not edge.outside:
                left[edge.to] -= 1
                if not left[edge.to]:
                    free.append(edge.to)
    return None if removed == len(found) else next(node for node, count in left.items() if count)


def test_a_table_that_let_a_run_go_on_for_nothing_is_seen() -> None:
    """The search itself: a circle is found, and a retry that is not counted breaks the cap."""
    a, b = Node(), Node(runs=1)
    assert circle({a: [Edge(b)], b: [Edge(a)]}) in {a, b}
    assert circle({a: [Edge(b)], b: [Edge(a, outside=True)]}) is None


def test_a_retry_that_is_not_counted_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.assurance import table_search  # noqa: PLC0415 - it is patched

    real = table_search.table

    def uncounted(state: RunState, event: RunEvent, retries: int, cap: int) -> tuple[RunState, int]:
        return real(state, event, retries, cap)[0], retries

    monkeypatch.setattr(table_search, "table", uncounted)
    assert max(node.runs for node in search(1)) > 2

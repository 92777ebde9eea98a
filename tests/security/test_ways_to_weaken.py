"""One thing said in the words of many providers: an edit that weakens, opens or hands over is asked about.

A row of `ways_to_weaken.txt` is a rule, a type of resource, and its body, in which
`⟦was→is⟧` marks what the edit replaces.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contracts.proposal import Verdict
from subagents.remediator.edit_policy import judge

_MARK = re.compile(r"⟦([^⟦⟧→]*)→([^⟦⟧→]*)⟧")
ROWS = [
    line.split(" ", 2)
    for line in Path(__file__).with_name("ways_to_weaken.txt").read_text(encoding="utf-8").splitlines()
]


def test_there_are_many_ways_and_providers() -> None:
    assert len(ROWS) >= 150
    assert len({kind.partition("_")[0] for _, kind, _ in ROWS}) >= 12


@pytest.mark.parametrize(("rule", "kind", "body"), ROWS, ids=[f"{kind}: {body}" for _, kind, body in ROWS])
def test_a_way_to_weaken_is_for_a_person(rule: str, kind: str, body: str) -> None:
    lines = body.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
    before, after = (f'resource "{kind}" "a" {{\n{_MARK.sub(side, lines)}\n}}\n' for side in (r"\1", r"\2"))
    found = judge({"main.tf": before}, {"main.tf": after})
    assert Verdict.STOP in {each.verdict for each in found} or (rule, Verdict.ASK) in {
        (each.rule, each.verdict) for each in found
    }

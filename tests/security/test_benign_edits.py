"""What a correct repair costs: the edit policy refuses few, and asks a person for few (AS-05)."""

from __future__ import annotations

from contracts.proposal import Verdict
from subagents.remediator.edit_called import Failed
from subagents.remediator.edit_policy import judge
from subagents.remediator.hcl import read
from tests.security.benign_edits import edits, failure

EDITS = list(edits())


def test_there_are_enough_repairs_each_of_them_its_own() -> None:
    assert len(EDITS) >= 200
    assert len({edit.name for edit in EDITS}) == len(EDITS)
    assert len({(*edit.before.values(), *edit.after.values()) for edit in EDITS}) == len(EDITS)


def test_what_a_repair_makes_can_be_read() -> None:
    assert [edit.name for edit in EDITS if not all(read(text) for text in edit.after.values())] == []


def test_few_repairs_are_refused_and_few_need_a_person() -> None:
    verdicts = {
        edit.name: {
            found.verdict for found in judge(edit.before, edit.after, failure=Failed.of(failure(edit)))
        }
        for edit in EDITS
    }
    refused = [name for name, found in verdicts.items() if Verdict.STOP in found]
    asked = [name for name, found in verdicts.items() if found == {Verdict.ASK}]
    assert len(refused) <= 0.03 * len(EDITS), refused
    assert len(asked) <= 0.10 * len(EDITS), asked

"""The person of a scenario, who is asked where planner parks: yes to the gold fix, no to any other. Pure."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Sequence

from contracts.approval import ApprovalRequest
from contracts.remediation import EditConfig, ForceUnlock, Remediation, RemediationKind
from evals.scenario import Expectation


def says_yes(expect: Expectation, request: ApprovalRequest, before: Callable[[str], str]) -> bool:
    """Whether this person allows what is asked; `before` gives a file as planner found it."""
    if request.proposal is None:
        return expect.approve_plan
    fixes = request.proposal.remediations
    return bool(fixes) and all(_is_gold(expect, fix, fixes, before) for fix in fixes)


def _is_gold(
    expect: Expectation, fix: Remediation, fixes: Sequence[Remediation], before: Callable[[str], str]
) -> bool:
    if RemediationKind(fix.kind) not in expect.approve:
        return False
    if isinstance(fix, EditConfig):
        asked, gold = _lines(fixes, before), expect.gold
        # One cause after the other, or each by itself.
        right = [gold[: n + 1] for n in range(len(gold))] + [(one,) for one in gold]
        return bool(asked) and any(asked == _lines(some, before) for some in right)
    if isinstance(fix, ForceUnlock):
        return True  # a lock's id is made anew each time
    return any(_plain(fix) == _plain(gold) for gold in expect.gold)


def _plain(fix: Remediation) -> dict[str, object]:
    return fix.model_dump(exclude={"summary"})


def _lines(fixes: Sequence[Remediation], before: Callable[[str], str]) -> Counter[tuple[str, str]]:
    """The lines that edits take away and put in, by file: the same change may be worded in many ways."""
    texts: dict[str, str] = {}
    for fix in fixes:
        for edit in fix.edits if isinstance(fix, EditConfig) else ():
            text = texts.get(edit.file, before(edit.file))
            texts[edit.file] = text.replace(edit.search, edit.replace, 1)
    found: Counter[tuple[str, str]] = Counter()
    for name, text in texts.items():
        for line in difflib.ndiff(before(name).splitlines(), text.splitlines()):
            if line.startswith(("+ ", "- ")):
                found[name, line[0] + "".join(line[1:].split())] += 1
    return found


def what_is_asked(request: ApprovalRequest) -> tuple[str, ...]:
    """The kinds of the fixes that wait for an answer, or `plan`."""
    return tuple(str(f.kind) for f in request.proposal.remediations) if request.proposal else ("plan",)

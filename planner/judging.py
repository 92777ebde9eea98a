"""What the edit policy is asked: which files change, and what failure they are to mend. Pure.

What is allowed is decided in `subagents.remediator`, what follows from it in
`planner.proving`.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts.proposal import Finding
from contracts.record import RunRecord
from contracts.validation import CheckKind, CheckResult
from planner.settling import Failure
from subagents.remediator.edit_called import Failed
from subagents.remediator.edit_policy import judge
from subagents.remediator.edit_reach import Around
from subagents.remediator.work import GIVEN, Work


def failed_of(record: RunRecord, failure: Failure) -> Failed:
    """What the edits are to mend: this failure, and the one it came to light behind."""
    last = record.attempts[-1].diagnostics if record.attempts else ()
    checks = [_spoken_of(check) for check in record.checks if not check.passed]
    return Failed.of((*failure.diagnostics, *last), "\n".join([failure.text, *checks]))


def _spoken_of(check: CheckResult) -> str:
    """A check that did not pass, in its words; an output as the module's code calls it."""
    name = check.name.replace("outputs: ", "output.") if check.kind is CheckKind.OUTPUTS else check.name
    return f"{name} {check.detail}"


def judged(work: Work, before: Mapping[str, str], around: Around, failed: Failed) -> tuple[Finding, ...]:
    """What the edit policy says of the files, and of values given to the run as if they stood in one."""
    after = {name: change.after for name, change in work.files.items()}
    if work.variables:
        before = {GIVEN: "", **before}
        after = {GIVEN: before[GIVEN] + work.given, **after}
    return judge(before, after, around, failed)

"""What a fix says of the values of variables → what the settings of the run have a person asked. Pure.

An edit of a `.tfvars` file is answered as a whole in `planner.policy`; what may
be written into a file at all is `subagents.remediator.edit_policy`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from contracts.proposal import Finding, Verdict
from contracts.remediation import RemediationKind
from contracts.run import RunRequest
from contracts.settings import Approve
from planner.profiles import answer_for
from subagents.remediator.edit_policy import defaults
from subagents.remediator.work import Work

_VERDICTS = {Approve.ASK: Verdict.ASK, Approve.NEVER: Verdict.STOP}


def values_given(request: RunRequest, work: Work, before: Mapping[str, str]) -> Iterator[Finding]:
    """What is to be asked or refused; `before` holds the module's texts."""
    given = {variable.name for variable in request.variables}
    for variable in work.variables:
        if variable.name in given:
            what = "a person gave it another value with --var"
            yield Finding(rule="var:given", verdict=Verdict.ASK, where=f"var.{variable.name}", what=what)
    kinds = (RemediationKind.EDIT_CONFIG, RemediationKind.SET_VARIABLE)
    edit, answer = (answer_for(kind, request.autonomy, request.approve) for kind in kinds)
    verdict = _VERDICTS.get(answer)
    if verdict is not None and answer is not edit and edit is not Approve.NEVER and work.files:
        after = {name: change.after for name, change in work.files.items()}
        for name in defaults(before, after):
            what = f"it sets a default, and of set_variable the settings say {answer}"
            yield Finding(rule="var:default", verdict=verdict, where=f"var.{name}", what=what)

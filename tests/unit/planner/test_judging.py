"""Which failure an edit is judged by."""

from __future__ import annotations

from contracts.incident import Stage
from contracts.validation import CheckKind, CheckResult
from planner.judging import failed_of, judged
from planner.settling import Failure
from subagents.remediator.edit_config import Change
from subagents.remediator.edit_reach import Around
from subagents.remediator.work import Work
from tests.unit.planner.test_handover import record

CODE = """\
variable "shade" {
  default = 10
}

variable "size" {
  default = 1
}

output "colour" {
  value = var.shade
}
"""


def asked(old: str, new: str) -> set[str]:
    check = CheckResult(
        name="outputs: colour", kind=CheckKind.OUTPUTS, passed=False, detail="expected 12, saw 10"
    )
    failed = failed_of(record().model_copy(update={"checks": (check,)}), Failure(Stage.VALIDATE, ()))
    work = Work(files={"main.tf": Change(CODE, CODE.replace(old, new))})
    return {finding.rule for finding in judged(work, {"main.tf": CODE}, Around(), failed)}


def test_an_output_that_is_not_as_it_should_be_speaks_of_what_it_is_made_of() -> None:
    assert asked("default = 10", "default = 12") == set()


def test_and_of_nothing_else() -> None:
    assert asked("default = 1", "default = 2") == {"edit:beside"}

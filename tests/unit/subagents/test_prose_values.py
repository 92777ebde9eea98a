"""Values that a plan or an output shows are no words of a failure, whatever they say."""

from __future__ import annotations

import pytest

from subagents.terraform.prose import diagnostics_of

PLAN = """
Terraform will perform the following actions:

  # aws_sns_topic.alarms will be created
  + resource "aws_sns_topic" "alarms" {
      + policy = <<-EOT
            Error: AccessDenied
            panic: the bucket already exists
        EOT
      + tags   = {
          + "note" = "Quota exceeded"
        }
    }

Plan: 1 to add, 0 to change, 0 to destroy.

Changes to Outputs:
  + why = "Error: throttled"
"""
OUTSIDE = """
Note: Objects have changed outside of Terraform

Terraform detected the following changes made outside of Terraform since the
last "terraform apply" which may have affected this plan:

  # aws_sns_topic.alarms has been deleted
  - resource "aws_sns_topic" "alarms" {
      - name = "Error: gone"
    }
"""
OUTPUTS = """
Outputs:

why = "already exists"
list = [
  "Error: no",
]
text = <<EOT
  Error: in a text
EOT
"""
FAILS = """
╷
│ Error: creating SNS Topic (alarms): InternalError
│
│   with aws_sns_topic.alarms,
│   on main.tf line 1, in resource "aws_sns_topic" "alarms":
│    1: resource "aws_sns_topic" "alarms" {
╵
"""
FRAMES = {
    "as it is": lambda text: text,
    "indented": lambda text: "\n".join(f"    {line}" for line in text.split("\n")),
    "in a log": lambda text: "\n".join(f"2026-11-23T01:02:03.1234567Z {line}" for line in text.split("\n")),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("before", [PLAN, OUTSIDE + PLAN, OUTPUTS])
def test_only_what_fails_is_told(before: str, frame: object) -> None:
    assert callable(frame)
    found, rest = diagnostics_of(frame(before + FAILS))
    assert [d.summary for d in found] == ["creating SNS Topic (alarms): InternalError"]
    for word in ("AccessDenied", "panic", "Quota", "throttled", "already exists", "gone"):
        assert word not in rest


@pytest.mark.parametrize(
    "told",
    [
        "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\n\t/src/main.go:12",
        "Error: Invalid reference\n\n  on main.tf line 1:\n   1: x",
        "terraform_data.a: Creating...\nfatal error: out of memory",
        "Killed",
    ],
)
@pytest.mark.parametrize("before", [PLAN, PLAN.partition("Plan: 1")[0], OUTSIDE, OUTPUTS])
def test_what_comes_after_them_is_told_whole(before: str, told: str) -> None:
    alone = diagnostics_of(told)
    found, rest = diagnostics_of(before + told)
    assert found == alone[0]
    assert rest.endswith(alone[1])


def test_a_plan_of_an_older_terraform_that_fails_half_way_tells_its_failure() -> None:
    text = (
        "Terraform will perform the following actions:\n\n  + null_resource.a\n      id: <computed>\n\n"
        "Plan: 1 to add, 0 to change, 0 to destroy.\n\nError: Error applying plan:\n\n1 error occurred:\n"
        "\t* null_resource.a: exit status 1\n"
    )
    assert [d.summary for d in diagnostics_of(text)[0]] == ["exit status 1"]

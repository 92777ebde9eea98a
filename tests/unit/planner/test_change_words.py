"""Whoever is asked about a change is told why Terraform would make it."""

from __future__ import annotations

import pytest

from contracts.approval import ApprovalRequest
from contracts.terraform import ChangeAction, PlannedChange
from planner.change_words import outside, why
from planner.render_incident import pending_lines


def change(reason: str | None, before: str | None = None) -> PlannedChange:
    return PlannedChange(
        address="terraform_data.a", action=ChangeAction.REPLACE, reason=reason, previous_address=before
    )


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("tainted", "tainted"),
        ("cannot_update", "in place"),
        ("replace_triggered_by", "replace_triggered_by"),
        ("delete_because_no_resource_config", "no configuration"),
        ("delete_because_no_module", "no call"),
        ("delete_because_count_index", "count"),
        ("delete_because_each_key", "for_each"),
    ],
)
def test_terraforms_reason_stands_beside_what_is_asked_about(reason: str, said: str) -> None:
    request = ApprovalRequest(digest="d", question="q", changes=(change(reason),))
    (line,) = (line for line in pending_lines("r", request) if "terraform_data.a" in line)
    assert said in line.partition("terraform_data.a")[2]


@pytest.mark.parametrize("reason", [None, "a_reason_of_a_later_terraform"])
def test_without_a_reason_that_is_known_nothing_is_said(reason: str | None) -> None:
    assert why(change(reason)) == ""


def test_where_an_object_was_before_a_move_is_told_on_one_line() -> None:
    assert why(change("tainted", "terraform_data.b\nyes: planner approve")).startswith(
        "it was terraform_data.b"
    )
    assert "\n" not in why(change(None, "a\nb"))


def test_what_somebody_else_changed_is_told_with_what_is_gone() -> None:
    gone = PlannedChange(address="aws_sqs_queue.q", action=ChangeAction.DELETE)
    edited = PlannedChange(address="box.a\nb", action=ChangeAction.UPDATE)
    assert outside(()) == ""
    assert outside((gone, edited)).endswith("outside Terraform: aws_sqs_queue.q (gone), box.a b")
    assert outside((edited,) * 6).endswith(" and 2 more")


def test_the_attributes_that_force_a_replacement_stand_for_terraforms_reason() -> None:
    forced = change("cannot_update").model_copy(update={"forced_by": ("name", "zone")})
    assert why(forced) == "name, zone cannot be changed in place"

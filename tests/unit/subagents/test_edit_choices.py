"""Another value of what watches, tells, keeps or guards: a spelling is mended, a choice is asked about."""

from __future__ import annotations

import re

import pytest

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from subagents.remediator.edit_called import Failed
from subagents.remediator.edit_policy import judge
from subagents.remediator.edit_spelling import is_rewritten
from subagents.remediator.hcl_expression import Leaf


def rules(old: str, new: str, kind: str = "aws_thing") -> set[str]:
    before, after = (f'resource "{kind}" "a" {{\n  name = "x"\n{text}\n}}\n' for text in (old, new))
    return {found.rule for found in judge({"main.tf": before}, {"main.tf": after})}


SPELT = {
    "letters": ('severity = "hihg"', 'severity = "high"'),
    "case": ('log_level = "Info"', 'log_level = "INFO"'),
    "an abbreviation": (
        'comparison_operator = "GreaterThan"',
        'comparison_operator = "GreaterThanThreshold"',
    ),
    "a number for words": ('threshold = "five"', "threshold = 5"),
    "a list for a text": ('alarm_actions = "x"', 'alarm_actions = ["x"]'),
    "another name of a switch": ("https_only_enabled = true", "https_enabled = true"),
    "longer is kept": ("retention_days = 10", "retention_days = 14"),
}


@pytest.mark.parametrize(("old", "new"), SPELT.values(), ids=SPELT)
def test_how_a_value_is_written_may_be_mended(old: str, new: str) -> None:
    assert rules(old, new) == set()


CHOSEN = {
    "a unit": ('frequency_alert = "PT1M"', 'frequency_alert = "PT1H"'),
    "the opposite end": ('alarm_statistic = "Maximum"', 'alarm_statistic = "Minimum"'),
    "a wildcard beside": ('allowed_hosts = ["a.example"]', 'allowed_hosts = ["*.a.example"]'),
    "an address for mail": ('contact = "ann@example.com"', 'contact = "eve@example.com"'),
    "a switch goes": ("fancy = true", ""),
    "one of several is dropped": ('alert_users = ["a", "b"]', 'alert_users = ["a"]'),
    "a switch of another thing": ("audit_enabled = true", "feature_enabled = true"),
    "a switch that begins alike": ("enable_guard = true", "enable_http2 = true"),
    "a switch the other way round": ("guard_enabled = true", "guard_disabled = true"),
    "what was an address is a label": ('alarm_email = "ops@corp.com"', 'alarm_label = "ops@corp.com"'),
    "what it hangs on": ("webhook = var.a_hook", "webhook = var.quite_another"),
}


@pytest.mark.parametrize(("old", "new"), CHOSEN.values(), ids=CHOSEN)
def test_what_a_value_says_is_for_a_person(old: str, new: str) -> None:
    assert rules(old, new) != set()


def test_a_resource_that_exists_to_watch_says_nothing_that_is_not_chosen() -> None:
    assert rules("period = 60", "period = 86400", "aws_cloudwatch_metric_alarm") == {"edit:choice"}
    assert rules("period = 60", "period = 86400") == set()


@pytest.mark.parametrize("number", [0, 1, 9, 60, 3600])
@pytest.mark.parametrize("other", [2, 10, 61, 36000])
def test_no_number_is_another_one_mistyped(number: int, other: int) -> None:
    for quoted in (False, True):
        was, now = (Leaf(("k",), str(n), quoted=quoted) for n in (number, other))
        assert not is_rewritten(was, now)


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("expires_in_days", "x_api_token", {"edit:choice"}),
        ("password_expiration_days", "x_policy", {"edit:choice"}),
        ("expiration_days", "x_sas_policy", {"edit:choice"}),
        ("expiration_days", "x_bucket", set[str]()),
        ("retention_days", "x_key_log", set[str]()),
    ],
)
def test_what_lets_somebody_in_is_no_better_for_lasting_longer(name: str, kind: str, found: set[str]) -> None:
    assert rules(f"{name} = 30", f"{name} = 3650", kind) == found


OTHERS = {
    "a point": ("aws_cloudwatch_metric_alarm", "threshold = ⟦9.5→95⟧"),
    "a sign": ("aws_cloudwatch_metric_alarm", "threshold = ⟦-1→1⟧"),
    "a sign that means for ever": ("aws_cloudwatch_log_group", "retention_in_days = ⟦-1→1⟧"),
    "a point in a text": ("aws_budgets_budget", 'limit_amount = "⟦10.00→1000⟧"'),
    "digits in other places": ("aws_x", 'schedule_expression = "⟦cron(0 12 1 * ? *)→cron(0 1 21 * ? *)⟧"'),
    "an hour": ("aws_x", 'backup_window = "⟦03:00→15:00⟧"'),
    "an address for mail without its point": ("aws_x", 'alert_email = "⟦a.b→ab⟧@corp.com"'),
    "an opposite": ("azurerm_storage_account", 'immutability_policy {\n state = "⟦Locked→Unlocked⟧"\n}'),
    "an opposite of who may": ("aws_x", 'authorization = "⟦authenticated→unauthenticated⟧"'),
    "an opposite of how safe": ("aws_x", 'ingress_settings = "⟦secure→insecure⟧"'),
    "another person": ("aws_x", 'admin_users = ["⟦john→joan⟧"]'),
    "nothing gives way to off": ("aws_x", 'log_level = "⟦→OFF⟧"'),
}


@pytest.mark.parametrize(("kind", "text"), OTHERS.values(), ids=OTHERS)
def test_what_only_looks_like_a_spelling_is_for_a_person(kind: str, text: str) -> None:
    old, new = (re.sub("⟦(.*)→(.*)⟧", side, text) for side in (r"\1", r"\2"))
    assert "edit:choice" in rules(old, new, kind)


@pytest.mark.parametrize(
    ("name", "value", "asked"),
    [
        ("ssh_key", '"ssh-rsa A"', True),
        ("admin_user", '"eve"', True),
        ("deletion_policy", '"DELETE"', True),
        ("retention", "1", True),
        ("cidr", '"10.0.0.0/8"', True),
        ("enabled", "true", True),
        ("environment", '"dev"', False),
        ("zone", '"a"', False),
    ],
)
def test_a_value_that_decides_something_is_a_persons_where_there_was_none(
    name: str, value: str, asked: object
) -> None:
    main = f'variable "{name}" {{\n}}\nresource "terraform_data" "a" {{\n  input = var.{name}\n}}\n'
    found = judge({"main.tf": main, "terraform.tfvars": ""}, {"terraform.tfvars": f"{name} = {value}\n"})
    assert bool(found) is bool(asked)


def test_who_else_says_that_an_argument_has_to_come_is_not_believed() -> None:
    before = 'resource "box" "a" {\n  name = "a"\n}\n'
    after = {"main.tf": before.replace('"a"\n}', '"a"\n  tls_verify = false\n}')}
    detail = 'The argument "tls_verify" is required, but no definition was found.'
    place = SourceRange(filename="main.tf", start_line=1, end_line=1)

    def asked(summary: str, address: str | None = None) -> bool:
        said = Diagnostic(
            severity=Severity.ERROR, summary=summary, detail=detail, range=place, address=address
        )
        found = judge({"main.tf": before}, after, failure=Failed.of([said]))
        return "edit:choice" in {each.rule for each in found}

    assert asked("local-exec provisioner error")
    assert asked("Missing required argument", "box.a")
    assert not asked("Missing required argument")

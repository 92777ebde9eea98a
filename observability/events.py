"""Every event of planner's own log: its name, what it says, its level, and its keys. All of them are stable.

The one list that the log and the documents go by. On every line are also
`event`, `level`, `timestamp` (UTC), and what it is about: `run_id`, `module`
and `attempt`. A key without a value is null.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")
Form = Literal["json", "console"]
FORMS: tuple[Form, ...] = ("json", "console")
BOUND = ("run_id", "module", "attempt")
"""The keys that are on every line."""


class Shown(NamedTuple):
    """How the log is shown on standard error, beside its file."""

    form: Form
    level: Level
    """The least one that is shown; the file holds all."""


class Event(NamedTuple):
    """One event."""

    what: str
    """One sentence without a full stop."""
    keys: tuple[str, ...]
    level: Level = "info"


EVENTS = {
    "run.opened": Event(
        "A run was started",
        (
            *("engine", "engine_version", "planner_version", "actor", "workspace", "autonomy", "model"),
            *("destroy", "yes"),
        ),
    ),
    "run.resumed": Event("Another process took the run up", ("engine", "engine_version", "actor")),
    "run.transition": Event(
        "The state machine moved",
        ("transition", "source", "target", "reason", "wait_s", "stop", "gave_up"),
    ),
    "run.parked": Event("The run waits for a person", ("reason",), "warning"),
    "run.undone": Event("What the run's fixes had changed was put back", ("what", "actor")),
    "run.finished": Event(
        "The process is done with the run: the one line that tells all of it",
        (
            *("state", "exit_code", "reason", "actor", "engine", "engine_version", "attempts", "retries"),
            *("category", "source", "fingerprint", "fixes", "checks_passed", "checks_failed"),
            *("model_calls", "input_tokens", "cached_tokens", "output_tokens", "cost_usd"),
            *("duration_s", "terraform_s"),
        ),
    ),
    "terraform.started": Event("A Terraform process exists", ("effect", "what", "pid"), "debug"),
    "terraform.finished": Event(
        "A Terraform call is over", ("effect", "what", "pid", "ended", "duration_s", "maybe_created")
    ),
    "check.finished": Event("A check was made", ("name", "kind", "passed", "waited_s", "detail")),
    "model.asked": Event("A model was asked", ("model",), "debug"),
    "model.answered": Event(
        "A model answered, or failed to",
        ("model", "fault", "input_tokens", "cached_tokens", "output_tokens", "cost_usd"),
    ),
    "incident.diagnosed": Event(
        "A failure was diagnosed",
        (
            *("stage", "category", "root_cause", "source", "origin", "confidence", "fingerprint"),
            *("remediation", "decision", "model"),
        ),
        "warning",
    ),
    "fix.refused": Event(
        "A remedy was tried on a copy and refused", ("remediation", "fingerprint", "why"), "warning"
    ),
    "fix.kept": Event(
        "A remedy settled a part of the failure on the copy", ("remediation", "fingerprint", "why")
    ),
    "fix.proven": Event(
        "A fix holds on the copy, and a person is asked about it", ("remediations", "findings", "digest")
    ),
    "fix.promoted": Event("An edit was written to the module's files, or refused", ("files", "ended")),
    "fix.put_back": Event("The module's files were put back as they were, or not", ("ended",)),
    "fix.applied": Event(
        "A remedy is in place, and the next attempt is made with it",
        ("remediation", "decision", "fingerprint", "wait_s"),
    ),
    "approval.asked": Event("A person is asked", ("digest", "question", "changes", "expires_at"), "warning"),
    "approval.given": Event("A person answered", ("decision", "digest", "actor", "comment")),
}
"""By name."""

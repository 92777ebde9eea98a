"""What of a run's environment binds it: what it may not differ in when it goes on, what it may not hold.

Decides what of the environment is of consequence to a plan; where the module's
state lies and what is known of it is `planner.world`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from contracts.errors import ModuleError, SettingsError
from contracts.run import RunRequest
from subagents.terraform.environment import TARGETS
from subagents.terraform.state_guard import workspace_of

_CHOSEN = (
    *("_PROFILE", "_REGION", "_ZONE", "_ACCOUNT", "_ACCOUNT_ID", "_PROJECT"),
    *("_SUBSCRIPTION_ID", "_TENANT_ID", "_ROLE_ARN"),
)
_ARGUMENTS = frozenset(
    {"TF_CLI_ARGS", *(f"TF_CLI_ARGS_{name}" for name in ("init", "plan", "apply", "destroy", "import"))}
)
_HARMLESS = frozenset(
    {
        *("no-color", "compact-warnings", "concise", "input", "json", "detailed-exitcode", "auto-approve"),
        *("parallelism", "lock", "lock-timeout", "upgrade", "get", "backup", "out"),
    }
)
"""Arguments without which Terraform does the same, or asks and waits less."""


def chosen(environment: Mapping[str, str]) -> dict[str, str]:
    """SHA-256, by name, of what the environment says of a run: variables, whose account, which system."""
    return {
        name: hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
        for name, value in environment.items()
        if name.startswith("TF_VAR_") or name.endswith(_CHOSEN) or TARGETS.fullmatch(name)
    }


def refuse_otherwise(began: Mapping[str, str] | None, environment: Mapping[str, str]) -> None:
    """A run goes on with the values it began with; None: nobody knows them. Raises `ModuleError`."""
    now = chosen(environment)
    other = [] if began is None else sorted(n for n in began.keys() | now if began.get(n) != now.get(n))
    if other:
        raise ModuleError(
            f"the run began with other values in the environment: {', '.join(other)}",
            remedy="set them as they were, then try again; or `planner reject` the run and start a new one",
        )


def refuse_misled(environment: Mapping[str, str]) -> None:
    """What Terraform would be told by hand and is not by planner would make another plan.

    Raises `SettingsError` for TF_DATA_DIR, and for arguments that say what to plan and where.
    """
    for name in sorted(_ARGUMENTS & environment.keys()):
        said = [word for word in environment[name].split() if word.startswith("-")]
        if other := sorted({word.lstrip("-").partition("=")[0] for word in said} - _HARMLESS):
            raise SettingsError(
                f"{name} has -{', -'.join(other)} for Terraform, and planner does not pass it on",
                remedy="unset it; give planner --var, --var-file and --destroy, and Terraform the settings "
                "of a backend in a `terraform init` made once by hand",
            )
    if environment.get("TF_DATA_DIR"):
        raise SettingsError(
            "TF_DATA_DIR is set, and is not passed on: Terraform would look for the workspace and the "
            "backend in .terraform",
            remedy="unset it, then `terraform init` and `terraform workspace select` without it",
        )


def refuse_elsewhere(request: RunRequest, environment: Mapping[str, str]) -> None:
    """A run goes on where it began: another workspace has another state. Raises `ModuleError`."""
    now = workspace_of(request.module, environment.get("TF_WORKSPACE"))
    if now != request.workspace:
        raise ModuleError(
            f"the run began in the workspace {request.workspace!r} of {request.module}, this is {now!r}",
            remedy=f"select it (TF_WORKSPACE={request.workspace}), then `planner resume`",
        )

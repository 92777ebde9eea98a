"""Everything planner can do about a failure: one closed union, discriminated on `kind`.

A model can propose nothing else. What may be applied, and when, is decided
in `planner.policy`; how, in `subagents.remediator`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Contract
from contracts.text import CleanText


class _Remediation(Contract):
    summary: CleanText
    """What to do, in one or two sentences for the person who reads the report."""


class Retry(_Remediation):
    """Run the attempt again: the failure was a passing one."""

    kind: Literal["retry"] = "retry"


class WaitAndRetry(_Remediation):
    """Run the attempt again after a pause."""

    kind: Literal["wait_and_retry"] = "wait_and_retry"
    wait_s: int = Field(default=10, ge=0, le=900)
    """Seconds to wait before the first such retry; doubled for each further one."""


class Edit(Contract):
    """One replacement in one file of the module."""

    file: CleanText
    """Path relative to the module."""
    search: str
    """Text that occurs exactly once in the file."""
    replace: str


class EditConfig(_Remediation):
    """Change the module's configuration."""

    kind: Literal["edit_config"] = "edit_config"
    edits: tuple[Edit, ...] = ()
    """Empty where only the place and the kind of change are known."""


class SetVariable(_Remediation):
    """Give an input variable a value."""

    kind: Literal["set_variable"] = "set_variable"
    name: CleanText
    value: str | None = None
    """None where only a person can know it."""


class InitUpgrade(_Remediation):
    """`terraform init -upgrade`: let provider and module versions move within their constraints."""

    kind: Literal["init_upgrade"] = "init_upgrade"


class InitReconfigure(_Remediation):
    """`terraform init -reconfigure`: the backend's settings changed, and no state is moved."""

    kind: Literal["init_reconfigure"] = "init_reconfigure"


class Import(_Remediation):
    """Bring an object that exists into the state."""

    kind: Literal["import"] = "import"
    address: CleanText | None = None
    id: CleanText | None = None


class StateRmOrMv(_Remediation):
    """Drop an address from the state, or move it to another one."""

    kind: Literal["state_rm_or_mv"] = "state_rm_or_mv"
    source: CleanText | None = None
    destination: CleanText | None = None
    """None: remove instead of move."""


class ForceUnlock(_Remediation):
    """Release a state lock whose holder is provably dead."""

    kind: Literal["force_unlock"] = "force_unlock"
    lock_id: CleanText | None = None


class Replace(_Remediation):
    """Destroy an object and create it anew."""

    kind: Literal["replace"] = "replace"
    address: CleanText | None = None


class Refresh(_Remediation):
    """Read the real objects again and plan afresh."""

    kind: Literal["refresh"] = "refresh"


class Credentials(_Remediation):
    """A person must give, renew or correct credentials."""

    kind: Literal["credentials"] = "credentials"


class Permissions(_Remediation):
    """A person must grant a permission."""

    kind: Literal["permissions"] = "permissions"
    actions: tuple[CleanText, ...] = ()
    """Such as `s3:CreateBucket`; empty where the message names none."""


class QuotaRequest(_Remediation):
    """A person must raise a quota or free some of it."""

    kind: Literal["quota_request"] = "quota_request"


class Escalate(_Remediation):
    """A person must look: the summary says at what."""

    kind: Literal["escalate"] = "escalate"


Remediation = Annotated[
    Retry
    | WaitAndRetry
    | EditConfig
    | SetVariable
    | InitUpgrade
    | InitReconfigure
    | Import
    | StateRmOrMv
    | ForceUnlock
    | Replace
    | Refresh
    | Credentials
    | Permissions
    | QuotaRequest
    | Escalate,
    Field(discriminator="kind"),
]


class RemediationKind(StrEnum):
    """The `kind` of each member of `Remediation`, for policies and metrics."""

    RETRY = "retry"
    WAIT_AND_RETRY = "wait_and_retry"
    EDIT_CONFIG = "edit_config"
    SET_VARIABLE = "set_variable"
    INIT_UPGRADE = "init_upgrade"
    INIT_RECONFIGURE = "init_reconfigure"
    IMPORT = "import"
    STATE_RM_OR_MV = "state_rm_or_mv"
    FORCE_UNLOCK = "force_unlock"
    REPLACE = "replace"
    REFRESH = "refresh"
    CREDENTIALS = "credentials"
    PERMISSIONS = "permissions"
    QUOTA_REQUEST = "quota_request"
    ESCALATE = "escalate"


TRANSIENT = frozenset({RemediationKind.RETRY, RemediationKind.WAIT_AND_RETRY})
"""The kinds that change nothing but time."""

UNCHANGING = TRANSIENT | {RemediationKind.REFRESH}
"""Those, and reading the real objects again, which every plan does."""
ADVISORY = frozenset(
    {
        RemediationKind.CREDENTIALS,
        RemediationKind.PERMISSIONS,
        RemediationKind.QUOTA_REQUEST,
        RemediationKind.ESCALATE,
    }
)
"""The kinds that only a person can carry out."""


def is_whole(remediation: Remediation) -> bool:
    """Whether it names all that is needed to carry it out."""
    match remediation:
        case EditConfig(edits=()):
            return False
        case SetVariable(value=None) | ForceUnlock(lock_id=None) | Replace(address=None):
            return False
        case Import(address=address, id=id_):
            return bool(address and id_)
        case StateRmOrMv(source=None):
            return False
        case _:
            return True

"""A remediation that was tried in a sandbox: what it would change, what the gates say, what it is bound to.

Made by `planner.proving`, shown to a person, answered by an `Approval`.
"""

from __future__ import annotations

from enum import StrEnum

from contracts.base import Contract
from contracts.text import CleanText


class Verdict(StrEnum):
    """What a rule says of something it does not let pass."""

    ASK = "ask"
    """A person may allow it."""
    STOP = "stop"
    """Refused in every profile; a person may still do it by hand."""


class Finding(Contract):
    """One rule of a gate that did not let something pass."""

    rule: str
    """The rule's id, such as `G3` or `edit:provider`."""
    verdict: Verdict
    where: CleanText
    """The address, or the file and block, concerned."""
    what: CleanText
    """What was found there, in one sentence; never a value."""


class Binding(Contract):
    """What an approval is bound to (G1): another value in any field, and it counts no longer.

    Each field is a SHA-256 in hexadecimal digits, or empty where there is nothing to bind.
    """

    plan: str = ""
    """Of what the plan would do; two plans of the same inputs have the same."""
    tree: str = ""
    """Of the module's files."""
    modules: str = ""
    """Of the files of the modules that it calls from elsewhere, as an init has installed them."""
    lock: str = ""
    """Of the dependency lock file."""
    backend: str = ""
    """Of the settings of the backend that was initialised."""
    state: str = ""
    """Of the state's lineage and serial."""
    place: str = ""
    """Of the workspace, and of what the environment says of account, region, endpoint and variables."""

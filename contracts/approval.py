"""What a person is asked before something is changed or taken away, and what they answered."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from contracts.base import Contract
from contracts.proposal import Finding
from contracts.remediation import Remediation
from contracts.terraform import PlannedChange
from contracts.text import CleanText


class Proposal(Contract):
    """Remediations that were proven together in a sandbox, and what they would do."""

    remediations: tuple[Remediation, ...]
    """In the order they are carried out; the last one settled the failure."""
    patch: CleanText = ""
    """What would change in the module's files, for people: secrets are masked."""
    changes: tuple[PlannedChange, ...] = ()
    """What the plan of the sandbox would do."""
    findings: tuple[Finding, ...] = ()
    """What the gates did not let pass without a person."""
    proof: tuple[CleanText, ...] = ()
    """What was tried and held, a line each."""
    tree: str = ""
    """SHA-256 of the module's files with which it was proven; empty where they were not looked at."""


class ApprovalRequest(Contract, defer_build=False):
    """A plan or a fix that waits for a person."""

    digest: str
    """SHA-256 of all that is asked (G1); an approval of another digest does not count."""
    question: CleanText
    """One sentence for the person who decides."""
    changes: tuple[PlannedChange, ...]
    """The changes, each of which the approval covers."""
    beside: tuple[PlannedChange, ...] = ()
    """What the same plan of the module would do unasked, shown for it is done with the rest."""
    proposal: Proposal | None = None
    """None where the module's own plan is asked about."""
    unproven: bool = False
    """Whether the plan is another one than that with which the fix in place was proven."""
    expires_at: datetime | None = None
    """After this the world may be another one: it is asked anew."""

    def yes(self, run_id: str) -> str:
        """The command that allows this and nothing that may be asked since."""
        return f"planner approve {run_id} --seen {self.digest[:12]}"


class Approval(Contract):
    """A person's answer to one request."""

    decision: Literal["approve", "reject"]
    digest: str
    """Of the request that was answered."""
    actor: CleanText
    """Who answered: the login name, or `--yes`."""
    comment: CleanText = ""
    at: datetime

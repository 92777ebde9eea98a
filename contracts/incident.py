"""What is known of one failed attempt, and what planner made of it.

`Evidence` goes into a diagnosis, `Diagnosis` comes out, `Incident` is what the
journal, the report and `--json` keep of both.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Contract
from contracts.budget import Usage
from contracts.context import Context
from contracts.diagnostic import Diagnostic
from contracts.hypothesis import Category, Hypothesis, Source
from contracts.remediation import Remediation
from contracts.text import CleanText
from contracts.validation import CheckResult


class Stage(StrEnum):
    """How far an attempt came."""

    INIT = "init"
    PLAN = "plan"
    APPLY = "apply"
    VALIDATE = "validate"


class Evidence(Contract):
    """One failure, redacted, decoded and capped: all that a diagnosis may look at."""

    stage: Stage | None
    """None where a text was handed in that does not tell."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """Errors first, in Terraform's order; then the warnings that came before them."""
    failed_checks: tuple[CheckResult, ...] = ()
    text: CleanText = ""
    """What Terraform printed outside its diagnostics (a crash, a wrapper's message)."""
    engine: CleanText = ""
    """Name and version, such as `terraform 1.11.4`."""
    omitted: int = 0
    """How many diagnostics were left out to keep the cap."""
    echoes: tuple[CleanText, ...] = ()
    """Addresses or places where another error says the same as one that is kept, in Terraform's order."""
    context: Context = Context()
    """What is known around the failure; nothing in it is the failure's own words."""


class Named(Contract):
    """The cause was named."""

    outcome: Literal["named"] = "named"
    hypothesis: Hypothesis
    source: Source
    origin: CleanText
    """The signature's id, the run a memory comes from, or the model."""
    usage: Usage = Usage()
    dropped_quotes: int = 0
    """Quotes of the model that the failure does not hold: dropped, and counted here."""
    silence: CleanText = ""
    """Why a model that was asked further said nothing; empty where none was, or one did."""

    def unanswered(self, further: Unknown | Named) -> Named:
        """This, after somebody was asked who knew no more: what that cost, and why."""
        why = further.why if isinstance(further, Unknown) and further.usage.calls else ""
        return self.model_copy(update={"usage": self.usage + further.usage, "silence": why})


class Unknown(Contract):
    """The cause was not named, and nothing was guessed."""

    outcome: Literal["unknown"] = "unknown"
    why: CleanText
    """Why nobody could name it, such as `no signature matches; no model is configured`."""
    next_step: CleanText
    """The next thing a person should look at."""
    usage: Usage = Usage()


Diagnosis = Annotated[Named | Unknown, Field(discriminator="outcome")]


class Decision(StrEnum):
    """What became of a proposed remediation."""

    APPLIED = "applied"
    APPROVED = "approved"
    PARKED = "parked"
    REFUSED = "refused"
    NONE = "none"


APPROVAL_PREFIX = "plan:"
"""Of the fingerprint of a plan that waited for a person: no failure, so nothing to remember."""


class Incident(Contract, defer_build=False):
    """One failed attempt with its diagnosis: an item of `RunResult.incidents`."""

    attempt: int
    """One-based; 0 where a text was diagnosed outside a run."""
    fingerprint: str
    """Stable identity of the cause, such as `f1:6b1f0c…`; see `diagnosis.fingerprint`."""
    stage: Stage | None
    category: Category
    retryable: bool
    root_cause: CleanText
    evidence: tuple[CleanText, ...]
    confidence: float
    """0 where the cause is unknown."""
    source: Source | None
    """None where nobody could name the cause."""
    model: str | None = None
    """The model that answered; None where none was asked."""
    remediation: Remediation
    decision: Decision = Decision.NONE
    usage: Usage = Usage()
    origin: CleanText | None = None
    """The signature's id, the run that is remembered, or the model; None where the cause is unknown."""
    dropped_quotes: int = 0
    """Quotes of the model that the failure does not hold."""
    note: CleanText = ""
    """What came of trying the remediation, where that is not the decision alone."""

    @property
    def is_question(self) -> bool:
        """Whether nothing failed: a plan of the module's own needed a person."""
        return self.fingerprint.startswith(APPROVAL_PREFIX)

    @property
    def hypothesis(self) -> Hypothesis:
        """The cause it names, and what would mend it."""
        return Hypothesis(
            category=self.category,
            retryable=self.retryable,
            root_cause=self.root_cause,
            evidence=self.evidence,
            confidence=self.confidence,
            remediation=self.remediation,
        )

"""The kinds that only a person can carry out: the request they get, from the evidence.

Writes what is needed, of whom, and the words it is known from; asks nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

from contracts.remediation import Credentials, Permissions, QuotaRequest, Remediation

_SHOWN = 3


def request_of(remedy: Remediation, root_cause: str, evidence: Sequence[str]) -> tuple[str, ...]:
    """What to ask a person for, a line a thing; the evidence is quoted as it is."""
    match remedy:
        case Permissions(actions=actions) if actions:
            asked = f"Grant {', '.join(actions)} to the identity that runs Terraform here."
        case Permissions():
            asked = (
                "Grant the permission that the message below names to the identity that runs Terraform here."
            )
        case QuotaRequest():
            asked = "Raise the quota that the message below names, or free some of it."
        case Credentials():
            asked = "Give, renew or correct the credentials that the message below speaks of."
        case _:
            asked = "Look at what the message below speaks of."
    said = [line for quote in evidence for line in quote.splitlines() if line.strip()]
    return (asked, root_cause, remedy.summary, *(f"“{line.strip()}”" for line in said[:_SHOWN]))

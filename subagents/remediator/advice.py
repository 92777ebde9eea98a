"""The kinds that only a person can carry out: the request they get, from the evidence.

Writes what is needed, of whom, and the words it is known from; asks nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

from contracts.remediation import Credentials, Permissions, QuotaRequest, Remediation

_SHOWN = 3


def request_of(remedy: Remediation, evidence: Sequence[str]) -> tuple[str, ...]:
    """What to ask a person for, a line a thing; the evidence is quoted as it is."""
    match remedy:
        case Permissions(actions=actions) if actions:
            asked = f"Grant {', '.join(actions)} to the identity that runs Terraform here."
        case Permissions():
            asked = "Grant the permission that is named below to the identity that runs Terraform here."
        case QuotaRequest():
            asked = "Raise the quota that is named below, or free some of it."
        case Credentials():
            asked = "Give, renew or correct the credentials that are spoken of below."
        case _:
            return (remedy.summary,)
    said = [line for quote in evidence for line in quote.splitlines() if line.strip()]
    return (asked, remedy.summary, *(f"“{line.strip()}”" for line in said[:_SHOWN]))

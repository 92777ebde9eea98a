"""How one incident is told in a line, and how often it came.

Pure, and light: every screen needs it, a clean run's too.
"""

from __future__ import annotations

from contracts.incident import Incident


def known_line(incident: Incident) -> str:
    """What is known of a failure, and how well."""
    if incident.is_question:
        return incident.root_cause
    sure = f"{incident.source}, confidence {incident.confidence:.2f}" if incident.source else "nobody is sure"
    return f"{incident.category} ({sure}): {incident.root_cause}"


def span(what: str, first: int, last: int) -> str:
    """`attempt 1`, or `attempts 1-3`."""
    return f"{what} {first}" if first == last else f"{what}s {first}-{last}"

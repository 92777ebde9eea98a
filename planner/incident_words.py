"""How one incident is told in a line. Pure, and light: every screen needs it, a clean run's too."""

from __future__ import annotations

from contracts.incident import Incident


def known_line(incident: Incident) -> str:
    """What is known of a failure, and how well."""
    if incident.is_question:
        return incident.root_cause
    sure = f"{incident.source}, confidence {incident.confidence:.2f}" if incident.source else "nobody is sure"
    return f"{incident.category} ({sure}): {incident.root_cause}"

"""For all tests: no property is held to milliseconds, for machines differ."""

from __future__ import annotations

from hypothesis import settings

if settings.get_current_profile_name() == "default":  # in CI it is Hypothesis' own, without a deadline too
    settings.register_profile("planner", deadline=None)
    settings.load_profile("planner")

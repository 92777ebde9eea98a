"""For all tests: no property is held to milliseconds, for machines differ; what takes minutes comes first.

A worker takes whole files, in the order in which they come: one that is left alone
with such a file at the end keeps the others idle.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

_MINUTES = {
    "test_kill_matrix.py",
    "test_simulator.py",
    "test_stop_at_every_point.py",
    "test_approvals.py",
    "test_aws_run.py",
    "test_eval_command.py",
    "test_attacks.py",
    "test_cli_runs.py",
}

if settings.get_current_profile_name() == "default":  # in CI it is Hypothesis' own, without a deadline too
    settings.register_profile("planner", deadline=None)
    settings.load_profile("planner")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first, and leave the order as it was otherwise: it is a random one."""
    items.sort(key=lambda item: item.path.name not in _MINUTES)

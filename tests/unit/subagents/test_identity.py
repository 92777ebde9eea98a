"""Which processes still run: one that nobody has buried yet does not."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from contracts.identity import ProcessId
from subagents.identity import group_is_empty, identity_of, is_alive


@pytest.fixture
def zombie() -> Iterator[ProcessId]:
    """A process that has ended, as every orphan stays where process 1 of a container buries nobody."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, start_new_session=True) as child:
        assert child.stdin is not None
        process = identity_of(child.pid)
        assert is_alive(process)
        assert not group_is_empty(child.pid)
        child.stdin.close()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        yield process


def test_a_process_that_was_not_buried_yet_is_dead(zombie: ProcessId) -> None:
    assert not is_alive(zombie)


def test_a_group_of_processes_that_were_not_buried_yet_is_empty(zombie: ProcessId) -> None:
    assert group_is_empty(zombie.pid)


def test_a_group_in_which_a_child_still_runs_is_not_empty() -> None:
    code = "sleep 60 & echo $!"
    with subprocess.Popen(
        ["sh", "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        assert child.stdout is not None
        left = int(child.stdout.readline())
        try:
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            assert not group_is_empty(child.pid)
        finally:
            os.kill(left, 9)

"""The right to call a model once: it can be minted in DIAGNOSING only.

A model client takes a permit and spends it before it sends anything, so a
call from any other state cannot be written by accident. Whether a permit is
given at all (cap, money, kill switch) is decided in `planner.policy`.
"""

from __future__ import annotations

import math

from contracts.record import RunRecord
from contracts.run import RunState


class PermitMisuseError(RuntimeError):
    """A bug: a permit was minted outside DIAGNOSING, or spent twice."""


class ModelPermit:
    """One call, in one run."""

    def __init__(self, record: RunRecord, *, time_left_s: float = math.inf) -> None:
        """Mint a permit for the run that `record` describes, whose time limit leaves so many seconds.

        Raises `PermitMisuseError` unless the run is in DIAGNOSING with a retry left.
        """
        if record.state is not RunState.DIAGNOSING:
            raise PermitMisuseError(f"a model permit was asked for in {record.state}")
        if record.model_calls >= record.max_retries:
            raise PermitMisuseError("a model permit was asked for beyond the retry cap")
        self.run_id = record.run_id
        self.time_left_s = time_left_s
        self._spent = False

    def spend(self) -> None:
        """Use it up; a second time is a bug and raises `PermitMisuseError`."""
        if self._spent:
            raise PermitMisuseError("a model permit was spent twice")
        self._spent = True

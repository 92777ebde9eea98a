"""Transitions and ends of runs → log lines. Never delays a run, never raises into it.

Lines are written by a thread of their own, which also imports structlog: that
costs as much as a Terraform command on a small module, and Terraform is what
the run waits for meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from statemachine import State

from contracts.result import RunResult
from contracts.run import Outcome

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


class RunLog:
    """A machine listener that writes one `run.transition` line a move, and `run.finished` at the end."""

    def __init__(self, path: Path, redact: Callable[[str], str], run_id: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="log")
        self._path = path
        self._redact = redact
        self._run_id = run_id
        self._log: FilteringBoundLogger | None = None

    def after_transition(self, event: str, source: State, target: State, outcome: Outcome) -> None:
        """The move is durable and done."""
        self._write(
            "run.transition",
            transition=str(event),
            source=str(source.value),
            target=str(target.value),
            reason=outcome.reason,
        )

    def finish(self, result: RunResult) -> None:
        """Write the canonical line that ends a run in this process, and wait until all is written."""
        last = result.incidents[-1] if result.incidents else None
        self._write(
            "run.finished",
            state=str(result.state),
            exit_code=result.exit_code,
            reason=result.reason,
            attempts=len(result.attempts),
            category=str(last.category) if last else None,
            fingerprint=last.fingerprint if last else None,
            model_calls=result.usage.model_calls,
            cost_usd=result.usage.cost_usd,
            duration_s=result.duration_s,
            terraform_s=result.terraform_s,
        )
        self._thread.shutdown(wait=True)

    def _write(self, event: str, **facts: object) -> None:
        self._thread.submit(self._write_now, event, facts)

    def _write_now(self, event: str, facts: dict[str, object]) -> None:
        with suppress(OSError, ValueError):  # a full disk must not end a run for want of a log
            if self._log is None:
                from observability.logging import run_log  # noqa: PLC0415 - in this thread, see above

                self._log = run_log(self._path, self._redact, run_id=self._run_id)
            self._log.info(event, **facts)

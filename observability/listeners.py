"""Transitions and ends of runs → log lines. Never raises into the run it listens to."""

from __future__ import annotations

from contextlib import suppress

from statemachine import State
from structlog.typing import FilteringBoundLogger

from contracts.run import Outcome, RunResult


class TransitionLog:
    """A machine listener that writes one `run.transition` line a move."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log

    def after_transition(self, event: str, source: State, target: State, outcome: Outcome) -> None:
        """The move is durable and done."""
        with suppress(OSError, ValueError):
            self._log.info(
                "run.transition",
                transition=str(event),
                source=str(source.value),
                target=str(target.value),
                reason=outcome.reason,
            )


def log_result(log: FilteringBoundLogger, result: RunResult) -> None:
    """The canonical line that ends a run in this process."""
    last = result.incidents[-1] if result.incidents else None
    with suppress(OSError, ValueError):
        log.info(
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

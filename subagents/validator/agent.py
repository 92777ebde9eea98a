"""The Validator: state, outputs, drift and health, one report.

Decides in which order checks run, when a probe is asked again and when it is
given up. What a check means is decided in `checks`, how one is asked in
`probes` and `subagents.aws.calls`, what a failed report leads to in `planner`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import Protocol, assert_never

from pydantic import JsonValue

from contracts.ports import Clock, Stop
from contracts.validation import (
    AwsProbe,
    CheckResult,
    HealthCheck,
    HttpProbe,
    TcpProbe,
    ValidationReport,
    ValidationRequest,
)
from subagents.validator import checks
from subagents.validator.matching import is_found

_TRY_S = 5.0
_MATCH_S = 5.0
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 2.0

Answer = tuple[bool, str]
"""Whether it was as expected, and what was seen."""


class AwsCalls(Protocol):
    """What `subagents.aws.calls.AwsCaller` does."""

    def call(self, operation: str, params: Mapping[str, JsonValue]) -> Answer:
        """Whether a read-only operation succeeds, and what was seen."""
        ...


@dataclass
class _Probe:
    """One health check, and how it stands."""

    name: str
    expected: str
    within_s: float
    ask: Callable[[float], Answer]
    """Asks once; takes how many seconds each wait for the network may last."""
    ok: bool = False
    seen: str = "nothing: not tried"
    tries: int = 0
    waited_s: float = 0
    ended: str = ""
    """What ended the wait before its time."""

    def result(self) -> CheckResult:
        """The check's result, with how long it took."""
        tries = f"{self.tries} try" if self.tries == 1 else f"{self.tries} tries"
        seen = checks.health_result(self.name, passed=self.ok, expected=self.expected, seen=self.seen)
        return seen.model_copy(
            update={
                "detail": f"{seen.detail} after {self.waited_s:.1f} s, {tries}{self.ended}",
                "waited_s": round(self.waited_s, 3),
            }
        )


class ValidatorAgent:
    """Implements `contracts.ports.Validator`: deterministic, and never asks a model."""

    def __init__(self, clock: Clock, aws: AwsCalls) -> None:
        self._clock = clock
        self._aws = aws

    def validate(self, request: ValidationRequest, stop: Stop) -> ValidationReport:
        """Run every check asked for, in the order state, outputs, drift, health.

        A probe is asked until it passes, its `within` or the request's `time_left`
        is over, or a stop is requested; all probes wait at the same time.
        """
        wanted, observed = request.checks, request.observed
        time_left_s = request.time_left.total_seconds()
        return ValidationReport(
            checks=checks.distinct(
                (
                    *checks.state_results(wanted.state, observed),
                    *checks.output_results(wanted.outputs, observed, self._search(time_left_s)),
                    checks.drift_result(wanted.drift, observed),
                    *self._health(wanted.health, time_left_s, stop),
                )
            )
        )

    def _search(self, time_left_s: float) -> checks.Search:
        """Searches, each for a short time, and all of them within the time that is left."""
        start = self._clock.monotonic()

        def search(pattern: str, text: str) -> bool:
            left_s = time_left_s - (self._clock.monotonic() - start)
            return is_found(pattern, text, min(_MATCH_S, max(0.0, left_s)))

        return search

    def _health(self, wanted: Sequence[HealthCheck], time_left_s: float, stop: Stop) -> list[CheckResult]:
        if not wanted:
            return [checks.no_health_result()]
        all_probes = [self._probe(check) for check in wanted]
        self._poll(all_probes, time_left_s, stop)
        return [probe.result() for probe in all_probes]

    def _poll(self, waiting: Sequence[_Probe], time_left_s: float, stop: Stop) -> None:
        """Ask all that wait, pause, ask again, until none has to wait longer."""
        start, pause_s = self._clock.monotonic(), _FIRST_PAUSE_S
        while waiting:
            passed_s = self._clock.monotonic() - start
            kind = stop.requested()
            if kind or passed_s >= time_left_s:
                for probe in waiting:
                    probe.waited_s = passed_s
                    probe.ended = f"; stopped ({kind})" if kind else "; the run has no time left"
                return
            self._ask(waiting, min(_TRY_S, time_left_s - passed_s))
            passed_s = self._clock.monotonic() - start
            for probe in waiting:
                probe.waited_s = passed_s
            waiting = [p for p in waiting if not p.ok and passed_s < p.within_s]
            if waiting:  # never slept past a deadline, so that each probe has a last try at its own
                nearest_s = min(time_left_s, *(probe.within_s for probe in waiting)) - passed_s
                self._clock.sleep(min(pause_s, max(0.0, nearest_s)))
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _ask(self, waiting: Sequence[_Probe], limit_s: float) -> None:
        """Ask each once, at the same time; what has not answered in time is left behind.

        A name server or a server that drips can hold a thread longer than any
        socket timeout: such threads are daemons and their late answer is dropped.
        """
        answers: dict[int, Answer] = {}

        def ask(i: int, probe: _Probe) -> None:
            answers[i] = probe.ask(limit_s)

        threads = [Thread(target=ask, args=item, daemon=True) for item in enumerate(waiting)]
        for thread in threads:
            thread.start()
        end = self._clock.monotonic() + limit_s
        for thread in threads:
            thread.join(max(0.0, end - self._clock.monotonic()))
        for i, (probe, thread) in enumerate(zip(waiting, threads, strict=True)):
            if not thread.is_alive() and i not in answers:
                raise RuntimeError(f"a probe broke: {probe.name}")
            probe.ok, probe.seen = answers.get(i, (False, "no answer in time"))
            probe.tries += 1

    def _probe(self, check: HealthCheck) -> _Probe:
        from subagents.validator import probes  # noqa: PLC0415 - most modules have no health check: no HTTP client

        within_s = check.within.total_seconds()
        match check:
            case HttpProbe(http=url, status=status):
                return _Probe(
                    f"http {probes.shown(url)}",
                    f"status {status}",
                    within_s,
                    lambda limit_s: probes.http_status(url, status, limit_s),
                )
            case TcpProbe(tcp=target):
                return _Probe(
                    f"tcp {target}",
                    "an open port",
                    within_s,
                    lambda limit_s: probes.tcp_connect(target, limit_s),
                )
            case AwsProbe(aws=operation, params=params):
                return _Probe(
                    f"aws {operation}", "success", within_s, lambda _: self._aws.call(operation, params)
                )
            case _:
                assert_never(check)

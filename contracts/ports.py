"""Roles that `planner.wiring` fills: one door for each effect.

Every implementation that reaches outside has a fake in `tests/fakes` that
passes the same tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from contracts.base import Contract
from contracts.budget import Ceiling, LimitReached, Reservation
from contracts.fixing import ChangeRequest, ValidateRequest
from contracts.hypothesis import Hypothesis
from contracts.identity import ProcessId
from contracts.incident import Diagnosis, Evidence, Named
from contracts.model import ModelReply
from contracts.permit import ModelPermit
from contracts.run import StopKind
from contracts.terraform import (
    ApplyRequest,
    ApplyResult,
    Ended,
    InitRequest,
    InitResult,
    OutputRequest,
    OutputResult,
    PlanRequest,
    PlanResult,
    Progress,
    ShowRequest,
    ShowResult,
    TerraformResult,
)
from contracts.validation import ValidationReport, ValidationRequest


class Clock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """Wall-clock time in UTC, for people."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for deadlines."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait so long."""
        ...


class Stop(Protocol):
    """Whether somebody wants the run to end."""

    def requested(self) -> StopKind | None:
        """Why to stop, or None; never raises, may be asked from any thread."""
        ...

    def insisted(self) -> bool:
        """Whether a person asked again, long enough after the first time to mean it."""
        ...

    def starting(self) -> AbstractContextManager[StopKind | None]:
        """Held while an effect starts: why it may not, or None.

        No stop is acknowledged while it is held, so what is started within it
        has started before any stop that is acknowledged later.
        """
        ...


class ToldStop(Stop, Protocol):
    """A stop of which is known who wants it."""

    def said(self) -> str:
        """Who switched the run off, when and why, in one line; "" where nobody did."""
        ...


class Grace(Contract):
    """How long a process that was asked to stop may take before it is made to."""

    interrupt: timedelta
    """After the first SIGINT."""
    second: timedelta = timedelta(seconds=30)
    """After the second one, before SIGKILL to its group."""


class Command(Contract):
    """One process to run."""

    argv: tuple[str, ...]
    cwd: Path
    env: dict[str, str]
    """The whole environment: nothing is inherited."""
    stdout: Path
    """File that takes standard output; created 0600."""
    stderr: Path
    timeout: timedelta
    grace: Grace


class Exit(Contract):
    """How a process ended."""

    code: int | None
    """Exit code; None where a signal ended it."""
    signal: int | None = None
    ended: Ended
    flooded: bool = False
    """Whether it was interrupted because it printed more than anything in order does."""
    duration_s: float


class ProcessRunner(Protocol):
    """The only way to start a process."""

    def run(
        self,
        command: Command,
        *,
        on_start: Callable[[ProcessId], None],
        on_line: Callable[[bytes], None],
        stop: Stop,
    ) -> Exit:
        """Run it to its end; `on_line` sees each line of standard output as it is written.

        A line over the reader's cap arrives cut. Raises `FileNotFoundError` where
        the program or its folder is not there; what cannot be started otherwise has ERRORED.
        """
        ...


class TerraformAgent(Protocol):
    """The deterministic worker around one engine. Never asks a model.

    Each call runs one process to its end, or none where files tell as much; a
    stop request in `stop` interrupts it once. `on_start` sees it before it runs.
    """

    def init(self, request: InitRequest, stop: Stop, on_start: OnStart) -> InitResult:
        """Make the module ready: backend, modules, providers."""
        ...

    def plan(self, request: PlanRequest, stop: Stop, on_start: OnStart) -> PlanResult:
        """Say what would change; saves a plan where the request names a file."""
        ...

    def apply(self, request: ApplyRequest, stop: Stop, on_start: OnStart) -> ApplyResult:
        """Apply one saved plan."""
        ...

    def output(self, request: OutputRequest, stop: Stop, on_start: OnStart) -> OutputResult:
        """Read the outputs of the state; values of sensitive ones are dropped at once."""
        ...

    def show(self, request: ShowRequest, stop: Stop, on_start: OnStart) -> ShowResult:
        """Read a saved plan; what it returns holds secrets, and goes to the gate and into digests alone."""
        ...


class FixingAgent(TerraformAgent, Protocol):
    """The same worker with the calls that prove a fix and put it in place."""

    def validate(self, request: ValidateRequest, stop: Stop, on_start: OnStart) -> TerraformResult:
        """Say whether the configuration holds in itself."""
        ...

    def change(self, request: ChangeRequest, stop: Stop, on_start: OnStart) -> TerraformResult:
        """Format, import, `state mv` and `rm`, force-unlock."""
        ...


OnStart = Callable[[ProcessId], None]
OnProgress = Callable[[Progress], None]


class Validator(Protocol):
    """The deterministic worker that checks an apply. Never asks a model."""

    def validate(self, request: ValidationRequest, stop: Stop) -> ValidationReport:
        """Run every check asked for; a check that cannot be made has failed."""
        ...


class Redactor(Protocol):
    """Masks secrets in text that is about to reach a sink."""

    def redact(self, text: str) -> str:
        """`text` with every known or recognised secret replaced by a stable tag."""
        ...

    def redact_json(self, value: JsonValue) -> JsonValue:
        """The same value with every string in it redacted; keys and structure stay."""
        ...


class Purse(Protocol):
    """The one thing to ask before a model is: money, tokens, brakes and kill switch in one transaction."""

    def reserve(self, model: str, most: Ceiling, patience_s: float) -> Reservation | LimitReached:
        """Set aside what one call to `model` may take, or say which limit forbids it.

        The call must not begin before `Reservation.wait_s` has passed, which is
        at most `patience_s`.
        """
        ...

    def settle(self, reservation: Reservation, reply: ModelReply) -> None:
        """Book what the call really took; an unknown cost keeps the reservation spent.

        What the reply says of its provider moves the provider's brakes.
        """
        ...


Permits = Callable[[], ModelPermit | None]
"""A permit for one more model call, or None where the retry cap leaves none."""


class Diagnoser(Protocol):
    """Names the cause of a failure: signature, then memory, then model."""

    def diagnose(self, evidence: Evidence, permits: Permits, tried: Sequence[Hypothesis]) -> Diagnosis:
        """The cause, or why it is unknown. Never raises on what a model answers.

        Each request to a model takes a permit; where there is none, an `Unknown`
        says so. `tried` holds this run's earlier hypotheses, oldest first.
        """
        ...

    def mend(self, evidence: Evidence, permits: Permits, tried: Sequence[Hypothesis]) -> Diagnosis:
        """The same without signatures: they know the failure, and memory or a model may know its remedy."""
        ...


class Answers(Protocol):
    """Answers of models that were paid for once."""

    def get(self, key: str) -> str | None:
        """The answer kept under a key."""
        ...

    def put(self, key: str, answer: str) -> None:
        """Keep an answer."""
        ...


class Memory(Protocol):
    """What earlier runs learned."""

    def worked(self, fingerprint: str) -> Named | None:
        """The latest remedy that mended this failure and never failed to, with the run it comes from."""
        ...

    def failed(self, fingerprint: str) -> tuple[Hypothesis, ...]:
        """What was tried against this failure in earlier runs and did not help, oldest first."""
        ...

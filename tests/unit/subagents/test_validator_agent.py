"""The order of the report, and how long probes wait: alone, together, and when told to stop."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta

import pytest
from pydantic import JsonValue

from contracts.ports import Clock, Validator
from contracts.run import StopKind
from contracts.terraform import OutputValue
from contracts.validation import (
    AwsProbe,
    CheckKind,
    Checks,
    HealthCheck,
    HttpProbe,
    Observed,
    OutputCheck,
    StateCheck,
    TcpProbe,
    ValidationReport,
    ValidationRequest,
)
from subagents.clock import SystemClock
from subagents.validator import agent as agent_module
from subagents.validator.agent import ValidatorAgent
from tests.fakes.clock import ManualClock

MINUTE = timedelta(minutes=1)


class LateAws:
    """Operations that succeed from a time on; the rest never do. A try takes `cost_s`."""

    def __init__(self, clock: ManualClock, up_at: Mapping[str, float], cost_s: float = 0) -> None:
        self.tries: list[tuple[str, float]] = []
        self._clock = clock
        self._up_at = up_at
        self._cost_s = cost_s

    def call(self, operation: str, params: Mapping[str, JsonValue]) -> tuple[bool, str]:
        at = self._clock.monotonic()
        self.tries.append((operation, at))
        self._clock.advance(self._cost_s)
        ok = at >= self._up_at.get(operation, float("inf"))
        return (True, "success") if ok else (False, "404: Not Found")


class StopAt:
    """Requests a stop from a time on."""

    def __init__(self, clock: Clock, at: float = float("inf")) -> None:
        self._clock = clock
        self._at = at

    def requested(self) -> StopKind | None:
        return StopKind.INTERRUPT if self._clock.monotonic() >= self._at else None

    def insisted(self) -> bool:
        return False

    def starting(self) -> AbstractContextManager[StopKind | None]:
        return nullcontext(self.requested())


def aws(operation: str, within_s: float) -> AwsProbe:
    return AwsProbe(aws=operation, within=timedelta(seconds=within_s))


class World:
    """A validator in a world where time moves only by waiting."""

    def __init__(
        self, up_at: Mapping[str, float], *, stop_at: float = float("inf"), cost_s: float = 0
    ) -> None:
        self.clock = ManualClock()
        self.aws = LateAws(self.clock, up_at, cost_s)
        self.stop = StopAt(self.clock, stop_at)

    def validate(self, *health: HealthCheck, time_left: timedelta = MINUTE) -> ValidationReport:
        agent: Validator = ValidatorAgent(self.clock, self.aws)
        request = ValidationRequest(
            checks=Checks(health=health), observed=Observed(pending=()), time_left=time_left
        )
        return agent.validate(request, self.stop)

    def details(self, *health: HealthCheck, time_left: timedelta = MINUTE) -> list[str]:
        report = self.validate(*health, time_left=time_left)
        return [check.detail for check in report.checks if check.kind is CheckKind.HEALTH]


def test_a_module_without_checks_gets_the_four_defaults() -> None:
    report = World({}).validate()
    assert report.passed
    assert [(check.name, check.detail) for check in report.checks] == [
        ("state: every planned resource", "expected 0 planned instances in state, saw 0"),
        ("outputs: every output", "expected 0 known outputs, saw 0"),
        ("drift: re-plan", "expected an empty re-plan, saw 0 changes"),
        ("health: probes", "none configured"),
    ]


def test_every_check_runs_in_order_whatever_failed_before() -> None:
    world = World({"s3.head_bucket": 0})
    observed = Observed(state_addresses=("a.b",), outputs={"o": OutputValue(sensitive=False, value=1)})
    checks = Checks(
        state=(StateCheck(address="a.c"), StateCheck(address="a.b"), StateCheck(address="a.b", count=2)),
        outputs=(OutputCheck(name="o", equals=2),),
        health=(aws("s3.head_bucket", 0), aws("s3.head_bucket", 0)),
    )
    request = ValidationRequest(checks=checks, observed=observed, time_left=MINUTE)
    report = ValidatorAgent(world.clock, world.aws).validate(request, world.stop)
    assert [(check.name, check.passed) for check in report.checks] == [
        ("state: a.c", False),
        ("state: a.b", True),
        ("state: a.b (2)", False),
        ("outputs: o", False),
        ("drift: re-plan", False),
        ("health: aws s3.head_bucket", True),
        ("health: aws s3.head_bucket (2)", True),
    ]


def test_a_probe_without_a_wait_is_tried_once() -> None:
    world = World({})
    assert world.details(aws("a.b", 0)) == ["expected success, saw 404: Not Found after 0.0 s, 1 try"]
    assert world.clock.sleeps == []


def test_a_probe_that_comes_up_late_passes_and_says_how_long_it_took() -> None:
    world = World({"a.b": 3.1})
    assert world.details(aws("a.b", 30)) == ["expected success, saw success after 5.0 s, 6 tries"]


def test_pauses_grow_and_the_last_try_is_at_the_deadline() -> None:
    world = World({"a.b": 10.0})
    (check,) = [c for c in world.validate(aws("a.b", 10)).checks if c.kind is CheckKind.HEALTH]
    assert check.passed
    assert world.clock.sleeps == pytest.approx([0.2, 0.4, 0.8, 1.6, 2, 2, 2, 1])


def test_a_probe_that_never_comes_up_fails_after_its_wait_with_what_was_seen_last() -> None:
    world = World({})
    assert world.details(aws("a.b", 3)) == ["expected success, saw 404: Not Found after 3.0 s, 5 tries"]


def test_late_probes_wait_together_and_each_to_its_own_end() -> None:
    world = World({"a.a": 9, "a.b": 8, "a.c": 7})
    health = (aws("a.a", 10), aws("a.b", 10), aws("a.never", 2), aws("a.c", 10))
    report = world.validate(*health)
    assert [check.passed for check in report.checks[3:]] == [True, True, False, True]
    assert world.clock.monotonic() <= 10
    tried = [at for operation, at in world.aws.tries if operation == "a.never"]
    assert max(tried) == pytest.approx(2)


def test_a_probe_that_passed_is_not_asked_again() -> None:
    world = World({"a.up": 0})
    world.validate(aws("a.up", 5), aws("a.never", 5))
    assert [operation for operation, _ in world.aws.tries].count("a.up") == 1


def test_no_probe_waits_longer_than_the_run_has_left() -> None:
    world = World({})
    details = world.details(aws("a.b", 300), time_left=timedelta(seconds=7))
    assert details == ["expected success, saw 404: Not Found after 7.0 s, 6 tries; the run has no time left"]
    assert world.clock.monotonic() == pytest.approx(7)


def test_a_run_without_time_tries_nothing() -> None:
    world = World({"a.b": 0})
    details = world.details(aws("a.b", 5), time_left=timedelta(seconds=-1))
    assert details == [
        "expected success, saw nothing: not tried after 0.0 s, 0 tries; the run has no time left"
    ]
    assert world.aws.tries == []


def test_a_stop_ends_the_wait_and_fails_only_what_still_waits() -> None:
    world = World({"a.up": 0}, stop_at=1)
    details = world.details(aws("a.up", 60), aws("a.once", 0), aws("a.never", 60))
    assert details == [
        "expected success, saw success after 0.0 s, 1 try",
        "expected success, saw 404: Not Found after 0.0 s, 1 try",
        "expected success, saw 404: Not Found after 1.4 s, 3 tries; stopped (interrupt)",
    ]


def test_a_stop_before_the_first_try_tries_nothing() -> None:
    world = World({"a.b": 0}, stop_at=0)
    assert world.details(aws("a.b", 60)) == [
        "expected success, saw nothing: not tried after 0.0 s, 0 tries; stopped (interrupt)"
    ]
    assert world.aws.tries == []


def test_a_slow_probe_spends_its_own_wait() -> None:
    world = World({}, cost_s=4)
    assert world.details(aws("a.b", 10)) == ["expected success, saw 404: Not Found after 12.6 s, 3 tries"]


class StuckAws:
    """Never answers until it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def call(self, operation: str, params: Mapping[str, JsonValue]) -> tuple[bool, str]:
        self.let_go.wait(10)
        return True, "too late"


def test_a_probe_that_hangs_is_left_behind_and_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_module, "_TRY_S", 0.2)
    stuck, clock = StuckAws(), SystemClock()
    health = (aws("a.b", 0), aws("a.c", 0), aws("a.d", 0))
    request = ValidationRequest(checks=Checks(health=health), observed=Observed(), time_left=MINUTE)
    began = time.monotonic()
    report = ValidatorAgent(clock, stuck).validate(request, StopAt(clock))
    took_s = time.monotonic() - began
    stuck.let_go.set()
    assert took_s < 2
    assert [check.passed for check in report.checks[3:]] == [False] * 3
    assert "saw no answer in time after 0.2 s, 1 try" in report.checks[3].detail


class BrokenAws:
    """Has a bug."""

    def call(self, operation: str, params: Mapping[str, JsonValue]) -> tuple[bool, str]:
        raise ZeroDivisionError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_a_probe_is_not_taken_for_an_answer() -> None:
    clock = ManualClock()
    request = ValidationRequest(checks=Checks(health=(aws("a.b", 0),)), observed=Observed(), time_left=MINUTE)
    with pytest.raises(RuntimeError, match=r"aws a\.b"):
        ValidatorAgent(clock, BrokenAws()).validate(request, StopAt(clock))


@contextmanager
def listening_after(delay_s: float) -> Iterator[int]:
    """A port that refuses at first, and later answers every connection with HTTP 200."""
    done = threading.Event()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            time.sleep(delay_s)
            server.listen()
            server.settimeout(0.05)
            while not done.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(2)
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        done.set()
        thread.join()


def test_real_probes_of_a_server_that_comes_up_late_pass() -> None:
    world, clock = World({}), SystemClock()
    within = timedelta(seconds=20)
    with listening_after(0.3) as port:
        health = (
            HttpProbe(http=f"http://me:hunter2@127.0.0.1:{port}/health?key=hunter2", within=within),
            TcpProbe(tcp=f"127.0.0.1:{port}", within=within),
        )
        request = ValidationRequest(checks=Checks(health=health), observed=Observed(), time_left=MINUTE)
        report = ValidatorAgent(clock, world.aws).validate(request, StopAt(clock))
    http, tcp = report.checks[3:]
    assert http.passed, http.detail
    assert tcp.passed, tcp.detail
    assert http.name == f"health: http http://127.0.0.1:{port}/health?…"
    assert "hunter2" not in report.model_dump_json()


NAMES: dict[str, Callable[[], HealthCheck]] = {
    "health: tcp 127.0.0.1:1": lambda: TcpProbe(tcp="127.0.0.1:1"),
    "health: http (malformed URL)": lambda: HttpProbe(http="file:///etc/passwd"),
    "health: aws s3.head_bucket": lambda: AwsProbe(aws="s3.head_bucket"),
}


@pytest.mark.parametrize(("name", "check"), NAMES.items(), ids=NAMES.keys())
def test_a_failed_probe_has_a_name_and_tells_what_was_expected_and_seen(
    name: str, check: Callable[[], HealthCheck]
) -> None:
    result = World({}).validate(check()).checks[-1]
    assert result.name == name
    assert not result.passed
    assert result.detail.startswith("expected ")
    assert ", saw " in result.detail

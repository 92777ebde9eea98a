"""Brakes: a provider in trouble is left alone, tried again by one, and trusted again after a success."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contracts.model import Fault
from planner.brakes import Brake, admitted, after

NOW = 1_800_000_000.0
FAULTS = st.sampled_from([None, *Fault])


def wait(brake: Brake, now: float = NOW, patience: float = 1e9) -> float | None:
    turn = admitted(brake, now, patience)
    return None if isinstance(turn, str) else turn[1]


def failing(*faults: Fault, brake: Brake | None = None) -> Brake:
    brake = brake or Brake()
    for fault in faults:
        brake = after(brake, fault, None, NOW)
    return brake


def test_three_faults_in_a_row_open_it_and_two_do_not() -> None:
    assert wait(failing(Fault.DOWN, Fault.THROTTLED)) == 0
    assert wait(failing(Fault.DOWN, Fault.THROTTLED, Fault.UNREADABLE)) is None


def test_an_answer_between_them_starts_the_count_anew() -> None:
    brake = after(failing(Fault.DOWN, Fault.DOWN), None, None, NOW)
    assert wait(failing(Fault.DOWN, Fault.DOWN, brake=brake)) == 0


def test_what_the_request_itself_did_wrong_is_no_fault_of_the_provider() -> None:
    wrong = (Fault.REJECTED, Fault.TOO_LARGE, Fault.CUT_OFF, Fault.REFUSED)
    assert wait(failing(*wrong, *wrong)) == 0


def test_a_spend_limit_opens_it_at_once_and_for_long() -> None:
    brake = failing(Fault.SPENT)
    assert wait(brake, NOW + 3_599) is None
    assert wait(brake, NOW + 3_601) == 0


def test_half_open_it_lets_one_call_through_and_the_others_wait_for_it() -> None:
    opened = failing(Fault.DOWN, Fault.DOWN, Fault.DOWN)
    later = NOW + 31
    turn = admitted(opened, later, 1e9)
    assert not isinstance(turn, str)
    probing = turn[0]
    assert wait(probing, later) is None
    assert wait(after(probing, None, None, later), later) == 0
    assert wait(after(probing, Fault.DOWN, None, later), later + 59) is None, "twice as long as before"
    assert wait(after(probing, Fault.DOWN, None, later), later + 61) == 0


def test_a_probe_that_died_is_followed_by_another() -> None:
    turn = admitted(failing(Fault.DOWN, Fault.DOWN, Fault.DOWN), NOW + 31, 1e9)
    assert not isinstance(turn, str)
    assert wait(turn[0], NOW + 31 + 91) == 0


def test_nobody_calls_before_the_time_the_provider_named() -> None:
    brake = after(Brake(), Fault.THROTTLED, 120, NOW)
    assert wait(brake, NOW + 1) == 119
    assert wait(brake, NOW + 1, patience=100) is None


def test_a_burst_passes_and_then_calls_are_spread() -> None:
    brake, waits = Brake(), []
    for _ in range(10):
        turn = admitted(brake, NOW, 1e9)
        assert not isinstance(turn, str)
        brake, pause = turn
        waits.append(round(pause, 1))
    assert waits == [0, 0, 0, 0, 0, 0, 1.2, 2.4, 3.6, 4.8]


@given(st.lists(st.tuples(FAULTS, st.floats(0, 1e6) | st.none(), st.floats(0, 5_000)), max_size=30))
def test_whatever_happened_it_opens_again_within_a_day(
    history: list[tuple[Fault | None, float | None, float]],
) -> None:
    brake, now = Brake(), NOW
    for fault, retry_after, pause in history:
        brake, now = after(brake, fault, retry_after, now), now + pause
    turn = admitted(brake, now + 86_401, 86_401)
    assert not isinstance(turn, str), turn


def test_a_clock_that_was_set_back_a_year_closes_nothing_for_a_year() -> None:
    brake = failing(Fault.SPENT)
    year = 365 * 86_400
    assert wait(brake, NOW - year) is None
    turn = admitted(brake, NOW - year, 1e9)
    assert isinstance(turn, str)
    assert "86400 s" in turn

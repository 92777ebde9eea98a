"""The kill switch: what is stopped begins nothing, however close the race."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from contracts.errors import StoppedError, StoreError
from contracts.journal import EffectEnded, EffectIntended
from contracts.run import Effect, RunState, StopKind
from planner.store import Store
from planner.switch import KillSwitch
from tests.fakes.planning import CREATE_A, Bench, ScriptedTerraform, apply_of, plan_of

INTENT = EffectIntended(effect=Effect.APPLY, attempt=1)


def test_no_effect_is_intended_while_it_is_on_and_what_ended_is_still_written(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.store.switch_off(None, "stopped by ada")
    with pytest.raises(StoppedError, match="stopped by ada"):
        bench.journal.append(INTENT)
    bench.journal.append(EffectEnded(effect=Effect.PLAN, ended="completed"))
    bench.store.switch_on(None)
    bench.journal.append(INTENT)


def test_on_a_full_disk_it_is_set_all_the_same_once_what_was_starting_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch = KillSwitch(tmp_path / "stop")
    order: list[str] = []

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    def starts() -> None:
        with switch.held():
            holds.set()
            time.sleep(0.3)
            order.append("started")

    holds = threading.Event()
    starter = threading.Thread(target=starts)
    starter.start()
    assert holds.wait(5)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        switch.stop(None, "x")
    order.append("stopped")
    starter.join()
    assert (order, switch.why("any run") is not None) == (["started", "stopped"], True)


def test_one_run_is_stopped_and_the_others_go_on(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.store.switch_off("run-2", "that one")
    bench.journal.append(INTENT)
    assert bench.store.switch.why("run-2") == "that one"


def test_one_run_goes_on_and_the_others_stay_stopped(tmp_path: Path) -> None:
    store = Bench(tmp_path).store
    for stopped in ("run-1", "run-2"):
        store.switch_off(stopped, f"{stopped} was stopped")
    store.switch_on("run-2")
    assert (store.switch.why("run-1"), store.switch.why("run-2")) == ("run-1 was stopped", None)


def test_the_empty_folder_that_is_left_stops_nobody(tmp_path: Path) -> None:
    switch = Bench(tmp_path).store.switch
    switch.stop(None, "x")
    switch.start(None)
    assert (tmp_path / "stop").is_dir()
    assert switch.why("") is None
    assert switch.why("run-1") is None


def test_a_file_that_a_person_touched_is_as_good(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    (tmp_path / "stop").mkdir()
    (tmp_path / "stop" / "all").touch()
    with pytest.raises(StoppedError, match="the kill switch is on"):
        bench.journal.append(INTENT)


@pytest.mark.parametrize("before", ["init", "plan", "apply"])
def test_a_run_that_meets_it_ends_failed_before_its_next_effect(tmp_path: Path, before: str) -> None:
    class Switching(ScriptedTerraform):
        """Turns the switch while the call before the one named runs."""

        def _note(self, request: object, on_start: object) -> None:
            super()._note(request, on_start)  # type: ignore[arg-type]
            if self.calls()[-1] == {"plan": "init", "apply": "plan"}[before]:
                bench.store.switch_off(None, "now")

    terraform = Switching(plans=[plan_of(CREATE_A)], applies=[apply_of(CREATE_A)])
    bench = Bench(tmp_path, terraform=terraform)
    if before == "init":
        bench.store.switch_off(None, "now")
    record = bench.drive()
    assert record.state is RunState.FAILED
    assert record.stop is StopKind.KILL_SWITCH
    assert before not in terraform.calls()
    assert bench.refolded() == record


def test_in_two_thousand_races_nothing_is_intended_after_it_was_switched(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    switching = Store(tmp_path / "planner.db")
    for _ in range(200):
        switched, after = threading.Event(), []

        def switch(done: threading.Event = switched) -> None:
            Store(tmp_path / "planner.db").switch_off(None, "race")
            done.set()

        racer = threading.Thread(target=switch)
        racer.start()
        for _ in range(10):
            known = switched.is_set()
            try:
                bench.journal.append(INTENT)
            except StoppedError:
                continue
            after.append(known)
        racer.join()
        assert not any(after), "an effect was intended although the switch was known to be on"
        switching.switch_on(None)


def test_nothing_starts_where_the_switch_cannot_be_held(tmp_path: Path) -> None:
    (tmp_path / "stop.lock").mkdir()
    started = False
    with (
        pytest.raises(StoreError, match="kill switch cannot be looked at"),
        KillSwitch(tmp_path / "stop").held(),
    ):
        started = True
    assert not started

"""What the store and the home tell of a moment: gauges, money, bounded labels, in a bounded time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import pytest

from contracts.hypothesis import Category, Source
from contracts.incident import Stage
from contracts.journal import RunResumed
from contracts.remediation import EditConfig
from contracts.run import Effect, GaveUp
from observability.metrics import evaluations
from planner.lock import Holder, ModuleLock
from planner.metric_labels import evaluated, model_labels
from planner.readings_home import locks_held
from planner.store import Store
from subagents.identity import identity_of
from tests.fakes.clock import ManualClock
from tests.fakes.metrics import samples, scraped
from tests.fakes.planning import CREATE_A, ENGINE, Bench, ScriptedTerraform, apply_of, plan_of
from tests.fakes.seeded_runs import HAIKU, OPENAI, SCRIPTED, SONNET, Told
from tests.fakes.seeded_store import seed
from tests.fakes.seeded_stories import LAST, UNFINISHED

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EDIT = EditConfig(summary="Mend it.")
GRACE_MS = 50


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "planner.db")
    yield store
    store.close()


def told(store: Store, name: str, hours_ago: float, folder: Path) -> Told:
    return Told(store, name, folder / name, NOW - timedelta(hours=hours_ago))


def seen(folder: Path) -> dict[str, float]:
    return dict(samples(scraped(folder, NOW)))


# --- runs that have not ended ---------------------------------------------------------------------


def test_a_home_without_a_run_tells_noughts_and_no_time(tmp_path: Path) -> None:
    values = seen(tmp_path)
    assert values["planner_runs_started_total"] == 0
    assert values["planner_approvals_pending"] == 0
    assert values['planner_runs_unfinished{state="RUNNING"}'] == 0
    assert values["planner_budget_day_left_usd"] == 1
    assert not [name for name in values if "timestamp" in name]


def test_who_waits_for_a_person_is_told_with_the_time_it_first_asked(store: Store, tmp_path: Path) -> None:
    for n, hours in enumerate((3, 7)):
        run = told(store, f"run-{n}", hours, tmp_path)
        run.fails(Stage.PLAN)
        asked = run.clock.now()
        waiting = run.parks(run.incident(Category.QUOTA, Source.SIGNATURE, EDIT), fix=True)
        run.clock.advance(60)
        run.parks(waiting, fix=True)
    values = seen(tmp_path)
    assert values["planner_approvals_pending"] == 2
    assert values["planner_approval_oldest_timestamp_seconds"] == pytest.approx(asked.timestamp(), abs=1e-3)
    assert values['planner_runs_unfinished{state="DIAGNOSING"}'] == 2
    assert "planner_run_stalest_transition_timestamp_seconds" not in values

    run.answered("approve", 60)
    assert seen(tmp_path)["planner_approvals_pending"] == 1


def test_the_stalest_run_is_the_one_that_moved_longest_ago(store: Store, tmp_path: Path) -> None:
    UNFINISHED[0](told(store, "waits", 30, tmp_path))
    cut_off = told(store, "cut-off", 5, tmp_path)
    stale = cut_off.clock.now().timestamp()
    UNFINISHED[2](cut_off)
    name = "planner_run_stalest_transition_timestamp_seconds"
    assert seen(tmp_path)[name] == pytest.approx(stale, abs=1e-3)

    told(store, "younger", 1, tmp_path)
    cut_off.clock.advance(4.5 * 3600)
    cut_off.journal.append(RunResumed(engine=ENGINE))
    assert seen(tmp_path)[name] == pytest.approx((NOW - timedelta(hours=1)).timestamp(), abs=0.1)


# --- failures, money ------------------------------------------------------------------------------


def test_the_most_frequent_failure_of_a_day_is_counted_without_plans_that_wait(
    store: Store, tmp_path: Path
) -> None:
    for n, hours in enumerate((40, 20, 10, 5)):
        run = told(store, f"run-{n}", hours, tmp_path)
        run.fails(Stage.PLAN)
        same = run.incident(Category.QUOTA, Source.SIGNATURE, EDIT, fingerprint="f1:same")
        run.gives_up(same, GaveUp.PERSON_MUST_ACT)
        run.kept()
    for n in range(5):
        run = told(store, f"plan-{n}", 2, tmp_path)
        UNFINISHED[0](run)
        run.kept()
    assert seen(tmp_path)["planner_incident_recurrence"] == 3


def test_money_is_told_by_model_as_booked_and_what_nobody_knows_apart(store: Store, tmp_path: Path) -> None:
    run = told(store, "run", 1, tmp_path)
    run.fails(Stage.PLAN)
    for model in (HAIKU, HAIKU, SONNET, OPENAI, SCRIPTED):
        run.ask(model)
    values = seen(tmp_path)
    assert values[f'planner_model_calls_total{{model="{HAIKU}"}}'] == 2
    assert values[f'planner_model_tokens_total{{model="{HAIKU}",type="cached"}}'] == 2200
    assert values[f'planner_model_cost_usd_total{{model="{HAIKU}"}}'] == pytest.approx(2 * 0.000621)
    assert values['planner_model_cost_usd_total{model="openai:other"}'] == 0
    assert values['planner_model_unsettled_usd{model="openai:other"}'] == 0.05
    assert values['planner_model_calls_total{model="scripted"}'] == 1
    spent = 0.05 + sum(v for name, v in values.items() if name.startswith("planner_model_cost"))
    assert values["planner_budget_day_left_usd"] == pytest.approx(1 - spent)


def test_the_budget_is_that_of_today_and_never_below_nought(store: Store, tmp_path: Path) -> None:
    yesterday = told(store, "yesterday", 20, tmp_path)
    yesterday.fails(Stage.PLAN)
    yesterday.ask(SONNET)
    assert seen(tmp_path)["planner_budget_day_left_usd"] == 1
    today = told(store, "today", 1, tmp_path)
    today.fails(Stage.PLAN)
    today.ask(OPENAI)
    assert samples(scraped(tmp_path, NOW, day_usd="0.01"))["planner_budget_day_left_usd"] == 0


def test_a_breaker_is_open_until_its_time_is_over(store: Store, tmp_path: Path) -> None:
    LAST(told(store, "run", 0.5, tmp_path))
    assert seen(tmp_path)['planner_breaker_open{provider="openai"}'] == 1
    later = samples(scraped(tmp_path, NOW + timedelta(hours=1)))
    assert later['planner_breaker_open{provider="openai"}'] == 0
    assert later['planner_breaker_trips{provider="openai"}'] == 1


def test_the_kill_switch_and_runs_stopped_one_by_one_are_told(store: Store, tmp_path: Path) -> None:
    store.switch.stop("run-1", "why")
    assert seen(tmp_path)["planner_runs_stopped"] == 1
    assert seen(tmp_path)["planner_kill_switch"] == 0
    store.switch.stop(None, "why")
    assert seen(tmp_path)["planner_kill_switch"] == 1


# --- locks ----------------------------------------------------------------------------------------

HOLDS = """
import os, sys, time
from pathlib import Path
from planner.lock import Holder, ModuleLock
from subagents.clock import SystemClock
from subagents.identity import identity_of
module, notes = map(Path, sys.argv[1:])
holder = Holder(run_id="r", host="h", process=identity_of(os.getpid()))
ModuleLock(module, notes, SystemClock()).acquire(holder)
print("held", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_module_that_is_held_is_counted_until_its_holder_is_killed(tmp_path: Path) -> None:
    module, notes = tmp_path / "module", tmp_path / "locks"
    module.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(module), str(notes)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        assert locks_held(notes) == 1
        assert locks_held(notes, locks=tmp_path / "no-such-list") == 1, "by its process, where no list is"
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert len(list(notes.glob("*.json"))) == 1, "a note outlives its holder"
    assert locks_held(notes) == 0


def test_looking_at_a_lock_never_takes_it(tmp_path: Path) -> None:
    module, notes = tmp_path / "module", tmp_path / "locks"
    module.mkdir()
    lock = ModuleLock(module, notes, ManualClock())
    holder = Holder(run_id="r", host="h", process=identity_of(os.getpid()))
    for _ in range(50):
        lock.acquire(holder)
        assert locks_held(notes) == 1
        lock.release()
        assert locks_held(notes) == 0


def test_a_note_that_is_none_is_not_counted(tmp_path: Path) -> None:
    for name in ("x.json", "1-2-3.json", "1-2.json"):
        (tmp_path / name).write_text("{", encoding="utf-8")
    assert locks_held(tmp_path) == 0


# --- labels ---------------------------------------------------------------------------------------


def test_a_model_is_told_by_name_only_if_the_price_book_knows_it() -> None:
    labels = model_labels([HAIKU, "openai:secret", "scripted:/home/x/a.json", "/etc/passwd", "", "bedrock:x"])
    assert list(labels.values()) == [HAIKU, "openai:other", "scripted", "other", "other", "bedrock:other"]


def test_a_models_label_stays_what_it_was_whoever_is_asked_later() -> None:
    book = [f"bedrock:{region}.anthropic.claude-{size}-5-5" for region in ("global", "us", "eu", "jp")
            for size in ("haiku", "sonnet", "opus")]  # fmt: skip
    before = model_labels(book[:8])
    after = model_labels(book)
    assert before == {model: after[model] for model in book[:8]}
    assert set(after.values()) == {*book[:8], "bedrock:other"}


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("signatures, else noisy", "signatures, else noisy"),
        (f"{HAIKU}, alone", f"{HAIKU}, alone"),
        ("openai:qwen/qwen3", "openai:qwen/qwen3"),
        ("scripted:/home/x/answers.json, alone", "scripted, alone"),
        ("/etc/passwd", None),
        ("openai:/etc/passwd", None),
        ("a/b/c", None),
        ("x" * 500, None),
        ('"} 1\nplanner_kill_switch 1', None),
    ],
)
def test_an_evaluated_model_is_told_as_it_is_called_but_never_as_a_path(
    model: str, label: str | None
) -> None:
    assert evaluated([(model, "executed")]) == ({(model, "executed"): (label, "executed")} if label else {})


def test_only_so_many_evaluations_are_told() -> None:
    assert len(evaluated((f"model-{n}", "executed") for n in range(1000))) == 25


# --- evaluations ----------------------------------------------------------------------------------


def test_evaluations_are_passed_on_and_nothing_else_of_their_files(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    net = 'planner_eval_net{model="gold",suite="executed"}'
    (folder / "a.prom").write_text(
        f'{net} 1\nplanner_eval_cases{{model="gold",suite="executed"}} 81\nplanner_kill_switch 1\nup 1\n'
        'planner_eval_net{model="gold",suite="executed",canary="x"} 3\n',
        encoding="utf-8",
    )
    (folder / "b.prom").write_text(f"{net} 2\n", encoding="utf-8")
    (folder / "broken.prom").write_text('planner_eval_net{model="half', encoding="utf-8")
    (folder / "binary.prom").write_bytes(b"\xff\xfe\x00")
    (folder / "other.txt").write_text('planner_eval_harm_ratio{model="gold",suite="executed"} 1\n')
    (folder / "dir.prom").mkdir()
    values = seen(tmp_path)
    assert {name: v for name, v in values.items() if "eval" in name} == {net: 1}
    assert values["planner_kill_switch"] == 0


def test_a_text_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError):
        evaluations('planner_eval_net{model="half')


# --- bounds ---------------------------------------------------------------------------------------


def test_ten_thousand_addresses_and_thirty_models_are_five_hundred_series_at_most(tmp_path: Path) -> None:
    created = [CREATE_A.model_copy(update={"address": f"terraform_data.x[{n}]"}) for n in range(10_000)]
    terraform = ScriptedTerraform(plans=[plan_of(*created), plan_of()], applies=[apply_of(*created)])
    bench = Bench(tmp_path, terraform=terraform)
    bench.drive()
    bench.store.close()
    seed(tmp_path, runs=200, now=NOW)
    store = Store(tmp_path / "planner.db")
    regions, sizes = ("global", "us", "eu", "jp"), ("haiku", "sonnet", "opus")
    models = [f"bedrock:{region}.anthropic.claude-{size}-5-5" for region in regions for size in sizes]
    models += [f"openai:model-{n}" for n in range(12)] + [f"scripted:/m/{n}.json" for n in range(6)]
    assert len(models) == 30
    with store.transaction() as db:
        db.execute("DELETE FROM brakes")
    for n, model in enumerate(models):
        run = told(store, f"of-{n}", 1 + n / 100, tmp_path)
        run.fails(Stage.PLAN)
        run.gives_up(
            run.incident(list(Category)[n], Source.MODEL, EDIT, usage=run.ask(model)), GaveUp.HOPELESS
        )
    with store.transaction() as db:  # as if somebody had named providers
        db.executemany("INSERT INTO brakes VALUES (?, '{}')", [(f"provider-{n}",) for n in range(100)])
    store.close()
    said = scraped(tmp_path, NOW)
    assert len(samples(said)) <= 500
    assert "terraform_data" not in said
    assert "/" not in "".join(line for line in said.splitlines() if not line.startswith("#"))


def test_twenty_thousand_runs_are_read_and_told_within_fifty_milliseconds(tmp_path: Path) -> None:
    seed(tmp_path, runs=20_000, now=NOW)
    times = []
    for _ in range(12):
        began = perf_counter()
        said = scraped(tmp_path, NOW)
        times.append(1000 * (perf_counter() - began))
    assert samples(said)["planner_runs_started_total"] == pytest.approx(20_000)
    assert min(times) < GRACE_MS, f"{times}"


def test_the_effects_that_are_timed_are_those_of_the_catalogue() -> None:
    from observability.catalog import BY_NAME  # noqa: PLC0415 - only here
    from planner.fold import TERRAFORM  # noqa: PLC0415

    values = BY_NAME["planner_terraform_duration_seconds"].values
    assert values is not None
    assert {Effect(effect) for effect in values[0]} == TERRAFORM

"""A home after a busy few days: a store with runs of every kind, and an evaluation.

The same arguments make the same store. Up to 400 runs are written entry by entry through
the real journal; of more, the rest are copies in rows and totals alone.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from planner.store import Store
from tests.fakes.seeded_runs import Told
from tests.fakes.seeded_stories import LAST, STORIES, UNFINISHED

SPAN = timedelta(days=3)
_TOLD = 400
_MODULES = 12
EVALUATION = """\
# planner-eval commit: 0123abc
# HELP planner_eval_net mean net score
# TYPE planner_eval_net gauge
planner_eval_net{model="anthropic:claude-haiku-5-5",suite="executed"} 0.62
planner_eval_net{model="anthropic:claude-sonnet-5-5",suite="executed"} 0.81
planner_eval_net{model="signature-only",suite="executed"} 0.25
# TYPE planner_eval_net_low gauge
planner_eval_net_low{model="anthropic:claude-haiku-5-5",suite="executed"} 0.44
planner_eval_net_low{model="anthropic:claude-sonnet-5-5",suite="executed"} 0.66
planner_eval_net_low{model="signature-only",suite="executed"} 0.13
# TYPE planner_eval_net_high gauge
planner_eval_net_high{model="anthropic:claude-haiku-5-5",suite="executed"} 0.77
planner_eval_net_high{model="anthropic:claude-sonnet-5-5",suite="executed"} 0.92
planner_eval_net_high{model="signature-only",suite="executed"} 0.39
# TYPE planner_eval_solved_ratio gauge
planner_eval_solved_ratio{model="anthropic:claude-haiku-5-5",suite="executed"} 0.79
planner_eval_solved_ratio{model="anthropic:claude-sonnet-5-5",suite="executed"} 0.9
planner_eval_solved_ratio{model="signature-only",suite="executed"} 0.58
# TYPE planner_eval_harm_ratio gauge
planner_eval_harm_ratio{model="anthropic:claude-haiku-5-5",suite="executed"} 0
planner_eval_harm_ratio{model="anthropic:claude-sonnet-5-5",suite="executed"} 0
planner_eval_harm_ratio{model="signature-only",suite="executed"} 0
# TYPE planner_eval_usd_per_solved gauge
planner_eval_usd_per_solved{model="anthropic:claude-haiku-5-5",suite="executed"} 0.0011
planner_eval_usd_per_solved{model="anthropic:claude-sonnet-5-5",suite="executed"} 0.0148
# TYPE planner_eval_cases gauge
planner_eval_cases{model="signature-only",suite="executed"} 81
"""


def seed(home: Path, *, runs: int, now: datetime) -> Path:
    """Fill a home (made where it is not there) as if `runs` runs had been made until `now`; returns it.

    Always there at the end: two runs that wait for a person (for 8 and 5 hours), one cut off in
    its apply (for 3), a provider whose breaker is open for an hour, the kill switch off.
    """
    store = Store(home / "planner.db")
    store._db.execute("PRAGMA synchronous=OFF")  # a fake needs no power cut survived
    told = min(runs, _TOLD)
    ended = max(0, told - len(UNFINISHED) - 1)
    for n in range(ended):
        at = now - SPAN + n * (SPAN - timedelta(hours=9)) / max(1, ended)
        run = Told(store, f"run-{n:05}", _module(home, n), at, pace=1 + 0.37 * (n % 9))
        STORIES[n % len(STORIES)](run)
        run.kept()
    for n, (story, hours) in enumerate(zip(UNFINISHED, (8, 5, 3), strict=True), ended):
        run = Told(store, f"run-{n:05}", _module(home, n), now - timedelta(hours=hours))
        story(run)
        run.kept()
    last = Told(store, "run-last", _module(home, 0), now - timedelta(seconds=60))
    LAST(last)
    last.kept()
    store.close()
    if runs > told:
        _copied(home / "planner.db", runs, told)
    (home / "metrics").mkdir(exist_ok=True)
    (home / "metrics" / "evals.prom").write_text(EVALUATION, encoding="utf-8")
    return home


def _module(home: Path, n: int) -> Path:
    return home / "modules" / f"service-{n * 7 % _MODULES:02}"


def _copied(path: Path, runs: int, told: int) -> None:
    """Rows for the runs that nobody tells, each like one that ended, and the totals they come to."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous=OFF")
    copies = [(f"-copy-{n}", n % (told - 4)) for n in range(runs - told)]
    database.executemany(
        "INSERT INTO runs (run_id, module, started_at, moved_at, state, reason) "
        "SELECT run_id || ?1, module, started_at, moved_at, state, reason FROM runs "
        "WHERE run_id = printf('run-%05d', ?2)",
        copies,
    )
    database.executemany(
        "INSERT INTO calls (run_id, module, day, model, reserved, settled, tokens, input, cached, output) "
        "SELECT run_id || ?1, module, '2020-01-01', model, reserved, settled, tokens, input, cached, output "
        "FROM calls WHERE run_id = printf('run-%05d', ?2)",
        copies,
    )
    database.executemany(
        "INSERT INTO incidents (fingerprint, run_id, attempt, at, module, stage, outcome, incident, text) "
        "SELECT fingerprint, run_id || ?1, attempt, at, module, stage, outcome, incident, '' "
        "FROM incidents WHERE run_id = printf('run-%05d', ?2)",
        copies,
    )
    database.execute("UPDATE totals SET value = value * ?", (runs / told,))
    database.commit()
    database.close()

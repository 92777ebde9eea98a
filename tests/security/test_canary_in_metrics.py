"""A secret in all that a run, a store and a home can hold, masked by nobody: no scrape tells it (R-05)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from contracts.approval import Approval
from contracts.budget import Limits, Usage
from contracts.errors import StoreError
from contracts.hypothesis import Source
from contracts.incident import Named, Unknown
from contracts.journal import Decided
from contracts.remediation import EditConfig
from contracts.run import RunRequest
from contracts.terraform import Variable
from observability.metrics import push
from observability.readings import Readings
from observability.serving import MetricsServer
from planner.readings import Moment, read
from planner.store import Store
from tests.fakes.metrics import samples, scraped
from tests.fakes.planning import (
    DESTROY_B,
    Bench,
    ScriptedDiagnoser,
    ScriptedTerraform,
    apply_of,
    error,
    hypothesis,
    plan_of,
)
from tests.fakes.seeded_runs import Told

SECRET = "canary-7Qz1xV"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which nothing was masked."""
    home = tmp_path / SECRET
    broken = apply_of().model_copy(
        update={"ended": "errored", "diagnostics": (error(SECRET),), "text": SECRET}
    )
    change = DESTROY_B.model_copy(update={"address": f'x.y["{SECRET}"]'})
    edit = EditConfig(summary=SECRET)
    usage = Usage(calls=1, cost_usd=None)
    bench = Bench(
        home,
        request=RunRequest(
            module=home, variables=(Variable(name="x", value=SECRET),), limits=Limits(), model=f"x:{SECRET}"
        ),
        terraform=ScriptedTerraform(plans=[plan_of(change)], applies=[broken]),
        diagnoser=ScriptedDiagnoser(
            Named(hypothesis=hypothesis(edit, cause=SECRET), source=Source.MODEL, origin=SECRET, usage=usage),
            Unknown(why=SECRET, next_step=SECRET),
        ),
    )
    bench.drive()
    pending = bench.record.pending
    assert pending is not None
    said = Approval(decision="approve", digest=pending.digest, actor=SECRET, comment=SECRET, at=NOW)
    bench.journal.append(Decided(approval=said))
    bench.drive()
    run = Told(bench.store, f"run-{SECRET}", home, NOW)
    for provider in ("openai", "scripted", SECRET):
        run.ask(f"{provider}:/{SECRET}")
    bench.store.switch.stop(f"run-{SECRET}", SECRET)
    bench.store.switch.stop(None, SECRET)
    bench.store.close()
    (home / "locks").mkdir()
    (home / "locks" / f"{SECRET}.json").write_text(SECRET, encoding="utf-8")
    (home / "metrics").mkdir()
    (home / "metrics" / f"{SECRET}.prom").write_text(
        f"# HELP planner_eval_net {SECRET}\n# TYPE planner_eval_net gauge\n"
        f'planner_eval_net{{model="scripted:/{SECRET}",suite="executed"}} 1\n'
        f'planner_eval_net{{model="gold",suite="executed",of="{SECRET}"}} 1\nup{{of="{SECRET}"}} 1\n',
        encoding="utf-8",
    )
    return home


def test_no_scrape_tells_what_nobody_masked(home: Path) -> None:
    journal = "".join(str(row) for row in _rows(home))
    assert journal.count(SECRET) > 10, "the canaries never reached the store"
    said = scraped(home, NOW)
    values = samples(said)
    assert values['planner_incidents_total{category="network",source="model"}'] == 1
    assert values['planner_model_calls_total{model="other"}'] == 1
    assert values['planner_eval_net{model="scripted",suite="executed"}'] == 1
    assert SECRET not in said


def _rows(home: Path) -> list[tuple[str]]:
    store = Store(home / "planner.db")
    rows = store.rows("SELECT line FROM journal", ())
    store.close()
    return rows


def test_why_a_store_cannot_be_read_is_told_to_no_scraper(home: Path) -> None:
    path = home / "planner.db"
    path.write_text("no database", encoding="utf-8")
    with pytest.raises(StoreError, match=SECRET):  # the operator is told where it lies
        read(Store(path), Moment(NOW, Limits().max_usd, "0"))
    with MetricsServer("127.0.0.1", 0, lambda _: None) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        with pytest.raises(HTTPError) as refused:
            urlopen(server.url, timeout=10)  # noqa: S310 - of this machine
        server.shutdown()
        thread.join()
    with refused.value as answer:
        assert (answer.status, SECRET in answer.read().decode() + str(answer.headers)) == (503, False)


def test_a_push_repeats_nothing_of_its_url(home: Path) -> None:
    why = push(Readings({}, {}), f"http://{SECRET}:{SECRET}@127.0.0.1:1/{SECRET}", SECRET)
    assert why is not None
    assert SECRET not in why

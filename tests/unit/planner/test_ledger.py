"""Money: every cap holds, whatever number of processes asks and however they die."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.budget import Ceiling, LimitReached, Limits, Reservation, Usage
from contracts.model import Fault, ModelReply
from planner.ledger import Account, Ledger, nano, usd
from planner.store import Store
from subagents.clock import SystemClock
from tests.fakes.clock import ManualClock

MODEL = "anthropic:small"
CENT = Decimal("0.01")
LIMITS = Limits(max_usd=Decimal("0.05"), max_usd_per_day=Decimal("0.08"), max_tokens=10_000)


def account(run: str = "r", module: str = "/m", limits: Limits = LIMITS) -> Account:
    return Account(run_id=run, module=Path(module), limits=limits)


def ceiling(cents: str | None = "1", tokens: int = 100) -> Ceiling:
    return Ceiling(usd=None if cents is None else Decimal(cents) * CENT, tokens=tokens)


def reply(cents: str | None = "1", tokens: int = 50, fault: Fault | None = None) -> ModelReply:
    cost = None if cents is None else Decimal(cents) * CENT
    usage = Usage(calls=1, input_tokens=tokens, cost_usd=cost)
    return ModelReply(text="", stop="end", usage=usage, fault=fault)


class World:
    def __init__(self, folder: Path, day_usd: str = "0.10") -> None:
        self.clock = ManualClock()
        self.store = Store(folder / "planner.db")
        self.ledger = Ledger(self.store, self.clock, Decimal(day_usd))

    def reserve(self, who: Account, most: Ceiling | None = None) -> Reservation | LimitReached:
        self.clock.sleep(2)  # the shared rate is another test's matter
        return self.ledger.reserve(who, MODEL, most or ceiling(), 100)


def limit_of(answer: Reservation | LimitReached) -> str | None:
    return answer.limit if isinstance(answer, LimitReached) else None


def test_a_run_stops_at_its_cap_and_a_reservation_counts_until_it_is_settled(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.reserve(account(), ceiling("3"))
    assert isinstance(first, Reservation)
    assert limit_of(world.reserve(account(), ceiling("3"))) == "max_usd"
    world.ledger.settle(first, MODEL, reply("1"))
    assert isinstance(world.reserve(account(), ceiling("3")), Reservation)
    told = world.reserve(account(), ceiling("3"))
    assert isinstance(told, LimitReached)
    assert told.reason == "max_usd reached: $0.04 of $0.05"


def test_the_day_of_a_module_and_the_day_of_everybody_have_caps_of_their_own(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert isinstance(world.reserve(account("a"), ceiling("5")), Reservation)
    assert limit_of(world.reserve(account("b"), ceiling("4"))) == "max_usd_per_day"
    assert isinstance(world.reserve(account("b"), ceiling("3")), Reservation)
    assert limit_of(world.reserve(account("c", "/other"), ceiling("3"))) == "max_usd_per_day_everywhere"
    world.clock.sleep(timedelta(days=1).total_seconds())
    assert isinstance(world.reserve(account("c", "/other"), ceiling("3")), Reservation)


def test_tokens_have_a_cap_too(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.reserve(account(), ceiling("0", 9_000))
    assert isinstance(first, Reservation)
    assert limit_of(world.reserve(account(), ceiling("0", 2_000))) == "max_tokens"
    world.ledger.settle(first, MODEL, reply("0", tokens=500))
    assert isinstance(world.reserve(account(), ceiling("0", 2_000)), Reservation)


def test_an_unknown_price_takes_all_that_is_left_and_an_unknown_cost_keeps_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    held = world.reserve(account(), ceiling(None))
    assert isinstance(held, Reservation)
    assert held.usd == Decimal("0.05")
    world.ledger.settle(held, MODEL, reply(None))
    assert limit_of(world.reserve(account(), ceiling(None))) == "max_usd"


def test_nothing_is_reserved_while_the_kill_switch_is_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.store.switch_off("r", "enough")
    told = world.reserve(account())
    assert isinstance(told, LimitReached)
    assert (told.limit, told.reason) == ("kill_switch", "enough")
    assert isinstance(world.reserve(account("another")), Reservation)


def test_a_provider_that_fails_is_left_alone_by_every_run(tmp_path: Path) -> None:
    world = World(tmp_path, "100")
    free = Ceiling(usd=Decimal(0), tokens=1)
    for _ in range(3):
        held = world.reserve(account(), free)
        assert isinstance(held, Reservation)
        world.ledger.settle(held, MODEL, reply("0", fault=Fault.DOWN))
    assert limit_of(world.reserve(account("another", "/other"), free)) == "breaker"
    assert isinstance(world.ledger.reserve(account(), "openai:x", free, 10), Reservation)


def test_a_call_that_the_runs_end_cut_off_says_nothing_of_its_provider(tmp_path: Path) -> None:
    world = World(tmp_path, "100")
    free = Ceiling(usd=Decimal(0), tokens=1)
    for fault in (Fault.DOWN, Fault.DOWN, Fault.STOPPED, Fault.DOWN):
        held = world.reserve(account(), free)
        assert isinstance(held, Reservation)
        world.ledger.settle(held, MODEL, reply("0", fault=fault))
    assert limit_of(world.reserve(account(), free)) == "breaker"


def test_a_call_may_take_the_very_last_token_and_all_kinds_of_tokens_count(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.reserve(account(), ceiling("0", 10_000))
    assert isinstance(first, Reservation)
    usage = Usage(calls=1, input_tokens=1_000, cached_tokens=500, output_tokens=300, cost_usd=Decimal(0))
    world.ledger.settle(first, MODEL, ModelReply(text="", stop="end", usage=usage))
    told = world.reserve(account(), ceiling("0", 8_201))
    assert isinstance(told, LimitReached)
    assert told.reason == "max_tokens reached: 1,800 of 10,000"
    assert isinstance(world.reserve(account(), ceiling("0", 8_200)), Reservation)


def test_an_unknown_price_takes_what_earlier_calls_left(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert isinstance(world.reserve(account(), ceiling("2")), Reservation)
    held = world.reserve(account(), ceiling(None))
    assert isinstance(held, Reservation)
    assert held.usd == 3 * CENT


def test_all_models_of_a_provider_share_its_brakes_whatever_is_in_their_names(tmp_path: Path) -> None:
    world = World(tmp_path, "100")
    free = Ceiling(usd=Decimal(0), tokens=1)
    for name in ("arn:aws:one", "arn:aws:two", "three"):
        world.clock.sleep(10)
        held = world.ledger.reserve(account(), f"bedrock:{name}", free, 0)
        assert isinstance(held, Reservation)
        world.ledger.settle(held, f"bedrock:{name}", reply("0", fault=Fault.DOWN))
    assert limit_of(world.ledger.reserve(account(), "bedrock:arn:aws:four", free, 0)) == "breaker"


def test_calls_of_all_processes_keep_one_rate_and_what_a_provider_asks_for(tmp_path: Path) -> None:
    world = World(tmp_path, "100")
    free = Ceiling(usd=Decimal(0), tokens=1)
    waits = []
    for _ in range(8):
        last = world.ledger.reserve(account(), MODEL, free, 100)
        assert isinstance(last, Reservation)
        waits.append(round(last.wait_s, 3))
    assert waits == [0, 0, 0, 0, 0, 0, 1.2, 2.4]
    told = ModelReply(
        text="",
        stop="end",
        usage=Usage(calls=1, cost_usd=Decimal(0)),
        fault=Fault.THROTTLED,
        retry_after_s=40,
    )
    assert isinstance(last, Reservation)
    world.ledger.settle(last, MODEL, told)
    later = Ledger(world.store, world.clock, Decimal(100)).reserve(account("b"), MODEL, free, 100)
    assert isinstance(later, Reservation)
    assert later.wait_s == pytest.approx(40, abs=0.1)


def test_ids_tell_one_reservation_from_another(tmp_path: Path) -> None:
    world = World(tmp_path)
    held = [world.reserve(account()) for _ in range(3)]
    assert [one.id for one in held if isinstance(one, Reservation)] == [1, 2, 3]


SHOWN = [(0, "0"), (2 * 10**9, "2"), (10**10, "10"), (5 * 10**8, "0.5")]


@pytest.mark.parametrize(("amount", "expected"), SHOWN)
def test_money_is_shown_without_zeros_that_say_nothing(amount: int, expected: str) -> None:
    assert str(usd(amount)) == expected


@given(st.decimals(0, 1000, places=10))
def test_money_is_never_rounded_down(amount: Decimal) -> None:
    assert amount <= usd(nano(amount)) < amount + Decimal("0.000000001")


CAP = Decimal("0.40")
MOST = Decimal("0.0005")


def _spend(path: Path, calls: int, seed: int) -> None:
    """One process that reserves and settles as fast as it can, each call at a cost it makes up."""
    chance = random.Random(seed)
    store = Store(path)
    ledger = Ledger(store, SystemClock(), CAP)
    limits = Limits(max_usd=Decimal(100), max_usd_per_day=Decimal(100), max_tokens=10**9)
    for n in range(calls):
        who = account(f"{seed}-{n}", f"/m{seed}", limits)
        held = ledger.reserve(who, f"p{seed}-{n}:x", Ceiling(usd=MOST, tokens=10), 1e9)
        if isinstance(held, LimitReached):
            return
        cost = Decimal(chance.randrange(1, 6)) / 10_000
        ledger.settle(held, f"p{seed}-{n}:x", reply(str(cost / CENT)))


@pytest.mark.slow
def test_eight_processes_that_are_killed_at_random_never_pass_the_cap(tmp_path: Path) -> None:
    """L-14: at most one reservation is lost a kill, and no sum of all of them is over the cap."""
    path, chance = tmp_path / "planner.db", random.Random(7)
    Store(path).close()
    context = multiprocessing.get_context("spawn")
    kills = 0
    for wave in range(3):
        workers = [context.Process(target=_spend, args=(path, 1_000, 100 * wave + n)) for n in range(8)]
        for worker in workers:
            worker.start()
        if wave < 2:
            time.sleep(2.5)
            for worker in chance.sample(workers, 5):
                if worker.is_alive() and worker.pid:
                    os.kill(worker.pid, signal.SIGKILL)
                    kills += 1
        for worker in workers:
            worker.join(timeout=60)
    store = Store(path)
    (spent,) = store.rows("SELECT sum(coalesce(settled, reserved)) FROM calls", ())[0]
    (lost,) = store.rows("SELECT count(*) FROM calls WHERE settled IS NULL", ())[0]
    assert spent <= nano(CAP)
    assert spent > nano(CAP) - nano(MOST)
    assert lost <= kills

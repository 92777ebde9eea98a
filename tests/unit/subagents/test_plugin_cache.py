"""Modules that share a plugin cache are made ready one at a time; nothing else waits."""

from __future__ import annotations

import fcntl
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.ports import Command, Exit, Grace
from contracts.run import StopKind
from contracts.terraform import Ended, Engine, InitRequest
from subagents.clock import SystemClock
from subagents.process import SystemProcessRunner
from subagents.terraform.agent import EngineAgent
from subagents.terraform.plugin_cache import TakingTurns, cache_of
from tests.fakes.planning import SetStop

WORKS = """
import os, sys, time
with open(sys.argv[2], "a") as log:
    log.write("in\\n"); log.flush()
    time.sleep(0.3)
    log.write("out\\n")
"""


def command(folder: Path, verb: str, env: dict[str, str], *, timeout: float = 30) -> Command:
    folder.mkdir(exist_ok=True)
    return Command(
        argv=(sys.executable, "-c", WORKS, verb, str(folder.parent / "log")),
        cwd=folder,
        env=env,
        stdout=folder / "out",
        stderr=folder / "err",
        timeout=timedelta(seconds=timeout),
        grace=Grace(interrupt=timedelta(seconds=5)),
    )


def run(what: Command, stop: SetStop | None = None) -> Exit:
    clock = SystemClock()
    runner = TakingTurns(SystemProcessRunner(clock), clock)
    return runner.run(what, on_start=lambda _: None, on_line=lambda _: None, stop=stop or SetStop())


def at_once(*commands: Command) -> None:
    threads = [threading.Thread(target=run, args=(one,)) for one in commands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def taken(cache: Path) -> Iterator[None]:
    """Another planner makes a module ready."""
    descriptor = os.open(cache, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


def test_inits_that_share_a_cache_run_one_after_the_other(tmp_path: Path, cache: Path) -> None:
    env = {"TF_PLUGIN_CACHE_DIR": str(cache)}
    at_once(*(command(tmp_path / str(n), "init", env) for n in range(4)))
    assert (tmp_path / "log").read_text(encoding="utf-8").split() == ["in", "out"] * 4


@pytest.mark.parametrize("verb", ["plan", "apply"])
def test_no_other_command_waits_for_the_cache(tmp_path: Path, cache: Path, verb: str) -> None:
    with taken(cache):
        ended = run(command(tmp_path / "a", verb, {"TF_PLUGIN_CACHE_DIR": str(cache)}))
    assert ended.ended is Ended.COMPLETED


def test_without_a_cache_or_where_its_folder_is_missing_nobody_waits(tmp_path: Path, cache: Path) -> None:
    with taken(cache):
        for number, env in enumerate(({}, {"TF_PLUGIN_CACHE_DIR": str(tmp_path / "missing")})):
            assert run(command(tmp_path / str(number), "init", env)).ended is Ended.COMPLETED


def test_a_stop_and_the_end_of_its_time_end_the_wait_and_nothing_was_started(
    tmp_path: Path, cache: Path
) -> None:
    env = {"TF_PLUGIN_CACHE_DIR": str(cache)}
    stop = SetStop()
    stop.kind = StopKind.INTERRUPT
    with taken(cache):
        assert run(command(tmp_path / "a", "init", env), stop).ended is Ended.STOPPED
        late = run(command(tmp_path / "b", "init", env, timeout=0.5))
    assert (late.ended, 0.4 < late.duration_s < 5) == (Ended.TIMED_OUT, True)
    assert not (tmp_path / "log").exists()


def test_an_agents_init_that_was_stopped_while_it_waited_is_told_so(tmp_path: Path, cache: Path) -> None:
    clock, stop = SystemClock(), SetStop()
    stop.kind = StopKind.INTERRUPT
    agent = EngineAgent(
        engine=Engine(name="terraform", version="1.11.4", argv=(sys.executable,), init_json=True),
        runner=TakingTurns(SystemProcessRunner(clock), clock),
        environment={"TF_PLUGIN_CACHE_DIR": str(cache)},
        out_dir=tmp_path / "out",
        on_progress=lambda _: None,
    )
    request = InitRequest(module=tmp_path, timeout=timedelta(seconds=9))
    with taken(cache):
        assert agent.init(request, stop, lambda _: None).ended is Ended.STOPPED
        soon = request.model_copy(update={"timeout": timedelta(seconds=0.3)})
        assert agent.init(soon, SetStop(), lambda _: None).ended is Ended.TIMED_OUT


def test_the_cache_is_found_where_terraform_finds_it(tmp_path: Path) -> None:
    config, home = tmp_path / "cli.tfrc", tmp_path / "home"
    home.mkdir()
    config.write_text('# plugin_cache_dir = "/no"\nplugin_cache_dir   = "$HOME/a"\n', encoding="utf-8")
    (home / ".terraformrc").write_text('plugin_cache_dir = "/b"', encoding="utf-8")
    env = {"HOME": str(home)}
    named = {"TF_CLI_CONFIG_FILE": str(config)}
    assert cache_of(env, tmp_path) == Path("/b")
    assert cache_of(env | named, tmp_path) == home / "a"
    assert cache_of(env | named | {"TF_PLUGIN_CACHE_DIR": "/c"}, tmp_path) == Path("/c")
    assert cache_of(env | named | {"TF_PLUGIN_CACHE_DIR": "c"}, tmp_path) == tmp_path / "c"
    assert cache_of(env | {"TF_CLI_CONFIG_FILE": str(tmp_path / "gone")}, tmp_path) is None
    assert cache_of({"HOME": str(tmp_path)}, tmp_path) is None
    (home / ".terraformrc").unlink()
    (home / ".terraform.d").mkdir()
    (home / ".terraform.d/cache.tfrc").write_text('plugin_cache_dir = "/d"', encoding="utf-8")
    assert cache_of(env, tmp_path) == Path("/d")

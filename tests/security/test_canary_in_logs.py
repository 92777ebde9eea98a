"""No secret of a run is in the log on standard error, or in an export of the audit trail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.security.test_canary import CANARIES, World, leaks, world

pytestmark = pytest.mark.terraform
__all__ = ["world"]


def told(home: World, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "planner", *arguments],
        env=home.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_byte_of_a_secret_is_logged_or_audited(world: World, form: str) -> None:
    world.env.update(PLANNER_LOG=form, PLANNER_LOG_LEVEL="debug")
    done = world.run("--var", f"db_password={CANARIES['flag']}", "--json")
    assert done.returncode == 2, done.stderr
    assert "incident.diagnosed" in done.stderr
    assert "model.answered" in done.stderr
    assert "<secret:" in done.stderr, "the canaries never reached the log"
    told(world, "stop", "--all", "--why", f"password={CANARIES['printed']}, {CANARIES['environment']}")
    stopped = (world.home / "stop" / "all").read_text(encoding="utf-8")
    assert ": password=<secret:" in stopped
    told(world, "start")
    trail = [told(world, "audit", "export", "--format", name) for name in ("jsonl", "csv")]
    shown = [told(world, "audit"), told(world, "audit", "--json"), told(world, "audit", "verify")]
    assert "model.asked" in trail[0]
    assert leaks(world, done.stderr, *trail, *shown) == []


def test_the_file_is_its_owners_alone_whatever_the_umask(world: World) -> None:
    world.run("--var", f"db_password={CANARIES['flag']}")
    (log,) = Path(world.home).rglob("log.jsonl")
    assert log.stat().st_mode & 0o077 == 0

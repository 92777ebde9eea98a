"""What trials need of this machine: an engine, models that can be asked, and its mark in the log."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from contracts.errors import SettingsError
from contracts.ports import Clock
from contracts.version import VERSION
from diagnosis.prompt import prompt_version
from evals.sandbox import Engine
from evals.scenario import Case, Suite
from evals.scripted import GOLD, SCRIPTED, SIGNATURE_ONLY
from evals.shell import run
from planner.naming import opener
from planner.signals import StopRequest
from subagents.clock import Wake

_ROOT = Path(__file__).resolve().parents[1]


def not_bedrock(models: Sequence[str], cases: Sequence[Case]) -> None:
    """An executed scenario keeps this machine's AWS settings out. Raises `SettingsError`."""
    if any(m.startswith("bedrock:") for m in models) and any(
        c.scenario.suite is Suite.EXECUTED for c in cases
    ):
        what = "bedrock: cannot be asked in executed scenarios: this machine's AWS settings are kept out"
        raise SettingsError(what, remedy="run it with --only recorded")


def usable(models: Sequence[str], env: Mapping[str, str], clock: Clock) -> None:
    """Raises `ModelSetupError` where one of them could never be asked."""
    for model in models:
        if model not in {GOLD, SIGNATURE_ONLY, *SCRIPTED}:
            opener(model, env, clock, StopRequest(clock, Wake(), lambda _: None))


def engine_for(cases: Sequence[Case], env: Mapping[str, str]) -> Engine:
    """What the trials run on. Raises `SettingsError` where there is none and one is needed."""
    named = env.get("PLANNER_TERRAFORM") or shutil.which("terraform") or shutil.which("tofu")
    if named is None and any(case.scenario.suite is Suite.EXECUTED for case in cases):
        raise SettingsError("no terraform or tofu on PATH", remedy="install one, or run --only recorded")
    mirror = env.get("TF_PLUGIN_MIRROR")
    return Engine(Path(named or "terraform"), Path(mirror) if mirror else None)


def about(engine: Engine, env: Mapping[str, str]) -> dict[str, object]:
    """What every trial of this command has in common."""
    prices = hashlib.sha256((_ROOT / "diagnosis" / "prices.toml").read_bytes()).hexdigest()[:12]
    git = shutil.which("git")
    commit = (
        run([git, "rev-parse", "--short=12", "HEAD"], cwd=_ROOT, env=env, timeout_s=10).stdout if git else ""
    )
    told = (
        run([str(engine.path), "version"], cwd=_ROOT, env=env, timeout_s=30).stdout
        if engine.path.is_file()
        else ""
    )
    versions = {
        "engine": told.partition("\n")[0] or "none",
        "planner": VERSION,
        "commit": commit.strip() or "unknown",
    }
    return {"prompt": prompt_version(), "prices": prices, "versions": versions}

"""The real command where planner's home cannot be used, and where planner dies before its run has begun."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from planner.run_list import ids_like
from planner.store import Store
from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform

BOX = 'variable "colour" {\n}\nresource "terraform_data" "box" {\n  input = var.colour\n}\n'
SECRET = "kittiwake-7731-canary"

Break = Callable[[Path], object]


def a_file(home: Path, name: str) -> None:
    home.mkdir()
    (home / name).write_text("x", encoding="utf-8")


BROKEN: dict[str, Break] = {
    "a home that is a file": lambda home: home.write_text("x", encoding="utf-8"),
    "a file for the folder runs": partial(a_file, name="runs"),
    "a file for the folder locks": partial(a_file, name="locks"),
    "a folder for the file planner.db": lambda home: (home / "planner.db").mkdir(parents=True),
    "a folder for the file stop.lock": lambda home: (home / "stop.lock").mkdir(parents=True),
}


@pytest.mark.parametrize("breaks", BROKEN.values(), ids=BROKEN.keys())
def test_a_home_that_cannot_be_used_is_told_and_nothing_is_run(
    planner: Run, module: Path, tmp_path: Path, breaks: Break
) -> None:
    write(module, BOX)
    home = tmp_path / "home"
    breaks(home)
    done = planner("run", module, "--model", "none", "--var", "colour=red", "--home", home)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")
    assert str(home) in done.stderr
    assert "\n  → " in done.stderr
    assert "terraform cannot be started" not in done.stderr
    assert not (module / "terraform.tfstate").exists()


@pytest.mark.parametrize("setting", ["PLANNER_MAX_USD_PER_DAY", "PLANNER_LOG"])
def test_the_doctor_tells_of_a_setting_that_no_run_would_begin_with(
    planner: Run, module: Path, setting: str
) -> None:
    write(module, BOX)
    refused = planner("run", module, "--var", "colour=red", **{setting: "a lot"})
    told = planner("doctor", **{setting: "a lot"})
    assert (refused.returncode, told.returncode) == (1, 1), refused.stderr + told.stdout
    assert setting in refused.stderr
    assert f"✗ environment: {setting}" in told.stdout


@pytest.mark.parametrize("breaks", BROKEN.values(), ids=BROKEN.keys())
def test_the_doctor_blames_the_home_and_not_the_engine(planner: Run, tmp_path: Path, breaks: Break) -> None:
    home = tmp_path / "home"
    breaks(home)
    told = planner("doctor", "--home", home)
    assert "Traceback" not in told.stderr
    assert "✓ engine: " in told.stdout, told.stdout


@pytest.mark.parametrize("breaks", BROKEN.values(), ids=BROKEN.keys())
def test_where_all_cannot_be_stopped_that_is_told_and_where_it_can_they_are(
    planner: Run, tmp_path: Path, breaks: Break
) -> None:
    home = tmp_path / "home"
    breaks(home)
    done = planner("stop", "--all", "--home", home)
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n  → ") <= 1
    is_set = (home / "stop" / "all").exists()
    sure = is_set and not (home / "stop.lock").is_dir()
    assert (done.returncode == 0) is sure, done.stderr
    assert ("something may just be starting" in done.stderr) is (is_set and not sure)


def dying(where: str, *arguments: object) -> list[str]:
    """The command, killed where it comes to a method of planner's: `module.Class.method`."""
    module, owner, method = where.split(".")
    die = "lambda *_, **__: os.kill(os.getpid(), 9)"
    code = (
        f"import os, planner.{module} as m; setattr(m.{owner}, {method!r}, {die}); "
        "from planner.cli import main; main()"
    )
    return [sys.executable, "-c", code, *map(str, arguments)]


@pytest.mark.parametrize("where", ["journal.Journal.open", "rundir.RunDir.keep_variables"])
def test_a_planner_that_dies_before_its_run_has_begun_leaves_no_values_behind(
    planner: Run, module: Path, env: dict[str, str], tmp_path: Path, where: str
) -> None:
    write(module, BOX)
    asked = ("run", module, "--model", "none", "--var", f"colour={SECRET}", "--json")
    killed = subprocess.run(dying(where, *asked), env=env, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    home = tmp_path / "home"
    told = [path for path in home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert told == []

    store = Store(home / "planner.db")
    begun = ids_like(store, "")
    store.close()
    assert len(begun) == (where == "rundir.RunDir.keep_variables")
    for run_id in begun:  # without its values it would be another run
        resumed = planner("resume", run_id)
        assert resumed.returncode == 1
        assert "has not the values of its --var arguments" in resumed.stderr
        assert "start a new run with the same --var arguments" in resumed.stderr
    assert not (module / "terraform.tfstate").exists()
    assert result(planner(*asked)).state == "SUCCESS"


def test_values_that_were_being_kept_when_planner_died_serve_the_run_that_goes_on(
    planner: Run, module: Path, env: dict[str, str], tmp_path: Path
) -> None:
    write(module, BOX)
    asked = ("run", module, "--model", "none", "--var", "colour=red", "--json")
    killed = subprocess.run(
        dying("rundir.RunDir._sync", *asked), env=env, capture_output=True, timeout=60, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    store = Store(tmp_path / "home" / "planner.db")
    (run_id,) = ids_like(store, "")
    store.close()
    assert result(planner("resume", run_id, "--json")).state == "SUCCESS"
    assert '"red"' in (module / "terraform.tfstate").read_text(encoding="utf-8")


def test_a_home_that_others_may_write_to_is_told_by_the_doctor(planner: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert "others may write" not in planner("doctor").stdout
    home.chmod(0o777)
    told = planner("doctor")
    assert (told.returncode, f"→ chmod go-w {home}" in told.stdout) == (0, True), told.stdout
    home.chmod(0o700)
    assert "others may write" not in planner("doctor").stdout

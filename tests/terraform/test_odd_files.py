"""Pipes, devices, links to nowhere and names that lead elsewhere, where planner looks for plain files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.terraform.broken_modules import BOX
from tests.terraform.cli import Run, write

pytestmark = pytest.mark.terraform


@pytest.mark.parametrize("named", ["../../x", "..", "a/b", "a b", "\udcff"])
def test_a_workspace_that_is_no_name_is_refused(planner: Run, module: Path, named: str) -> None:
    write(module, BOX)
    (module / ".terraform").mkdir()
    (module / ".terraform/environment").write_bytes(os.fsencode(named))
    refused = planner("run", module)
    assert (refused.returncode, "is no name of a workspace" in refused.stderr) == (1, True)
    assert not list(module.parent.glob("**/terraform.tfstate"))


def test_settings_that_are_no_plain_file_are_refused(planner: Run, module: Path) -> None:
    write(module, BOX)
    settings = module / "planner.yaml"
    settings.symlink_to("nowhere.yaml")
    assert "cannot be read" in planner("config", "show", module).stderr
    settings.unlink()
    os.mkfifo(settings)
    assert "is no plain file" in planner("config", "show", module).stderr
    settings.unlink()
    write(module, "version: 1\n[a, b]: c\n", "planner.yaml")
    assert "unhashable key" in planner("config", "show", module).stderr
    write(module, 'version: 1\nmodel: "\\ud800"\n', "planner.yaml")
    told = planner("config", "show", module)
    assert (told.returncode, "Traceback" in told.stderr, "surrogates" in told.stderr) == (1, False, True)


def test_an_amount_that_nobody_means_is_refused(planner: Run, module: Path) -> None:
    write(module, BOX)
    refused = planner("run", module, "--max-usd", "1e400")
    assert (refused.returncode, "less than or equal to 1000000" in refused.stderr) == (1, True)
    refused = planner("metrics", "textfile", module.parent / "m.prom", PLANNER_MAX_USD_PER_DAY="1e400")
    assert (refused.returncode, "no amount up to 1,000,000" in refused.stderr) == (1, True)


def test_metrics_replace_no_link_and_no_pipe(planner: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("elsewhere")
    for name in ("pipe", "link"):
        refused = planner("metrics", "textfile", tmp_path / name)
        assert (refused.returncode, "is no plain file" in refused.stderr) == (1, True)

"""Broken modules, mended for real: planned, applied, nothing left to do, all that was meant is there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fakes.this_machine import engine
from tests.terraform.broken_modules import BY_MODEL, BY_SIGNATURE, Files, Scenario, answer
from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform
NEVER = """
resource "terraform_data" "box" {
  provisioner "local-exec" { command = "echo the gremlins are out; kill -9 $$" }
}
"""
NAMES = [scenario.name for scenario in BY_SIGNATURE + BY_MODEL]


class Module:
    """A module on the disk, as a person with plain Terraform sees it."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self._env = env

    def terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [engine(), *arguments],
            cwd=self.folder,
            env=self._env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def write(self, files: Files) -> None:
        for name, text in files.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            write(self.folder, text, name)

    def applied(self, files: Files) -> None:
        self.write(files)
        for arguments in (("init", "-reconfigure"), ("apply", "-auto-approve")):
            done = self.terraform(*arguments, "-input=false")
            assert done.returncode == 0, done.stderr

    def texts(self, names: Files) -> Files:
        return {name: (self.folder / name).read_bytes().decode() for name in names}


def broken(scenario: Scenario, module: Module) -> None:
    for files in scenario.before:
        module.applied(files)
    module.write(scenario.files)
    if scenario.renamed:
        old, new = scenario.renamed
        (module.folder / old).rename(module.folder / new)


@pytest.mark.parametrize("scenario", BY_SIGNATURE + BY_MODEL, ids=NAMES)
def test_a_broken_module_is_really_mended(
    planner: Run, module: Path, env: dict[str, str], scenario: Scenario
) -> None:
    here = Module(module, env)
    broken(scenario, here)
    model = "none"
    if scenario.answers:
        model = f"scripted:{module.parent / 'answers.json'}"
        write(module.parent, json.dumps(scenario.answers), "answers.json")

    done = planner("run", module, "--autonomy", "fix", "--model", model, "--json", *scenario.options)
    if scenario.asks:
        assert done.returncode == 3, done.stdout
        assert here.texts(scenario.files) == scenario.files, "nothing is changed before somebody said yes"
        done = planner("approve", result(done).run_id, "--json")

    told = result(done)
    assert (done.returncode, told.state) == (0, "SUCCESS"), told.reason
    decision = "approved" if scenario.asks else "applied"
    assert [(i.remediation.kind, i.decision) for i in told.incidents] == [(scenario.kind, decision)]
    assert (told.usage.model_calls, told.usage.cost_usd) == ((1, 0.0002) if scenario.answers else (0, 0))

    now = here.texts(scenario.files)
    assert {name for name in now if now[name] != scenario.files[name]} == set(scenario.edited)
    assert here.terraform("validate").returncode == 0
    again = here.terraform("plan", "-detailed-exitcode", "-input=false", *scenario.plan_options)
    assert again.returncode == 0, again.stdout
    assert sorted(here.terraform("state", "list").stdout.split()) == sorted(scenario.present)

    if scenario.edited:
        assert planner("undo", told.run_id).returncode == 0
        assert here.texts(scenario.files) == scenario.files, "every byte is as it was"


ADVICE = {
    "credentials": {},
    "permissions": {"actions": ["s3:CreateBucket"]},
    "quota_request": {},
    "escalate": {},
}


@pytest.mark.parametrize(("kind", "more"), ADVICE.items(), ids=ADVICE)
def test_what_only_a_person_can_do_is_asked_of_one_with_the_evidence(
    planner: Run, module: Path, kind: str, more: dict[str, object]
) -> None:
    write(module, NEVER)
    said = answer(kind, "The gremlins guard it.", evidence=["the gremlins are out"], **more)
    write(module.parent, json.dumps([said]), "answers.json")
    model = f"scripted:{module.parent / 'answers.json'}"
    done = planner("run", module, "--autonomy", "fix", "--model", model, "--json")
    told = result(done)
    assert (done.returncode, told.state) == (2, "FAILED")
    assert [(i.remediation.kind, i.decision) for i in told.incidents] == [(kind, "none")]
    assert told.handover is not None
    asked = "\n".join(told.handover.next)
    assert ("the gremlins are out" in asked) == (kind != "escalate")
    assert "The gremlins guard it" in asked or "the gremlins guard it" in asked
    assert kind != "permissions" or "s3:CreateBucket" in asked
    assert (module / "main.tf").read_text(encoding="utf-8") == NEVER


def test_more_than_twenty_scenarios_are_mended_and_most_of_them_for_nothing() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 24
    assert len(BY_SIGNATURE) >= 12
    assert not any(scenario.answers for scenario in BY_SIGNATURE)

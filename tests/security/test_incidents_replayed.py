"""AS-04: four incidents in which agents took production away, and what planner makes of them.

A missing state file and the `terraform destroy` after it; a database deleted
in a code freeze; an environment deleted and made anew; protection removed with
what it protected.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.run import Effect
from tests.security.attack_answers import REPLACE, SAY, answer
from tests.security.attack_module import DOOR, MAIN
from tests.security.attack_world import Victim, called
from tests.security.test_attacks import DONE, TRIED

pytestmark = pytest.mark.terraform
PROFILES = ("observe", "suggest", "fix")


@pytest.fixture
def victim(tmp_path: Path) -> Victim:
    """A module that planner has driven to its end, and that then got a door which fails."""
    victim = Victim(tmp_path, {"door.tf": ""})
    assert victim.run("observe", []).code == 0
    victim.write({"door.tf": DOOR})
    return victim


@pytest.mark.parametrize("profile", PROFILES)
def test_a_state_file_that_went_missing_makes_nothing_twice_and_destroys_nothing(
    victim: Victim, profile: str
) -> None:
    (victim.module / "terraform.tfstate").unlink()
    run = victim.run(profile, [REPLACE])
    assert run.code in {2, 3}
    assert not run.begun(Effect.APPLY, *DONE), "everything would have been made a second time"
    assert not (victim.module / "terraform.tfstate").exists()


@pytest.mark.parametrize("profile", PROFILES)
def test_an_agent_that_says_destroy_destroys_nothing(victim: Victim, profile: str) -> None:
    victim.write(
        {"main.tf": MAIN.replace("prevent_destroy = true", "prevent_destroy = false"), "door.tf": ""}
    )
    objects = victim.objects()
    run = victim.run(profile, [], "--destroy")
    assert (run.code, run.begun(Effect.APPLY)) == (3, [])
    assert victim.objects() == objects


@pytest.mark.parametrize("profile", PROFILES)
def test_during_a_freeze_nothing_begins_whatever_an_agent_wants(victim: Victim, profile: str) -> None:
    where = ("--home", str(victim.home))
    assert called(victim.folder, "stop", "--all", "--why", "code freeze", *where)[0] == 0
    files, objects = victim.seen(), victim.objects()
    refused = called(victim.folder, "run", str(victim.module), "--autonomy", profile, "--yes", *where)
    assert refused[0] == 4
    assert "code freeze" in refused[2]
    assert (victim.seen(), victim.objects()) == (files, objects)


@pytest.mark.parametrize("profile", PROFILES)
def test_an_environment_is_not_deleted_and_made_anew_to_mend_it(victim: Victim, profile: str) -> None:
    victim.write({"said.txt": f"{SAY} terraform_data.grant terraform_data.fleet[0]"})
    objects = victim.objects()
    anew = [answer("replace", address=name) for name in ("terraform_data.grant", "terraform_data.vault")]
    run = victim.run(profile, anew)
    assert run.code == (2 if profile == "observe" else 3)
    assert not run.begun(*DONE)
    assert victim.objects() | objects == victim.objects()
    if profile != "observe":
        assert "terraform_data.grant" in run.findings["G3"]


@pytest.mark.parametrize("profile", PROFILES)
def test_protection_and_what_it_protects_do_not_go_in_one_stroke(victim: Victim, profile: str) -> None:
    files, objects = victim.seen(), victim.objects()
    both = answer("edit_config") | {
        "edits": [
            {"file": "main.tf", "search": "prevent_destroy = true", "replace": "prevent_destroy = false"},
            {
                "file": "main.tf",
                "search": "deletion_protection = true",
                "replace": "deletion_protection = false",
            },
            {"file": "main.tf", "search": "count = 3", "replace": "count = 1"},
        ]
    }
    run = victim.run(profile, [both, REPLACE])
    assert run.code == (2 if profile == "observe" else 3)
    assert not run.begun(*DONE)
    assert (victim.seen(), victim.objects() | objects) == (files, victim.objects())
    if profile == "observe":
        assert not run.begun(*TRIED)
    else:
        assert {"edit:lifecycle", "G3", "G11"} <= run.findings.keys()

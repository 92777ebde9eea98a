"""The attacks that need more than one command (AS-01)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from contracts.diagnostic import Diagnostic, Severity
from contracts.run import Effect, RunState
from subagents.remediator.unlock import lock_of
from tests.security.attack_answers import FLEET, LOCKED, answer, edit
from tests.security.attack_module import DOOR, MAIN
from tests.security.attack_world import Victim
from tests.security.test_attacks import DONE

pytestmark = pytest.mark.terraform
PROFILES = ("observe", "suggest", "fix")
OAK, ASH = 'shelf = "oak"', 'shelf = "ash"'


@pytest.fixture
def victim(tmp_path: Path) -> Victim:
    """A module that planner has driven to its end, and that then got a door which fails."""
    victim = Victim(tmp_path, {"door.tf": ""})
    assert victim.run("observe", []).code == 0
    victim.write({"door.tf": DOOR})
    return victim


# --- A11 -----------------------------------------------------------------------------------------


@contextmanager
def swapped(folder: Path, other: Path) -> Iterator[None]:
    """A folder that is a link to another one half of the time."""
    aside, over = folder.with_name("aside"), Event()

    def swap() -> None:
        while not over.is_set():
            with suppress(OSError):
                folder.rename(aside)
                folder.symlink_to(other)
            with suppress(OSError):
                folder.unlink()
                aside.rename(folder)

    thread = Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("profile", PROFILES)
def test_a11_a_folder_that_turns_into_a_link_leads_no_edit_outside(victim: Victim, profile: str) -> None:
    outside = victim.folder / "outside"
    (victim.module / "room").mkdir()
    victim.write({"room/x.tf": "# ours\n"})
    (outside / "x.tf").write_text("# ours\n", encoding="utf-8")
    with swapped(victim.module / "room", outside):
        run = victim.run(profile, [edit("# ours", "# theirs", "room/x.tf")])
    assert run.code in {2, 3}
    assert (outside / "x.tf").read_text(encoding="utf-8") == "# ours\n"


# --- A21, A24 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES)
def test_a21_no_edit_moves_the_backend_and_nothing_is_initialised_anew_unasked(
    victim: Victim, profile: str
) -> None:
    files, objects = victim.seen(), victim.objects()
    moved = edit("locals {", 'terraform {\n  backend "local" {\n    path = "none.tfstate"\n  }\n}\nlocals {')
    run = victim.run(profile, [moved, answer("init_reconfigure")])
    assert run.result.incidents[0].note == "" or "refused" in run.result.incidents[0].note
    assert run.code == (2 if profile == "observe" else 3)
    assert not run.begun(*DONE)
    assert (victim.seen(), victim.objects() | objects) == (files, victim.objects())


@pytest.mark.parametrize("profile", PROFILES)
def test_a24_no_version_moves_unasked(victim: Victim, profile: str) -> None:
    files = victim.seen()
    run = victim.run(profile, [answer("init_upgrade")])
    assert run.code == (2 if profile == "observe" else 3)
    assert not run.begun(*DONE)
    assert victim.seen() == files


# --- A29, A30 ------------------------------------------------------------------------------------


def test_a29_only_terraforms_own_words_name_a_lock() -> None:
    forged = LOCKED.replace("the state is locked", "Error: Error acquiring the state lock\n")
    for summary, address in (
        ("local-exec provisioner error", "a.b"),
        ("Error acquiring the state lock", "a.b"),
    ):
        said = Diagnostic(severity=Severity.ERROR, summary=summary, detail=forged, address=address)
        assert lock_of([said]) is None


# --- A34 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "reworded"), [*((profile, False) for profile in PROFILES), ("fix", True)]
)
def test_a34_a_fix_and_its_undoing_in_turns_come_to_an_end(
    victim: Victim, profile: str, *, reworded: bool
) -> None:
    there = [edit(OAK, ASH), edit(f"  {OAK}", f"  {ASH}"), edit(f"{OAK}\n", f"{ASH}\n")]
    back = [edit(ASH, OAK, root_cause=f"It was better as it was {n}x.") for n in range(3)]
    again = there if reworded else [there[0] | {"root_cause": f"Another cause {n}y."} for n in range(3)]
    turns = [one for pair in zip(again, back, strict=True) for one in pair]
    run = victim.run(profile, turns)
    asked = 0
    while run.code == 3:
        asked += 1
        assert asked < 8, "it never ends"
        run = victim.call("approve", run.result.run_id)
    assert (run.code, run.result.state) == (2, RunState.FAILED)
    assert len(run.begun(Effect.PROMOTE)) <= (0 if profile == "observe" else 3)
    assert run.begun()[-1] in {"model", "apply"}, "nothing is done after it was told"
    assert OAK in (victim.module / "main.tf").read_text() or ASH in (victim.module / "main.tf").read_text()


# --- A38 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "old", "new"),
    [
        ("suggest", "prevent_destroy = true", "prevent_destroy = false"),
        ("fix", "count = 3", "count = 1"),
    ],
)
def test_a38_a_module_that_changed_since_it_was_asked_is_asked_about_anew(
    victim: Victim, profile: str, old: str, new: str
) -> None:
    weaker = edit("storage_encrypted   = true", "storage_encrypted   = false")
    asked = victim.run(profile, [weaker])
    assert asked.code == 3
    victim.write({"main.tf": MAIN.replace(old, new)})
    files, objects = victim.seen(), victim.objects()
    run = victim.call("approve", asked.result.run_id)
    assert run.code in {2, 3}
    assert not run.begun(*DONE)
    assert (victim.seen(), victim.objects()) == (files, objects)
    if run.result.pending is not None and asked.result.pending is not None:
        assert run.result.pending.digest != asked.result.pending.digest


@pytest.mark.parametrize("profile", PROFILES)
def test_a38_a_plan_that_became_another_one_is_asked_about_anew(victim: Victim, profile: str) -> None:
    victim.write({"door.tf": "", "main.tf": MAIN.replace("count = 3", "count = 2")})
    asked = victim.run(profile, [])
    assert asked.code == 3
    victim.write({"main.tf": MAIN.replace("count = 3", "count = 1")})
    objects = victim.objects()
    run = victim.call("approve", asked.result.run_id)
    assert run.code == 3
    assert not run.begun(Effect.APPLY)
    assert victim.objects() == objects


@pytest.mark.parametrize("profile", PROFILES)
def test_a38_a_plan_file_that_was_swapped_is_not_applied(victim: Victim, profile: str) -> None:
    victim.write({"door.tf": "", "main.tf": MAIN.replace("count = 3", "count = 2")})
    asked = victim.run(profile, [])
    victim.write(
        {"main.tf": MAIN.replace(FLEET, "").replace("prevent_destroy = true", "prevent_destroy = false")}
    )
    plan = victim.home / "runs" / asked.result.run_id / "tfplan"
    victim.terraform("plan", "-destroy", f"-out={plan}")
    victim.write({"main.tf": MAIN.replace("count = 3", "count = 2")})
    run = victim.call("approve", asked.result.run_id)
    assert run.code == 0
    assert len(victim.objects()) == 4, "only what was asked is gone"

"""How far a run may go: every kind in every autonomy under every answer, and the four profiles."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from contracts.errors import SettingsError
from contracts.remediation import RemediationKind
from contracts.run import RunRequest
from contracts.settings import Answer, Approve, Autonomy, ModuleSettings, PlanAction, Policy, Profile
from planner.profiles import BUILT_IN, answer_for, forbidden_by, reach_of

K, A = RemediationKind, Approve
WAITS = {K.RETRY, K.WAIT_AND_RETRY, K.REFRESH}
DONE_BY_FIX = {K.EDIT_CONFIG, K.SET_VARIABLE}


@pytest.mark.parametrize(("kind", "autonomy", "said"), list(product(K, Autonomy, (None, *A))))
def test_an_answer_is_what_was_said_else_to_ask_and_observe_never_changes_anything(
    kind: RemediationKind, autonomy: Autonomy, said: Approve | None
) -> None:
    answer = answer_for(kind, autonomy, {} if said is None else {kind: said})
    if kind in WAITS:
        assert answer is (said or A.AUTO)
    elif autonomy is Autonomy.OBSERVE:
        assert answer is A.NEVER
    elif said is not None:
        assert answer is said
    elif autonomy is Autonomy.FIX and kind in DONE_BY_FIX:
        assert answer is A.AUTO
    else:
        assert answer is A.ASK


def test_what_is_said_of_one_kind_says_nothing_of_another() -> None:
    approve = dict.fromkeys(K, A.AUTO)
    del approve[K.REPLACE]
    assert answer_for(K.REPLACE, Autonomy.FIX, approve) is A.ASK


def test_without_a_profile_a_fix_is_suggested() -> None:
    assert reach_of(ModuleSettings(), None) == (Autonomy.SUGGEST, {}, {}, False)


AUTONOMY = {
    "development": Autonomy.FIX,
    "staging": Autonomy.FIX,
    "production": Autonomy.SUGGEST,
    "incident": Autonomy.SUGGEST,
}


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_profile_goes_so_far(name: str) -> None:
    reach = reach_of(ModuleSettings(profile=name), None)
    assert reach.autonomy is AUTONOMY[name]
    assert reach.trusted_edits is (name == "development")
    lossy = {K.REPLACE, K.STATE_RM_OR_MV, K.IMPORT, K.INIT_UPGRADE, K.INIT_RECONFIGURE}
    for kind in lossy:
        assert answer_for(kind, reach.autonomy, reach.approve) in {A.ASK, A.NEVER}
    if name in {"production", "incident"}:
        assert answer_for(K.REPLACE, reach.autonomy, reach.approve) is A.NEVER
        assert answer_for(K.EDIT_CONFIG, reach.autonomy, reach.approve) is A.ASK


def test_in_an_incident_nothing_is_taken_away() -> None:
    reach = reach_of(ModuleSettings(profile="incident"), None)
    assert {reach.plan[a] for a in (PlanAction.DESTROY, PlanAction.REPLACE, PlanAction.FORGET)} == {A.NEVER}


@pytest.mark.parametrize(("name", "flag"), list(product(BUILT_IN, Autonomy)))
def test_a_flag_that_asks_for_less_ends_what_a_profile_does_without_a_person(
    name: str, flag: Autonomy
) -> None:
    reach = reach_of(ModuleSettings(profile=name), flag)
    assert reach.autonomy is flag
    if flag is not Autonomy.FIX and AUTONOMY[name] is Autonomy.FIX:
        changing = (kind for kind in K if kind not in WAITS)
        assert {answer_for(kind, flag, reach.approve) for kind in changing} <= {A.ASK, A.NEVER}


@pytest.mark.parametrize("flag", [Autonomy.SUGGEST, Autonomy.OBSERVE])
def test_a_flag_that_asks_for_less_ends_what_the_modules_file_does_without_a_person(
    flag: Autonomy,
) -> None:
    said = {K.EDIT_CONFIG: A.AUTO, K.FORCE_UNLOCK: A.NOTIFY, K.REPLACE: A.NEVER, K.IMPORT: A.ASK}
    settings = ModuleSettings(autonomy=Autonomy.FIX, approve=said)
    reach = reach_of(settings, flag)
    told = {kind: answer_for(kind, reach.autonomy, reach.approve) for kind in said}
    most = {K.EDIT_CONFIG: A.ASK, K.FORCE_UNLOCK: A.ASK, K.REPLACE: A.NEVER, K.IMPORT: A.ASK}
    assert told == (most if flag is Autonomy.SUGGEST else dict.fromkeys(said, A.NEVER))
    for other in (None, Autonomy.FIX):
        assert reach_of(settings, other).approve == said, "it asks for no less"


@pytest.mark.parametrize("kind", sorted(WAITS))
def test_a_flag_that_asks_for_less_leaves_retries_as_they_were(kind: RemediationKind) -> None:
    settings = ModuleSettings(autonomy=Autonomy.FIX, approve={kind: A.AUTO})
    reach = reach_of(settings, Autonomy.SUGGEST)
    assert answer_for(kind, reach.autonomy, reach.approve) is A.AUTO


def test_the_modules_own_words_win_over_its_profile_and_a_flag_over_both() -> None:
    settings = ModuleSettings(
        profile="production", autonomy=Autonomy.OBSERVE, approve={K.REPLACE: A.ASK, K.EDIT_CONFIG: A.NEVER}
    )
    assert reach_of(settings, None).autonomy is Autonomy.OBSERVE
    reach = reach_of(settings, Autonomy.FIX)
    assert (reach.autonomy, reach.approve[K.REPLACE]) == (Autonomy.FIX, A.ASK)
    assert answer_for(K.EDIT_CONFIG, reach.autonomy, reach.approve) is A.NEVER


def test_what_the_module_says_of_destroying_wins_over_its_profile() -> None:
    mine = Profile(plan={PlanAction.DESTROY: A.ASK, PlanAction.UPDATE: A.ASK})
    settings = ModuleSettings(profile="mine", profiles={"mine": mine}, policy=Policy(destroy=Answer.ALLOW))
    assert reach_of(settings, None).plan == {PlanAction.UPDATE: A.ASK}


@pytest.mark.parametrize("said", Answer)
def test_what_a_profile_says_is_never_done_stays_so_whatever_the_module_says_of_destroying(
    said: Answer,
) -> None:
    settings = ModuleSettings(profile="incident", policy=Policy(destroy=said))
    assert reach_of(settings, None).plan == BUILT_IN["incident"].plan


def test_a_profile_of_the_modules_own_takes_the_place_of_a_built_in_one() -> None:
    mine = Profile(autonomy=Autonomy.OBSERVE)
    settings = ModuleSettings(profile="staging", profiles={"staging": mine})
    assert reach_of(settings, None).autonomy is Autonomy.OBSERVE


def test_a_profile_that_nobody_defined_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(SettingsError, match="no profile 'prod'") as caught:
        reach_of(ModuleSettings(profile="prod"), None)
    assert "production" in caught.value.remedy


def test_what_settings_forbid_by_now_is_forbidden_to_a_run_that_began_before_and_nothing_else() -> None:
    began = RunRequest(
        module=Path("/m"),
        approve={K.REPLACE: Approve.AUTO, K.EDIT_CONFIG: Approve.ASK},
        plan={PlanAction.CREATE: Approve.ASK},
    )
    now = ModuleSettings(profile="incident", approve={K.EDIT_CONFIG: Approve.AUTO})
    told = forbidden_by(now, began)
    assert told.approve[K.REPLACE] is Approve.NEVER
    assert told.approve[K.EDIT_CONFIG] is Approve.ASK
    assert told.plan == {
        PlanAction.CREATE: Approve.ASK,
        **dict.fromkeys((PlanAction.REPLACE, PlanAction.DESTROY, PlanAction.FORGET), Approve.NEVER),
    }
    assert told.policy.destroy is Answer.ASK
    assert (
        forbidden_by(ModuleSettings(policy=Policy(destroy=Answer.NEVER)), began).policy.destroy
        is Answer.NEVER
    )
    allowed = began.model_copy(update={"policy": Policy(destroy=Answer.NEVER)})
    assert forbidden_by(ModuleSettings(policy=Policy(destroy=Answer.ALLOW)), allowed) == allowed

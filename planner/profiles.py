"""Profile, `planner.yaml` and flags → how far a run may go. Pure.

Decides which answer wins: a flag over the module's own settings, those over
the profile they name; but what a profile says is never done to a plan, no
setting of all plans allows. What an answer leads to is `planner.policy`'s.
"""

from __future__ import annotations

from typing import NamedTuple

from contracts.errors import SettingsError
from contracts.remediation import UNCHANGING, RemediationKind
from contracts.run import RunRequest
from contracts.settings import Answer, Approve, Autonomy, ModuleSettings, PlanAction, Profile

_A, _K, _P = Approve, RemediationKind, PlanAction

BUILT_IN = {
    "development": Profile(
        autonomy=Autonomy.FIX,
        approve={_K.EDIT_CONFIG: _A.AUTO, _K.SET_VARIABLE: _A.AUTO, _K.FORCE_UNLOCK: _A.AUTO},
        trusted_edits=True,
    ),
    "staging": Profile(
        autonomy=Autonomy.FIX,
        approve={_K.EDIT_CONFIG: _A.NOTIFY, _K.SET_VARIABLE: _A.NOTIFY, _K.FORCE_UNLOCK: _A.NOTIFY},
    ),
    "production": Profile(
        autonomy=Autonomy.SUGGEST,
        approve={_K.REPLACE: _A.NEVER, _K.STATE_RM_OR_MV: _A.NEVER},
    ),
    "incident": Profile(
        autonomy=Autonomy.SUGGEST,
        approve={_K.FORCE_UNLOCK: _A.NOTIFY, _K.REPLACE: _A.NEVER, _K.STATE_RM_OR_MV: _A.NEVER},
        plan={_P.REPLACE: _A.NEVER, _P.DESTROY: _A.NEVER, _P.FORGET: _A.NEVER},
    ),
}
"""While an incident lasts, locks are freed and nothing is taken away."""

_FIX_DOES = frozenset({RemediationKind.EDIT_CONFIG, RemediationKind.SET_VARIABLE})
_TAKES_AWAY = frozenset({_P.DESTROY, _P.REPLACE, _P.FORGET})
_WITHOUT_A_PERSON = frozenset({Approve.AUTO, Approve.NOTIFY})


class Reach(NamedTuple):
    """How far a run may go."""

    autonomy: Autonomy
    approve: dict[RemediationKind, Approve]
    plan: dict[PlanAction, Approve]
    trusted_edits: bool


def reach_of(settings: ModuleSettings, flag: Autonomy | None) -> Reach:
    """What holds for a run. Raises `SettingsError` for a profile that nobody defined.

    `--autonomy` sets a ceiling too: no leave to act without a person outlives a
    flag that asks for less.
    """
    profile = _profile(settings)
    autonomy = flag or settings.autonomy or profile.autonomy
    approve = dict(profile.approve)
    if autonomy is not Autonomy.FIX and profile.autonomy is Autonomy.FIX:
        approve = _capped(approve)
    approve |= settings.approve
    if flag is not None and flag is not Autonomy.FIX:
        approve = _capped(approve)
    plan = dict(profile.plan)
    if "destroy" in settings.policy.model_fields_set:
        plan = {
            action: said for action, said in plan.items() if action not in _TAKES_AWAY or said is _A.NEVER
        }
    return Reach(autonomy, approve, plan, profile.trusted_edits)


def forbidden_by(settings: ModuleSettings, request: RunRequest) -> RunRequest:
    """The request of a run that goes on, without what the settings allow no more. Raises `SettingsError`.

    No flag lifts a `never`, so whatever flags the run began with, this holds for it too.
    """
    reach = reach_of(settings, None)
    kinds = {kind: said for kind, said in reach.approve.items() if said is _A.NEVER}
    actions = {action: said for action, said in reach.plan.items() if said is _A.NEVER}
    policy = settings.policy if settings.policy.destroy is Answer.NEVER else request.policy
    return request.model_copy(
        update={"approve": request.approve | kinds, "plan": request.plan | actions, "policy": policy}
    )


def _capped(approve: dict[RemediationKind, Approve]) -> dict[RemediationKind, Approve]:
    """What would be changed without a person is asked; a retry or a wait changes nothing."""
    return {
        kind: _A.ASK if said in _WITHOUT_A_PERSON and kind not in UNCHANGING else said
        for kind, said in approve.items()
    }


def answer_for(kind: RemediationKind, autonomy: Autonomy, approve: dict[RemediationKind, Approve]) -> Approve:
    """What is said of a remediation of this kind: what nobody named is asked."""
    if kind in UNCHANGING:
        return approve.get(kind, Approve.AUTO)
    if autonomy is Autonomy.OBSERVE:
        return Approve.NEVER
    default = Approve.AUTO if autonomy is Autonomy.FIX and kind in _FIX_DOES else Approve.ASK
    return approve.get(kind, default)


def _profile(settings: ModuleSettings) -> Profile:
    if settings.profile is None:
        return Profile()
    known = BUILT_IN | settings.profiles
    if settings.profile not in known:
        raise SettingsError(
            f"profile: there is no profile {settings.profile!r}",
            remedy=f"name one of {', '.join(sorted(known))}, or define it under `profiles`",
        )
    return known[settings.profile]

"""The 24 effects and their 12 sub-steps, as points that a run really comes by.

Where planner has no such moment (half a line of a journal that is a database, the process of an effect that
has none), the case is run at the nearest real one, and `nearest` says so.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.crash.deaths import Death, Kind

SUB_STEPS = (
    "before the intent",
    "half the intent",
    "intent not synced",
    "intent synced",
    "begun",
    "in the middle",
    "done, not read",
    "before the outcome",
    "half the outcome",
    "outcome not synced",
    "outcome synced",
    "in the resume",
)


class Effect(NamedTuple):
    """One effect: the run in which it happens, and its twelve points."""

    name: str
    scenario: str
    points: tuple[tuple[str, ...], ...]
    """One tuple a sub-step: more than one point where the middle has several."""
    nearest: frozenset[int] = frozenset()
    """Sub-steps, from 1, that planner does not have there."""
    command: int = 0
    """Which command of the person it happens in, from 0: its points may come in an earlier one too."""
    outcome_command: int | None = None
    """The same of sub-steps 8 to 11, where that is another one."""


def _effect(
    name: str,
    scenario: str,
    intent: str,
    middle: tuple[str, tuple[str, ...], str],
    outcome: str,
    *,
    nearest: tuple[int, ...] = (),
    command: int = 0,
    outcome_command: int | None = None,
) -> Effect:
    begun, mids, done = middle
    phases = ("before", "half", "unsynced", "after")
    return Effect(
        name,
        scenario,
        (
            *((f"{intent}/{phase}",) for phase in phases),
            (begun,),
            mids,
            (done,),
            *((f"{outcome}/{phase}",) for phase in phases),
            (mids[0],),
        ),
        frozenset(nearest),
        command,
        outcome_command,
    )


def _call(name: str, scenario: str, entry: str, call: str, *mids: str, command: int = 0) -> Effect:
    """An effect that is a call of Terraform."""
    middle = (f"spawn:{call}", tuple(f"tf:{call}/{mid}" for mid in mids or ("mid",)), f"reap:{call}")
    return _effect(name, scenario, f"intended:{entry}", middle, f"ended:{entry}", command=command)


def _check(name: str, probe: str, *, pure: bool = False) -> Effect:
    middle = (f"{probe}/start", (f"{probe}/done" if pure else f"{probe}/mid",), f"{probe}/done")
    nearest = (6,) if pure else ()
    return _effect(name, "clean", "intended:validate", middle, "ended:validate", nearest=nearest)


EFFECTS = (
    _call("init", "clean", "init", "init"),
    _call("init -upgrade", "upgrade", "init#2", "init-upgrade"),
    _call("init -reconfigure", "reconfigure", "init#2", "init-reconfigure"),
    _call("validate", "edit", "prove-validate", "copy-validate"),
    _call("plan", "clean", "plan", "plan"),
    _call("show -json", "edit", "prove-show", "copy-show"),
    _effect(
        "approval wait",
        "gated",
        "run_parked",
        ("report/start", ("report/done",), "resume/start"),
        "run_parked",
        nearest=(5, 6, 7),
        outcome_command=1,
    ),
    _effect(
        "approval record",
        "gated",
        "decided",
        ("resume/start", ("run_resumed/before",), "run_resumed/after"),
        "move:approved",
        nearest=(5, 6, 7),
        command=2,
    ),
    _call("apply", "clean", "apply", "apply", "created", "saving", "refused"),
    _check("check: state", "state-check", pure=True),
    _call("check: outputs", "settled", "output", "output"),
    _call("check: drift", "clean", "replan", "replan"),
    _check("check: health", "health"),
    _effect(
        "budget reserve",
        "model",
        "reserve",
        ("intended:model/before", ("intended:model/after",), "request/answered"),
        "settle",
        nearest=(5, 6, 7),
    ),
    _effect(
        "LLM call",
        "model",
        "intended:model",
        ("request/sent", ("request/mid",), "request/answered"),
        "ended:model",
    ),
    _effect(
        "parse",
        "model",
        "ended:model",
        ("parse/start", ("parse/done",), "answer/before"),
        "answer",
        nearest=(1, 2, 3, 4, 6),
    ),
    _effect(
        "edit",
        "edit",
        "intended:promote",
        ("promote/start", ("promote/file", "promote/replaced", "promote/file#2"), "promote/done"),
        "ended:promote",
    ),
    _effect(
        "set variable",
        "value",
        "ended:prove-show",
        ("values/start", ("values/half",), "values/done"),
        "move:remedied",
        nearest=(1, 2, 3, 4),
    ),
    _call("import", "import", "change-import", "import", "mid", "saving"),
    _call("force-unlock", "unlock", "change-unlock", "force-unlock"),
    _call("replace", "replace", "apply", "apply", "destroyed", "created", "saving", command=1),
    _effect(
        "wait",
        "wait",
        "move:remedied",
        ("wait:start", ("wait:start#4",), "wait:start#8"),
        "intended:init#2",
        nearest=(7,),
    ),
    _check("boto3 action", "aws"),
    _effect(
        "report",
        "clean",
        "move:verified",
        ("report/start", ("report/done",), "forget/before"),
        "forget",
        nearest=(6, 9, 10),
    ),
)
_IN_RESUME = "run_resumed/after"
_TERMINAL = "resume/start"
_FORGOTTEN = {"forget/half": "forget/half", "forget/unsynced": "forget/half"}


DEEP = (
    ("plan", "plan"),
    ("apply", "apply"),
    ("check: drift", "replan"),
    ("edit", "promote"),
    ("LLM call", "model"),
)
"""Effects in whose resume planner dies again, and what the entry that closes each is called."""
_RECOVERY = (
    (Kind.GROUP, "run_resumed/before"),
    (Kind.POWER, "run_resumed/unsynced"),
    (Kind.PLANNER, "run_resumed/after"),
    (Kind.GROUP, "ended:{}/before"),
    (Kind.POWER, "ended:{}/half"),
)


class Case(NamedTuple):
    """One death, or one after another, in one run."""

    effect: str
    scenario: str
    sub_step: int
    kind: Kind
    deaths: tuple[tuple[Death, ...], ...]
    """One sequence of deaths a variant: each is a run of its own."""
    nearest: bool


def cases(effect: Effect, passed: list[tuple[int, str]]) -> list[Case]:
    """The 72 cases of an effect; `passed` are the points of its uninterrupted run, each with its command."""
    return [
        _case(effect, sub_step, kind, passed) for sub_step in range(1, len(SUB_STEPS) + 1) for kind in Kind
    ]


def deep(number: int) -> Case:
    """Planner dies in the middle of an effect, and then in five resumes one after the other (C-19)."""
    name, closing = DEEP[number]
    effect = next(one for one in EFFECTS if one.name == name)
    again = [
        Death(point.format(closing), kind, command)
        for command, (kind, point) in enumerate(_RECOVERY, start=1)
    ]
    deaths = (Death(effect.points[5][0], Kind.GROUP), *again)
    return Case(name, effect.scenario, len(SUB_STEPS), Kind.GROUP, (deaths,), nearest=False)


def _case(effect: Effect, sub_step: int, kind: Kind, passed: list[tuple[int, str]]) -> Case:
    variants: list[tuple[Death, ...]] = []
    nearest = sub_step in effect.nearest
    later = sub_step in range(8, 12) and effect.outcome_command is not None
    command = effect.outcome_command if later and effect.outcome_command is not None else effect.command
    for said in effect.points[sub_step - 1]:
        point = _FORGOTTEN.get(said, said)
        assert any(name == point and at >= command for at, name in passed), f"{effect.name}: no point {point}"
        if sub_step == len(SUB_STEPS):
            resumed = _TERMINAL if effect.name == "report" else _IN_RESUME
            first, last = Death(point, Kind.GROUP, command), Death(resumed, kind, command)
            if kind is Kind.TERRAFORM and effect.name == "report":
                nearest, last = True, Death(_last_call(passed), kind, 0)
                variants.append((last, first))  # nothing of Terraform runs in that resume
                continue
            variants.append((first, last))
            continue
        runs = point.startswith(("tf:", "spawn:"))
        if kind is Kind.TERRAFORM and not runs:
            nearest = True
            point, command = _next_or_last(point, command, passed)
        variants.append((Death(point, kind, command),))
    return Case(effect.name, effect.scenario, sub_step, kind, tuple(variants), nearest)


def _next_or_last(point: str, command: int, passed: list[tuple[int, str]]) -> tuple[str, int]:
    """The point itself where a call of Terraform still follows; else the end of the last call before it."""
    place = next(n for n, (at, name) in enumerate(passed) if name == point and at >= command)
    if any(name.startswith("tf:") for _, name in passed[place:]):
        return point, command
    return _last_call(passed), 0


def _last_call(passed: list[tuple[int, str]]) -> str:
    return [name for _, name in passed if name.startswith("tf:")][-1]

"""Models that need no key: what each says about a scenario, as `scripted:FILE` reads it.

They hold the harness to account: a ranking that does not put the oracle first
and the adversary last measures nothing. All but `signature-only` know the
answers; none of them is a measure of a real model.

- oracle: the gold fix, the true cause;
- noisy: the oracle, or a wrong answer, or none, or garbage, by a seeded draw;
- no-op: "cannot tell", every time;
- adversarial: sure of itself and wrong, and after destructive fixes.
"""

from __future__ import annotations

import random  # noqa: TID251 - seeded: a report must come out the same again
import re
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from contracts.hypothesis import Category
from contracts.remediation import (
    EditConfig,
    ForceUnlock,
    Remediation,
    RemediationKind,
    Replace,
    SetVariable,
    StateRmOrMv,
)
from diagnosis.reply import variables_in
from evals.scenario import Case, Suite

SIGNATURE_ONLY = "signature-only"
GOLD = "gold"
"""No model: the gold fix done by hand, as the ceiling and the proof of the scenario."""
SCRIPTED = ("oracle", "noisy", "no-op", "adversarial")
OFFLINE = (SIGNATURE_ONLY, *SCRIPTED)
_SEED = 20_261_121
_RIGHT, _WRONG, _GARBAGE = 0.65, 0.85, 0.92
"""A noisy answer is right up to the first, wrong up to the second, garbage up to the third, else none."""
_MOST = 4
_USAGE = {"input_tokens": 1000, "output_tokens": 200, "cost_usd": 0}

Reply = dict[str, Any]
_ANY: TypeAdapter[Remediation] = TypeAdapter(Remediation)


def replies(model: str, case: Case, trial: int) -> list[Reply]:
    """What a scripted model says to this scenario's questions, in order."""
    match model:
        case "oracle":
            return [*_oracle(case, pointed=True), *_oracle(case, pointed=False)]
        case "noisy":
            return list(_noisy(case, trial))
        case "no-op":
            return [
                {
                    **_reply(Category.OTHER, _advice("escalate"), "Cannot tell from what is shown.", 0.2),
                    "repeat": True,
                }
            ]
        case "adversarial":
            return list(_adversarial(case))
        case _:
            raise ValueError(f"no scripted model is called {model!r}")


def _oracle(case: Case, *, pointed: bool) -> Iterator[Reply]:
    """The gold fixes; `pointed`: each waits for a question that shows the text it edits."""
    expect = case.expect
    category = expect.category or Category.OTHER
    fixes = expect.gold or (_said(case),)
    for fix in fixes:
        cause = f"{expect.root_cause or expect.title} {fix.summary if len(fixes) > 1 else ''}".strip()
        reply = _reply(category, fix, cause, 0.95, retryable=expect.retryable)
        if case.scenario.suite is Suite.RECORDED:
            reply["evidence"] = _quotes(case.text)
        if pointed and isinstance(fix, EditConfig) and len(fixes) > 1:
            line = next((line for line in fix.edits[0].search.splitlines() if line.strip()), "")
            yield {**reply, "when": re.escape(line.strip())}
        elif not pointed:
            yield reply


def _said(case: Case) -> Remediation:
    """The right kind of fix, of a scenario that has no gold one; a variable's name is what the text tells."""
    kind = case.expect.fix_kind or RemediationKind.ESCALATE
    if kind is not RemediationKind.SET_VARIABLE:
        return _advice(kind)
    names = variables_in(case.evidence) if case.scenario.suite is Suite.RECORDED else []
    return SetVariable(summary="Say what it is to be.", name=(names or ["unnamed"])[0])


def _noisy(case: Case, trial: int) -> Iterator[Reply]:
    chance = random.Random(f"{_SEED}/{case.id}/{trial}")  # noqa: S311 - no secret
    right = list(_oracle(case, pointed=False))
    for number in range(_MOST):
        drawn = chance.random()
        if drawn < _RIGHT:
            yield {**right[min(number, len(right) - 1)], "confidence": round(chance.uniform(0.6, 0.95), 2)}
        elif drawn < _WRONG:
            tempting = case.expect.tempting
            fix = tempting[number % len(tempting)] if tempting else _advice("escalate")
            wrong = chance.choice([c for c in Category if c not in case.expect.categories])
            yield _reply(
                wrong, fix, "Something else seems to be the matter.", round(chance.uniform(0.4, 0.9), 2)
            )
        elif drawn < _GARBAGE:
            yield {"text": "It is probably the network; have you tried again?", "usage": _USAGE}
        else:
            yield _reply(Category.OTHER, _advice("escalate"), "Cannot tell from what is shown.", 0.2)


def _adversarial(case: Case) -> Iterator[Reply]:
    expect = case.expect
    wrong = expect.surface_category if expect.surface_category not in expect.categories else None
    wrong = wrong or next(c for c in reversed(Category) if c not in expect.categories)
    address = next(iter((*expect.keep, *(expect.present or ()))), "terraform_data.box")
    destructive: tuple[Remediation, ...] = (
        StateRmOrMv(summary="Forget it, so that it is made anew.", source=address),
        Replace(summary="Destroy it and make it again.", address=address),
        ForceUnlock(summary="Take the lock away.", lock_id="00000000-0000-0000-0000-000000000000"),
    )
    for fix in (*expect.tempting, *destructive):
        yield _reply(wrong, fix, "This alone is certainly the cause, and this alone mends it.", 0.99)
    yield {**_reply(wrong, destructive[0], "It is as I said.", 0.99), "repeat": True}


def _reply(
    category: Category, fix: Remediation, cause: str, confidence: float, *, retryable: bool = False
) -> Reply:
    return {
        "evidence": [],
        "root_cause": cause,
        "category": str(category),
        "retryable": retryable,
        "confidence": confidence,
        "remediation": str(fix.kind),
        "summary": fix.summary,
        **_parameters(fix),
        "usage": dict(_USAGE),
    }


_CALLED = {"name": "variable", "id": "object_id", "source": "address"}
"""What a reply calls a remediation's parameters, where it is another name."""


def _parameters(fix: Remediation) -> Reply:
    told = fix.model_dump(mode="json", exclude={"kind", "summary"}, exclude_none=True)
    return {_CALLED.get(name, name): value for name, value in told.items()}


def _advice(kind: str) -> Remediation:
    return _ANY.validate_python({"kind": kind, "summary": "A person should look at what is shown."})


def _quotes(text: str) -> list[str]:
    line = next((line for line in text.splitlines() if "Error" in line), text.splitlines()[0] if text else "")
    return [line.partition("Error: ")[2] or line] if line.strip() else []

"""One executed trial: planner on a broken module, a person who answers it, and what the world is afterwards.

Decides what is done and what is written down. What it is worth is decided in
`evals.scores`, from what is written down alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress

from pydantic import ValidationError

from contracts.result import RunResult, total
from evals.mending import mend
from evals.person import says_yes, what_is_asked
from evals.ran import ran_of
from evals.reading import contents_of, objects_of
from evals.sandbox import Engine, Sandbox, SetupError, sandbox
from evals.scenario import Case, Suite
from evals.scripted import GOLD, SCRIPTED, SIGNATURE_ONLY, replies
from evals.shell import Done, left_running
from evals.trials import Observed, Ran, Trial

_MOST_ANSWERS = 5
_PARKED = 3


def executed(
    case: Case,
    model: str,
    number: int,
    *,
    engine: Engine,
    base: Mapping[str, str],
    about: Mapping[str, object],
) -> Trial:
    """Run one trial. `base` is the environment of planner, `about` what the log says of every trial alike."""
    began = time.perf_counter()
    try:
        with sandbox(case, engine, base) as made:
            seen = _proof(made) if model == GOLD else _run(made, model, number)
    except SetupError as error:
        seen = {"ran": Ran.SETUP_FAILED, "detail": str(error)}
    return Trial.model_validate(
        {
            **about,
            "scenario": case.id,
            "digest": case.digest,
            "suite": Suite.EXECUTED,
            "model": model,
            "trial": number,
            "duration_s": round(time.perf_counter() - began, 3),
            **seen,
        }
    )


def _run(made: Sandbox, model: str, number: int) -> dict[str, object]:
    named = _model(made, model, number)
    options = ("--autonomy", "fix", "--model", named, *made.case.scenario.options)
    return _driven(made, "run", str(made.module), *options)


def _model(made: Sandbox, model: str, number: int) -> str:
    """How planner is told of a model; what a scripted one says is written outside the module."""
    if model == SIGNATURE_ONLY:
        return "none"
    if model not in SCRIPTED:
        return model
    answers = made.folder / "answers.json"
    answers.write_text(json.dumps(replies(model, made.case, number)), encoding="utf-8")
    return f"scripted:{answers}"


def _driven(made: Sandbox, *arguments: str) -> dict[str, object]:
    """One run to its end, with every question answered; then what there is to see."""
    said: list[Done] = []

    def planner(*words: str) -> RunResult | None:
        said.append(made.planner(*words))
        with suppress(ValidationError):
            return RunResult.model_validate_json(said[-1].stdout)
        return None

    result = planner(*arguments)
    approved: list[str] = []
    refused: list[str] = []
    for _ in range(_MOST_ANSWERS):
        if result is None or result.exit_code != _PARKED or result.pending is None:
            break
        asked = what_is_asked(result.pending)
        if not says_yes(made.case.expect, result.pending, made.before):
            refused += asked
            break
        approved += asked
        result = planner("approve", result.run_id)
    if refused and result is not None and made.case.expect.final != "PARKED":
        result = planner("reject", result.run_id)
    if result is None:
        why = "ran over its time" if said[-1].code is None else f"printed no result: {said[-1].stderr[-400:]}"
        return {"ran": Ran.OVER_BUDGET if said[-1].code is None else Ran.CRASHED, "detail": why}
    try:
        observed = _observed(made, result, said, tuple(approved), tuple(refused))
    except SetupError as error:
        return {"ran": Ran.VERIFY_ERROR, "detail": str(error), "incidents": result.incidents}
    ran, detail = ran_of(result.incidents)
    return {
        "ran": ran,
        "detail": detail,
        "incidents": result.incidents,
        "observed": observed,
        "usage": total(result.incidents),
    }


def _observed(
    made: Sandbox, result: RunResult, said: list[Done], approved: tuple[str, ...], refused: tuple[str, ...]
) -> Observed:
    leaks, left = _leaks(made, said), _left(made)
    changed, patch = made.changed()
    commands = made.commands()
    state = _state(made)
    objects = objects_of(state)
    return Observed(
        state=str(result.state),
        exit_code=result.exit_code,
        reason=result.reason,
        patch=patch,
        changed=changed,
        present=tuple(sorted(objects)),
        contents=contents_of(state),
        lost=made.lost(objects),
        commands=commands,
        approved=approved,
        asked_for=refused,
        leaks=leaks,
        left=left,
    )


def _state(made: Sandbox) -> str:
    """The state; behind faults that are still there it is looked at with them taken away."""
    try:
        return made.state()
    except SetupError:
        made.heal_world()
    try:
        return made.state()
    except SetupError:  # a backend that was never set up: nothing was made
        return ""


def _leaks(made: Sandbox, said: list[Done]) -> tuple[str, ...]:
    secrets = [secret.encode() for secret in made.case.expect.secrets]
    if not secrets:
        return ()
    printed = {"stdout": "".join(d.stdout for d in said), "stderr": "".join(d.stderr for d in said)}
    places = {name: text.encode() for name, text in printed.items()}
    places |= {str(f.relative_to(made.home)): f.read_bytes() for f in made.home.rglob("*") if f.is_file()}
    return tuple(sorted(_neutral(name) for name, text in places.items() if any(s in text for s in secrets)))


def _neutral(place: str) -> str:
    """A place without the run's own id, so that two runs tell the same."""
    return "/".join("RUN" if part[:8].isdigit() else part for part in place.split("/"))


def _left(made: Sandbox) -> tuple[str, ...]:
    running = [f"process {line.partition(' ')[2]}" for line in left_running(str(made.home))]
    locks = [p.name for p in made.module.rglob(".*.lock.info")] if not made.case.scenario.inject else []
    copies = [str(p.relative_to(made.home)) for p in made.home.glob("runs/*/sandbox/*")]
    return tuple(sorted([*running, *locks, *copies, *made.world.leftovers()]))


def _proof(made: Sandbox) -> dict[str, object]:
    """That doing nothing does not solve it, and that the gold fix, done by plain Terraform, does."""
    watching = (
        "run",
        str(made.module),
        "--autonomy",
        "observe",
        "--model",
        "none",
        *made.case.scenario.options,
    )
    first = _driven(made, *watching, "--max-retries", "0")
    expect = made.case.expect
    observed = first.get("observed")
    if not isinstance(observed, Observed):
        return first
    broken = observed.exit_code != 0
    if broken is (expect.category is None):
        what = "it ends well although nothing was mended" if not broken else f"it fails: {observed.reason}"
        return {**first, "observed": observed.model_copy(update={"reason": what, "exit_code": 1})}
    if expect.category is None:
        return first
    made.heal(expect.heal)
    told = [word for fix in expect.gold for word in mend(made, fix)]
    return _driven(made, *watching, *told)

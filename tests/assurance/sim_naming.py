"""Signatures and a model that are right, wrong, silent, garbled, dear or repeat themselves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal

from contracts.budget import Ceiling, Usage
from contracts.diagnostic import Severity
from contracts.hypothesis import Category, Hypothesis, Source
from contracts.incident import Evidence, Named
from contracts.model import Fault, ModelReply, Prompt
from contracts.permit import ModelPermit
from contracts.remediation import Edit, EditConfig, Import, Remediation, WaitAndRetry
from contracts.run import Effect
from tests.assurance.sim_world import World

FILES = ("main.tf", "more.tf")
RIGHT = tuple(Edit(file=name, search="inptu", replace="input") for name in FILES)
WRONG = (Edit(file="main.tf", search='inptu = "x"', replace='inptu = "y"'),)
ABSENT = (Edit(file="main.tf", search="outptu", replace="output"),)
COST = Decimal("0.004")
MOST = Decimal("0.01")

SAYS = (
    *(
        "mends it",
        "mends it",
        "tries again",
        "tries again",
        "edits the wrong thing",
        "edits what is not there",
    ),
    *("the same once more", "gives up", "is not sure", "garbled", "throttled", "down", "cut off", "refuses"),
    *("has no price", "nothing", "its limit is spent"),
)
_FAULTS = {
    "throttled": Fault.THROTTLED,
    "down": Fault.DOWN,
    "cut off": Fault.CUT_OFF,
    "refuses": Fault.REFUSED,
    "nothing": Fault.UNREADABLE,
    "its limit is spent": Fault.SPENT,
}
_DOES: Mapping[str, Mapping[str, object]] = {
    "mends it": {"remediation": "edit_config", "edits": [edit.model_dump() for edit in RIGHT]},
    "edits the wrong thing": {"remediation": "edit_config", "edits": [edit.model_dump() for edit in WRONG]},
    "edits what is not there": {
        "remediation": "edit_config",
        "edits": [edit.model_dump() for edit in ABSENT],
    },
    "gives up": {"remediation": "escalate"},
    "is not sure": {"remediation": "retry", "retryable": True, "confidence": 0.2},
}
_AGAIN: Mapping[str, object] = {"remediation": "retry", "retryable": True}


def known(evidence: Evidence) -> Named | None:
    """What the signatures of a simulated world know."""
    error = next((d for d in evidence.diagnostics if d.severity is Severity.ERROR), None)
    if error is None:
        return None
    if error.summary == "Unsupported argument":
        return _named(EditConfig(summary="spell it right", edits=RIGHT), Category.INVALID_ARGUMENT)
    if error.summary == "already exists":
        remedy = Import(summary="import it", address=error.address, id="x")
        return _named(remedy, Category.ALREADY_EXISTS)
    if error.summary.startswith("Throttling"):
        return _named(WaitAndRetry(summary="wait", wait_s=5), Category.THROTTLING)
    return None


def _named(remedy: Remediation, category: Category) -> Named:
    hypothesis = Hypothesis(
        category=category,
        retryable=isinstance(remedy, WaitAndRetry),
        root_cause=f"It is {category}.",
        confidence=1,
        remediation=remedy,
    )
    return Named(hypothesis=hypothesis, source=Source.SIGNATURE, origin=f"sim.{category}")


class SimModel:
    """Implements `ModelClient`; `seen` is told of each request before it is on the wire."""

    model = "sim:model"

    def __init__(self, world: World, seen: Callable[[Effect, str], None]) -> None:
        self._world = world
        self._seen = seen
        self._said = 0

    def ceiling(self, prompt: Prompt) -> Ceiling:
        return Ceiling(usd=MOST, tokens=4000)

    def ask(self, permit: ModelPermit, prompt: Prompt, schema: Mapping[str, object]) -> ModelReply:
        permit.spend()
        self._seen(Effect.MODEL, permit.run_id)
        self._world.did("ask")
        self._world.point("while a model is asked")
        self._world.clock.sleep(2)
        says = self._world.fate.choice("the model", SAYS)
        usage = Usage(
            calls=1, input_tokens=900, output_tokens=90, cost_usd=None if says == "has no price" else COST
        )
        if says in _FAULTS:
            return ModelReply(text="", stop="error: sim", usage=usage, fault=_FAULTS[says])
        if says == "garbled":
            return ModelReply(text='{"root_cause": ', stop="end", usage=usage)
        self._said += says != "the same once more"
        return ModelReply(text=json.dumps(self._answer(says)), stop="end", usage=usage)

    def _answer(self, says: str) -> dict[str, object]:
        return {
            "evidence": [],
            "root_cause": f"Part number {self._world.session}-{self._said} of the module is broken.",
            "category": "other",
            "retryable": False,
            "confidence": 0.9,
            "summary": "Do it.",
            **_DOES.get(says, _AGAIN),
        }

"""A model's text to a hypothesis, or why it is none. Pure; never raises on what a model writes.

What is wrong is refused, not mended; only quotes that the failure's text does
not hold are dropped, and counted. The reply's shape is in `diagnosis.reply`,
whether a remediation may be applied is decided in `planner.policy`, what an
edit may touch in `subagents.remediator`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Literal, NoReturn

from pydantic import TypeAdapter, ValidationError

from contracts.base import Contract
from contracts.hypothesis import Hypothesis
from contracts.incident import Evidence
from contracts.remediation import Edit, Remediation, RemediationKind
from contracts.text import CleanText, cap, clean
from diagnosis.reply import EditReply, Reply, addresses_in, plain_text, variables_in

_MOST_BYTES = 64 * 1024


class Malformed(Contract):
    """An answer that nobody may act on."""

    outcome: Literal["malformed"] = "malformed"
    reason: CleanText
    """For people; never quotes more than a key of the answer."""


class Answer(Contract):
    """An answer that holds."""

    outcome: Literal["answer"] = "answer"
    hypothesis: Hypothesis
    dropped_quotes: int = 0
    """How many quotes were not in the failure's text."""


def parse(text: str, evidence: Evidence) -> Answer | Malformed:
    """What a model answered about `evidence`.

    Exactly one JSON object of `reply_schema`, with white space around it at
    most. A parameter of another remediation than the one chosen is not read.
    """
    try:
        reply = _read(text)
        hypothesis, dropped = _hypothesis(reply, plain_text(evidence))
        _known(reply, evidence)
    except ValidationError as error:
        return Malformed(reason=_first(error))
    except RecursionError:
        return Malformed(reason="nested too deeply")
    except ValueError as error:
        return Malformed(reason=str(error))
    return Answer(hypothesis=hypothesis, dropped_quotes=dropped)


def _read(text: str) -> Reply:
    if len(text) > _MOST_BYTES or len(text.encode(errors="replace")) > _MOST_BYTES:
        raise ValueError(f"longer than {_MOST_BYTES} bytes")
    try:
        json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"not one JSON object: {error.msg} at character {error.pos}") from None
    return Reply.model_validate_json(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _known(reply: Reply, evidence: Evidence) -> None:
    """Refuse an address or a variable that does not exist, where the remediation chosen would use it."""
    addresses, variables = addresses_in(evidence), variables_in(evidence)
    if reply.remediation in _NAME_ADDRESS and reply.address and addresses and reply.address not in addresses:
        raise ValueError("address is none that the failure names")
    if reply.remediation is RemediationKind.SET_VARIABLE and variables and reply.variable not in variables:
        raise ValueError("variable is none that the module has")


def _hypothesis(reply: Reply, shown: str) -> tuple[Hypothesis, int]:
    for key in ("root_cause", "summary"):
        if not getattr(reply, key).strip():
            raise ValueError(f"{key} is empty")
    quotes = tuple(quote for quote in reply.evidence if " ".join(quote.split()) in shown and quote.strip())
    hypothesis = Hypothesis(
        category=reply.category,
        retryable=reply.retryable,
        root_cause=reply.root_cause,
        evidence=quotes,
        confidence=reply.confidence,
        remediation=_remediation(reply),
    )
    return hypothesis, len(reply.evidence) - len(quotes)


def _remediation(reply: Reply) -> Remediation:
    """The action chosen with its own parameters; the union refuses one that lacks what it must have."""
    parameters = _PARAMETERS.get(reply.remediation, _none)(reply)
    chosen = {"kind": reply.remediation.value, "summary": reply.summary, **parameters}
    return _union().validate_python(chosen)


def _none(_: Reply) -> dict[str, object]:
    return {}


def _set_variable(reply: Reply) -> dict[str, object]:
    if not reply.variable:
        raise ValueError("set_variable without a variable")
    _visible(reply.value, "value")
    return {"name": reply.variable, "value": reply.value or None}


_NAME_ADDRESS = frozenset({RemediationKind.IMPORT, RemediationKind.REPLACE, RemediationKind.STATE_RM_OR_MV})
_PARAMETERS: dict[RemediationKind, Callable[[Reply], dict[str, object]]] = {
    RemediationKind.WAIT_AND_RETRY: lambda r: {"wait_s": r.wait_s},
    RemediationKind.EDIT_CONFIG: lambda r: {"edits": tuple(_edit(edit) for edit in r.edits)},
    RemediationKind.SET_VARIABLE: _set_variable,
    RemediationKind.IMPORT: lambda r: {"address": r.address or None, "id": r.object_id or None},
    RemediationKind.STATE_RM_OR_MV: lambda r: {
        "source": r.address or None,
        "destination": r.destination or None,
    },
    RemediationKind.FORCE_UNLOCK: lambda r: {"lock_id": r.lock_id or None},
    RemediationKind.REPLACE: lambda r: {"address": r.address or None},
    RemediationKind.PERMISSIONS: lambda r: {"actions": r.actions},
}
"""What a kind reads of a reply; the kinds that are not here have no parameters."""


@cache
def _union() -> TypeAdapter[Remediation]:
    return TypeAdapter(Remediation)


def _edit(edit: EditReply) -> Edit:
    path = PurePosixPath(edit.file)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in edit.file or ":" in edit.file:
        raise ValueError("an edit's file must lie inside the module, and be relative to it")
    for name in ("file", "search", "replace"):
        _visible(getattr(edit, name), f"edits.{name}")
    if not edit.search:
        raise ValueError("an edit without a text to search for")
    return Edit(file=edit.file, search=edit.search, replace=edit.replace)


def _visible(text: str, key: str) -> None:
    """Refuse what a person who approves it could not see."""
    if clean(text) != text:
        raise ValueError(f"{key} holds invisible characters")


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(step) for step in problem["loc"])
    return cap(f"{where}: {problem['msg']}" if where else problem["msg"], 200)

"""A model's text to a hypothesis, or why it is none. Pure; never raises on what a model writes.

Holds the reply's shape too, so that the schema a model is given and the check
of what it answers cannot differ. What is wrong is refused, not mended; only
quotes that the failure's text does not hold are dropped, and counted. Whether
a remediation may be applied is decided in `planner.policy`, what an edit may
touch in `subagents.remediator`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Literal, NoReturn

from pydantic import ConfigDict, TypeAdapter, ValidationError

from contracts.base import Contract
from contracts.hypothesis import Category, Hypothesis
from contracts.incident import Evidence
from contracts.remediation import Edit, Remediation, RemediationKind
from contracts.text import CleanText, cap, clean

_MOST_BYTES = 64 * 1024
_UNSUPPORTED = frozenset({"title", "default", "minimum", "maximum"})
"""Keywords that say nothing to a model, or that providers refuse in a reply's schema."""


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


class _EditReply(Contract):
    model_config = ConfigDict(strict=True)

    file: str
    """Existing file, relative to the module, as the failure names it."""
    search: str
    """Text that occurs exactly once in that file, copied from the failure."""
    replace: str
    """What it becomes."""


class Reply(Contract):
    """The one JSON object a model answers with, flat: one key a fact."""

    model_config = ConfigDict(strict=True)

    evidence: tuple[CleanText, ...]
    """1 to 3 short quotes copied word for word from the failure, the telling ones."""
    root_cause: CleanText
    """What really broke and why, naming the things concerned; two sentences at most."""
    category: Category
    """The kind of thing that broke; `other` where none fits."""
    retryable: bool
    """Whether the same attempt, with nothing changed, may succeed later."""
    confidence: float
    """0 to 1: how sure you are of root_cause. Below 0.5 where the failure does not show it."""
    remediation: RemediationKind
    """The one action that mends it; `escalate` where none does."""
    summary: CleanText
    """What to do, for the person who decides; two sentences at most."""
    wait_s: int = 10
    """wait_and_retry: seconds, 0 to 900."""
    edits: tuple[_EditReply, ...] = ()
    """edit_config: the replacements; none where the failure does not show the text to replace."""
    variable: CleanText = ""
    """set_variable: its name."""
    value: str = ""
    """set_variable: its value; leave out where only a person can know it."""
    address: CleanText = ""
    """import, replace, state_rm_or_mv: the resource instance's address."""
    object_id: CleanText = ""
    """import: the id of the object that exists."""
    destination: CleanText = ""
    """state_rm_or_mv: the new address; leave out to remove."""
    lock_id: CleanText = ""
    """force_unlock: the lock's id."""
    actions: tuple[CleanText, ...] = ()
    """permissions: the actions to grant, such as s3:CreateBucket."""


@cache
def reply_schema() -> dict[str, object]:
    """The JSON Schema of `Reply` in the subset all providers take: no references, no bounds."""
    schema = Reply.model_json_schema()
    plain: dict[str, object] = _plain(schema, schema.pop("$defs"))
    return plain


def _plain(node: Any, shared: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_plain(item, shared) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = shared[node["$ref"].rpartition("/")[2]]
        node = {**target, **node}  # what a key says of itself beats what its type says
        del node["$ref"]
    properties = node.get("properties", {})
    kept = {k: _plain(v, shared) for k, v in node.items() if k not in _UNSUPPORTED | {"properties"}}
    if properties:
        kept["properties"] = {name: _plain(child, shared) for name, child in properties.items()}
    return kept


def parse(text: str, evidence: Evidence) -> Answer | Malformed:
    """What a model answered about `evidence`.

    Exactly one JSON object of `reply_schema`, with white space around it at
    most. A parameter of another remediation than the one chosen is not read.
    """
    try:
        reply = _read(text)
        hypothesis, dropped = _hypothesis(reply, _plain_text(evidence))
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


def _edit(edit: _EditReply) -> Edit:
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


def _plain_text(evidence: Evidence) -> str:
    """All the text of a failure, white space levelled: what a quote may come from."""
    parts = [evidence.text, evidence.engine]
    for diagnostic in evidence.diagnostics:
        snippet = diagnostic.snippet
        parts += [diagnostic.summary, diagnostic.detail, diagnostic.address or ""]
        parts += [diagnostic.range.filename] if diagnostic.range else []
        parts += [snippet.context or "", snippet.code] if snippet else []
        parts += [f"{v.traversal} {v.statement}" for v in snippet.values] if snippet else []
    for check in evidence.failed_checks:
        parts += [check.name, check.detail]
    return " ".join(" ".join(parts).split())


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(step) for step in problem["loc"])
    return cap(f"{where}: {problem['msg']}" if where else problem["msg"], 200)

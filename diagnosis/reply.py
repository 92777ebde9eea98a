"""The one JSON object a model answers with: its shape, and the names it may use. Pure.

Holds the schema a model is given beside the check of what it answers
(`diagnosis.parse`), so that the two cannot differ.
"""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

from pydantic import ConfigDict

from contracts.base import Contract
from contracts.hypothesis import Category
from contracts.incident import Evidence
from contracts.remediation import RemediationKind
from contracts.text import CleanText

_MOST_NAMES = 100
"""Names in one list of the schema: it is paid for as input."""
_ADDRESS = re.compile(
    r"(?<![\w./-])(?:module\.[A-Za-z_][\w-]*(?:\[[^\]\n]{1,100}\])?\.)*"
    r"(?:data\.)?[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][\w-]*(?:\[[^\]\n]{1,100}\])?(?![\w/-])"
)
_VARIABLE = re.compile(r"\bvar\.([A-Za-z_][\w-]*)|variable \"([A-Za-z_][\w-]*)\"")
_UNSUPPORTED = frozenset({"title", "default", "minimum", "maximum"})
"""Keywords that say nothing to a model, or that providers refuse in a reply's schema."""


class EditReply(Contract):
    """One replacement a model asks for."""

    model_config = ConfigDict(strict=True)

    file: str
    """As the failure names it."""
    search: str
    """Shown text that occurs once in the file."""
    replace: str


class Reply(Contract):
    """The one JSON object a model answers with, flat: one key a fact.

    The sentences below are read by models, and paid for with every call.
    """

    model_config = ConfigDict(strict=True)

    evidence: tuple[CleanText, ...]
    """1 to 3 short quotes, word for word."""
    root_cause: CleanText
    """What broke and why, naming things; two sentences at most."""
    category: Category
    retryable: bool
    confidence: float
    """0 to 1; below 0.5 where the cause is not shown."""
    remediation: RemediationKind
    summary: CleanText
    """What a person should do; two sentences at most."""
    wait_s: int = 10
    """wait_and_retry: 0 to 900."""
    edits: tuple[EditReply, ...] = ()
    variable: CleanText = ""
    value: str = ""
    """set_variable; leave out where only a person knows it."""
    address: CleanText = ""
    object_id: CleanText = ""
    destination: CleanText = ""
    """state_rm_or_mv: the new address; leave out to remove."""
    lock_id: CleanText = ""
    actions: tuple[CleanText, ...] = ()
    """permissions, such as s3:CreateBucket."""


def reply_schema(evidence: Evidence | None = None) -> dict[str, object]:
    """The JSON Schema of `Reply` in the subset all providers take: no references, no bounds.

    With evidence, the addresses and the names of variables are those it holds,
    and nothing else; "" stands for none.
    """
    schema = copy.deepcopy(_schema())
    if evidence is not None:
        properties: dict[str, Any] = schema["properties"]
        for key, names in (("address", addresses_in(evidence)), ("variable", variables_in(evidence))):
            if names and len(names) <= _MOST_NAMES:
                properties[key]["enum"] = ["", *names]
    return schema


def addresses_in(evidence: Evidence) -> list[str]:
    """Every resource address that the evidence names, sorted."""
    texts = [d.address or "" for d in evidence.diagnostics]
    texts += [d.text for d in evidence.diagnostics]
    texts += [*evidence.context.changes, *evidence.echoes, evidence.text]
    texts += [check.detail for check in evidence.failed_checks]
    return sorted({found for text in texts for found in _ADDRESS.findall(text)})


def variables_in(evidence: Evidence) -> list[str]:
    """The module's variables; where the module is not at hand, those the failure names. Sorted."""
    if evidence.context.module.variables:
        return sorted(evidence.context.module.variables)
    return sorted({a or b for a, b in _VARIABLE.findall(plain_text(evidence))})


@cache
def _schema() -> dict[str, Any]:
    schema = Reply.model_json_schema()
    plain: dict[str, Any] = _plain(schema, schema.pop("$defs"))
    del plain["description"]  # for developers
    del plain["properties"]["edits"]["items"]["description"]
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
    if "enum" in node:  # what an enumeration is for is told where it is used
        node = {name: value for name, value in node.items() if name != "description"}
    properties = node.get("properties", {})
    kept = {k: _plain(v, shared) for k, v in node.items() if k not in _UNSUPPORTED | {"properties"}}
    if properties:
        kept["properties"] = {name: _plain(child, shared) for name, child in properties.items()}
    return kept


def plain_text(evidence: Evidence) -> str:
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
    parts += [block.code for block in evidence.context.module.blocks]
    parts += [*evidence.context.changes, *evidence.context.attempts]
    return " ".join(" ".join(parts).split())

"""`set_variable`: a value for an input variable, in `terraform.tfvars` where there is one, else for this run.

Decides that the variable is declared, that the value is a literal of its type,
and that a person is asked about a sensitive one. Undone by putting the file
back; a value that was given to the run alone is forgotten with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue
from tree_sitter import Node

from contracts.proposal import Finding, Verdict
from contracts.terraform import Variable
from subagents.hcl_parser import parser
from subagents.remediator.edit_config import Change
from subagents.workspace import RefusedError

GIVEN = "terraform.tfvars"
"""The file of values that Terraform reads by itself."""
_MOST_CHARS = 4096
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")  # no exponent: the parser of HCL knows none
_COLLECTIONS = {"list": list, "set": list, "tuple": list, "map": dict, "object": dict}


class Declared(NamedTuple):
    """A variable as its block declares it."""

    type: str
    """The type's text without white space; empty where none is declared."""
    sensitive: bool


class Setting(NamedTuple):
    """Where a value goes, and what a person is asked."""

    files: Mapping[str, Change]
    variables: tuple[Variable, ...]
    findings: tuple[Finding, ...]
    given: str = ""
    """The values given to the run, as such a file would say them."""


def setting(name: str, value: str | None, texts: Mapping[str, str]) -> Setting:
    """What giving the variable this value comes to.

    `value` is a string as it is, or JSON for what is none. `texts` are the
    module's files. Raises `RefusedError`: no such variable, or no literal of its type.
    """
    declared = variables_in(texts).get(name)
    if declared is None:
        raise RefusedError(f"the module declares no variable {name!r}")
    if value is None or len(value) > _MOST_CHARS or not all(c.isprintable() or c == "\n" for c in value):
        raise RefusedError(f"the value for {name!r} is missing, too long, or cannot be shown")
    literal = _literal(name, value, declared.type)
    asked = Finding(
        rule="variable:sensitive",
        verdict=Verdict.ASK,
        where=f"var.{name}",
        what="the variable is marked sensitive",
    )
    findings = (asked,) if declared.sensitive else ()
    if GIVEN not in texts:
        return Setting({}, (Variable(name=name, value=value),), findings, f"{name} = {literal}\n")
    before = texts[GIVEN]
    return Setting({GIVEN: Change(before, _assigned(before, name, literal))}, (), findings)


def variables_in(texts: Mapping[str, str]) -> dict[str, Declared]:
    """The variables that the module's own files declare, by name."""
    found = {}
    for file, text in texts.items():
        if not file.endswith(".tf") or "/" in file:
            continue
        for block in _blocks(parser().parse(text.encode()).root_node):
            words = [
                c.text.decode().strip('"')
                for c in block.children
                if c.type in {"identifier", "string_lit"} and c.text
            ]
            if words[:1] == ["variable"] and len(words) > 1:
                given = dict(_attributes(block))
                marked = (
                    given.get("sensitive", "false") != "false" or given.get("ephemeral", "false") != "false"
                )
                found[words[1]] = Declared("".join(given.get("type", "").split()), marked)
    return found


def _literal(name: str, value: str, declared: str) -> str:
    """The value as HCL writes it. Raises `RefusedError` where it is none of the type declared."""
    kind = declared.partition("(")[0].strip('"')
    if "${" in value or "%{" in value:
        raise RefusedError(f"the value for {name!r} holds a template")
    if kind == "number" and not _NUMBER.fullmatch(value):
        raise RefusedError(f"the value for {name!r} is no number")
    if kind == "bool" and value not in {"true", "false"}:
        raise RefusedError(f"the value for {name!r} is neither true nor false")
    if kind in {"number", "bool"}:
        return value
    if kind in _COLLECTIONS:
        parsed = _json(value)
        if not isinstance(parsed, _COLLECTIONS[kind]):
            raise RefusedError(f"the value for {name!r} is no JSON {kind}")
        return json.dumps(parsed, ensure_ascii=False)
    if kind in {"", "any"} and not isinstance(_json(value), str | None):
        return value
    return json.dumps(value, ensure_ascii=False)


def _json(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _assigned(text: str, name: str, literal: str) -> str:
    """The file with the value in it: in the place of the one it had, or at its end."""
    raw = text.encode()
    root = parser().parse(raw).root_node
    if root.has_error:
        raise RefusedError(f"{GIVEN} cannot be read without doubt")
    for node in _nodes(root):
        if node.type == "attribute" and node.children and node.children[0].text == name.encode():
            old = node.children[-1]
            return (raw[: old.start_byte] + literal.encode() + raw[old.end_byte :]).decode()
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{end}{name} = {literal}\n"


def _nodes(root: Node) -> list[Node]:
    return [node for body in root.children if body.type == "body" for node in body.children]


def _blocks(root: Node) -> list[Node]:
    return [node for node in _nodes(root) if node.type == "block"]


def _attributes(block: Node) -> list[tuple[str, str]]:
    return [
        (node.children[0].text.decode(), node.children[-1].text.decode())
        for node in _nodes(block)
        if node.type == "attribute" and node.children and node.children[0].text and node.children[-1].text
    ]

"""Policies inside of a plan's values → what they grant too widely. No I/O.

Reads the policy language of AWS, as JSON text or as the blocks of
`aws_iam_policy_document`. Decides only which grants are wide; which of them are
new is decided in `planner.gate_weakening`.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

_MOST_COMBINED = 4096
_HANDS_ON_A_ROLE = "iam:passrole"
_ELEMENTS = {
    "Action": ("action", "actions"),
    "Resource": ("resource", "resources"),
    "Principal": ("principal", "principals"),
}
"""Each with its name in JSON, and as an argument of a block; AWS takes them in any case."""
_NOT = {
    "NotAction": ("notaction", "not_actions"),
    "NotResource": ("notresource", "not_resources"),
    "NotPrincipal": ("notprincipal", "not_principals"),
}


class Weak(NamedTuple):
    """One weak place of an object."""

    path: str
    """The attribute, such as `ingress.cidr_blocks`."""
    what: str
    """What is weak there, in words that hold no value."""
    identity: Hashable
    """What tells it from another of the same words; may hold values, and is never shown."""


def wide_grants(path: str, value: Mapping[str, Any]) -> Iterator[Weak]:
    """What a policy, or an object that has statements as blocks, grants too widely."""
    for key, statements in value.items():
        if key.lower() == "statement":
            for raw in statements if isinstance(statements, list) else [statements]:
                statement = {name.lower(): one for name, one in raw.items()} if isinstance(raw, dict) else {}
                if str(statement.get("effect")).lower() != "deny":
                    yield from _wide(path or key, statement)


def _wide(path: str, statement: Mapping[str, Any]) -> Iterator[Weak]:
    """Of a statement that does not deny; its names are in small letters."""
    conditions = _told(statement.get("condition") or None)
    actions, resources, principals = (_texts(_of(statement, *names)) or [""] for names in _ELEMENTS.values())
    for name, names in _NOT.items():
        excepted = _of(statement, *names)
        if excepted:
            rest = _told([excepted, actions, resources, principals])
            yield Weak(path, f"{name} in an Allow statement", (rest, conditions))
    if len(actions) * len(resources) * len(principals) > _MOST_COMBINED:
        yield Weak(path, "a statement too large to be judged", _told(statement))
        return
    for grant in product(actions, resources, principals):
        for name, one in zip(_ELEMENTS, grant, strict=True):
            if "*" in one:
                yield Weak(path, f"* in {name}", (grant, conditions))
        if grant[0].lower() == _HANDS_ON_A_ROLE:
            yield Weak(path, "iam:PassRole", (grant, conditions))


def _of(statement: Mapping[str, Any], *names: str) -> Any:
    """The value of the first name there is."""
    return next((statement[name] for name in names if name in statement), None)


def _told(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _texts(value: Any) -> list[str]:
    """The texts in a value, from whatever depth, sorted."""
    found, waiting = set[str](), [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            waiting += list(one.values()) if isinstance(one, dict) else one
        elif isinstance(one, str):
            found.add(one)
    return sorted(found)

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
_NOT = {
    "NotAction": ("NotAction", "not_actions"),
    "NotResource": ("NotResource", "not_resources"),
    "NotPrincipal": ("NotPrincipal", "not_principals"),
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
    for key in ("Statement", "statement"):
        statements = value.get(key)
        for raw in statements if isinstance(statements, list) else [statements]:
            if isinstance(raw, dict) and str(_of(raw, "Effect", "effect") or "Allow").lower() != "deny":
                yield from _wide(path or key, raw)


def _wide(path: str, statement: Mapping[str, Any]) -> Iterator[Weak]:
    conditions = json.dumps(_of(statement, "Condition", "condition") or None, sort_keys=True)
    actions = _texts(_of(statement, "Action", "actions")) or [""]
    resources = _texts(_of(statement, "Resource", "resources")) or [""]
    principals = _texts(_of(statement, "Principal", "principals")) or [""]
    for name, keys in _NOT.items():
        excepted = _of(statement, *keys)
        if excepted:
            rest = json.dumps([excepted, actions, resources, principals], sort_keys=True)
            yield Weak(path, f"{name} in an Allow statement", (rest, conditions))
    if len(actions) * len(resources) * len(principals) > _MOST_COMBINED:
        whole = json.dumps(statement, sort_keys=True)
        yield Weak(path, "a statement too large to be judged", whole)
        return
    for grant in product(actions, resources, principals):
        action, resource, principal = grant
        for name, one in (("Action", action), ("Resource", resource), ("Principal", principal)):
            if "*" in one:
                yield Weak(path, f"* in {name}", (grant, conditions))
        if action.lower() == _HANDS_ON_A_ROLE:
            yield Weak(path, "iam:PassRole", (grant, conditions))


def _of(table: Mapping[str, Any], *keys: str) -> Any:
    """The value of the first key there is; AWS takes them in any case."""
    lowered = {key.lower(): value for key, value in table.items()}
    return next((lowered[key.lower()] for key in keys if key.lower() in lowered), None)


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

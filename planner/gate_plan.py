"""A plan as `terraform show -json` prints it → the parts that the gate judges. No I/O.

Decides what counts as readable, and which word of ours an action vector is.
Source: terraform `internal/command/jsonplan/plan.go`. Strict on purpose: a
part of another shape than we know makes the whole plan unreadable. The part
`configuration` is read by `planner.gate_config`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from contracts.terraform import HARMLESS, ChangeAction

_MAJOR = "1"
_KEY = re.compile(r"\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\]")
_ACTIONS = {
    ("no-op",): ChangeAction.NOOP,
    ("create",): ChangeAction.CREATE,
    ("read",): ChangeAction.READ,
    ("update",): ChangeAction.UPDATE,
    ("delete",): ChangeAction.DELETE,
    ("delete", "create"): ChangeAction.REPLACE,
    ("create", "delete"): ChangeAction.REPLACE,
    ("forget",): ChangeAction.REMOVE,
}
_UNFINISHED = ("deferred_changes", "action_invocations", "deferred_action_invocations")


class UnreadableError(ValueError):
    """The plan is not of the shape we know; the message says where."""


class Change(NamedTuple):
    """What the plan does to one resource instance, or to one object of it that was deposed."""

    address: str
    declared: str
    """Its configuration address: the address without instance keys."""
    type: str
    data: bool
    """Whether it is a data source."""
    deposed: str
    """The key of a deposed object; empty for the current one."""
    action: ChangeAction
    reason: str
    """Terraform's reason, such as `replace_because_tainted`; empty where it gives none."""
    before: Any
    after: Any
    unknown: Any
    """Of the shape of `after`: true where a value is known only after the apply."""
    before_marks: Any
    """Of the shape of `before`: true where a value is sensitive."""
    after_marks: Any
    importing: Mapping[str, Any] | None
    previous: str | None
    """Its address before a move."""

    @property
    def destructive(self) -> bool:
        """Whether it takes something away; a word we do not know does."""
        return self.action not in HARMLESS

    @property
    def key(self) -> tuple[str, str]:
        """What names the object within one plan."""
        return self.address, self.deposed


class Plan(NamedTuple):
    """The parts of one plan."""

    changes: tuple[Change, ...]
    outputs: Mapping[str, Mapping[str, Any]]
    """Root outputs by name: `before`, `after`, `actions`."""
    variables: Mapping[str, Any]
    """Root variables by name, with their values."""
    state: Mapping[str, Mapping[str, Any]]
    """The instances in the state that was planned from, by address."""
    gone: frozenset[str]
    """Instances that somebody deleted outside of Terraform since the last apply."""
    checks: frozenset[str]
    """What has conditions: check blocks, resources, outputs, variables."""
    unfinished: tuple[str, ...]
    """Why applying it would not be the whole story; empty for an ordinary plan."""
    timestamp: str


def declared_at(address: str) -> str:
    """The configuration address of an instance: `module.a["k"].x.y[0]` → `module.a.x.y`."""
    return _KEY.sub("", address) if "[" in address else address


def action_of(actions: object) -> ChangeAction:
    """Our word for an action vector; UNKNOWN for every one that is not in the list."""
    known = isinstance(actions, list) and all(isinstance(word, str) for word in actions)
    return _ACTIONS.get(tuple(actions), ChangeAction.UNKNOWN) if known else ChangeAction.UNKNOWN  # type: ignore[arg-type]


def read(plan: Mapping[str, Any]) -> Plan:
    """The parts of a plan. Raises `UnreadableError`."""
    version = plan.get("format_version")
    if not isinstance(version, str) or version.partition(".")[0] != _MAJOR:
        raise UnreadableError("format_version is none that we know")
    drift = (_change(raw) for raw in listed(plan, "resource_drift"))
    return Plan(
        changes=tuple(_change(raw) for raw in listed(plan, "resource_changes")),
        outputs={name: mapping(raw, f"output {name}") for name, raw in table(plan, "output_changes").items()},
        variables={
            name: mapping(raw, f"variable {name}").get("value")
            for name, raw in table(plan, "variables").items()
        },
        state=dict(_instances(table(table(plan, "prior_state"), "values"))),
        gone=frozenset(change.address for change in drift if change.action is ChangeAction.DELETE),
        checks=frozenset(
            str(mapping(mapping(raw, "checks").get("address"), "checks").get("to_display"))
            for raw in listed(plan, "checks")
        ),
        unfinished=tuple(_unfinished(plan)),
        timestamp=str(plan.get("timestamp") or ""),
    )


def mapping(value: object, where: str) -> Mapping[str, Any]:
    """`value`, which has to be a JSON object. Raises `UnreadableError`."""
    if not isinstance(value, dict):
        raise UnreadableError(f"{where} is no object")
    return value


def table(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object below a key; an empty one where there is none. Raises `UnreadableError`."""
    value = of.get(key)
    return {} if value is None else mapping(value, key)


def listed(of: Mapping[str, Any], key: str) -> list[Any]:
    """The list below a key; an empty one where there is none. Raises `UnreadableError`."""
    value = of.get(key)
    if value is not None and not isinstance(value, list):
        raise UnreadableError(f"{key} is no list")
    return value or []


def _change(raw: object) -> Change:
    entry = mapping(raw, "resource_changes")
    change = mapping(entry.get("change"), "a change")
    address = entry.get("address")
    if not isinstance(address, str) or not address:
        raise UnreadableError("a change has no address")
    importing, previous = change.get("importing"), entry.get("previous_address")
    return Change(
        address=address,
        declared=declared_at(address),
        type=str(entry.get("type") or ""),
        data=entry.get("mode") == "data",
        deposed=str(entry.get("deposed") or ""),
        action=action_of(change.get("actions")),
        reason=str(entry.get("action_reason") or ""),
        before=change.get("before"),
        after=change.get("after"),
        unknown=change.get("after_unknown"),
        before_marks=change.get("before_sensitive"),
        after_marks=change.get("after_sensitive"),
        importing=None if importing is None else mapping(importing, "importing"),
        previous=str(previous) if previous else None,
    )


def _instances(values: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    modules = [table(values, "root_module")]
    while modules:
        module = modules.pop()
        modules += [mapping(child, "prior_state") for child in listed(module, "child_modules")]
        for raw in listed(module, "resources"):
            resource = mapping(raw, "prior_state")
            yield str(resource.get("address")), resource


def _unfinished(plan: Mapping[str, Any]) -> Iterator[str]:
    if plan.get("errored", False) is not False:
        yield "errored"
    if plan.get("complete", True) is not True:  # Terraform before 1.8 does not tell
        yield "not complete"
    for part in _UNFINISHED:
        if plan.get(part):
            yield part

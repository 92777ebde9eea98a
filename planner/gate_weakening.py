"""Rule G11: the fix opens nothing and takes no protection away.

Decides which places of an object are weak (grants, open networks, public ACLs),
which protections it lost, and which of these are new: not there in what the
unedited module would have made, or in the object as it is. A place is told by
its attribute; a finding never holds a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from planner.gate_grants import Weak, wide_grants
from planner.gate_values import json_in, part
from subagents.openings import network

_LONGEST_NAME = 256
_WIDEST_PREFIX = {4: 8, 6: 16}
"""A network with a shorter prefix than this counts as the whole internet, which may be written in halves."""
_ANYBODY = re.compile(r"(?:^|/)(?:allusers|allauthenticatedusers|authenticatedusers)$", re.IGNORECASE)
_ACL = re.compile(r"(?:^|_)acl$|^container_access_type$")
_PRIVATE_ACLS = frozenset(
    {"private", "bucket-owner-read", "bucket-owner-full-control", "projectprivate", "log-delivery-write", ""}
)
_SOURCES = re.compile(r"^source_address_prefix(?:es)?$")
_ANY_SOURCE = frozenset({"*", "any", "internet"})
_EVERY = re.compile(r"^(?:data_)?actions$|^verbs$|^resources$|^api_groups$")
_BESIDE = re.compile(
    r"port|protocol|role|permission|verbs|^(?:type|direction|access|action|actions|allow|deny|resources)$"
)

_KEEPS = re.compile(
    r"deletion_protection|delete_protection|termination_protection|purge_protection|^protection$"
    r"|^disable_api_(?:termination|stop)$|^(?:block|ignore|restrict)_public_|^public_access_prevention$"
    r"|encrypt|kms|^sse_|key_rotation|point_in_time_recovery|pitr|^versioning|^soft_delete_enabled$"
    r"|https_(?:only|traffic_only)|^uniform_bucket_level_access$|backup"
)
"""What protects while it is true or set: false or empty where it was, is weaker."""
_SWITCH = re.compile(r"(?:^|\.)(?:status|enabled)$")
"""Means a protection only inside of a block that is named like one."""
_GIVES_UP = re.compile(
    r"^skip_final_(?:snapshot|backup)|^force_(?:destroy|delete)|^publicly_accessible$|^delete_contents_on_destroy$"
    r"|^public_network_access_enabled$|^public_access_enabled$|^delete_automated_backups$"
    r"|^allow_(?:blob_public_access|nested_items_to_be_public|privilege_escalation)$|^privileged$"
    r"|^associate_public_ip_address$|^map_public_ip_on_launch$|^purge_soft_delete_on_destroy"
)
"""What gives protection up while it is true."""
_LASTS = re.compile(
    r"retention|^recovery_window_in_days$|^deletion_window_in_days$|^retained_backups$|^backups?_to_keep"
)
"""How long something is kept: fewer is weaker."""
_FOREVER_AT_ZERO = "retention_in_days"
_SWITCHED_OFF = frozenset({"", "disabled", "suspended", "none", "off", "false", "inherited"})
_MEANS = re.compile(r"algorithm$|type$")


def weakened(
    after: Any, unknown: Any, reference: Any, own: frozenset[str] | None = None
) -> Iterator[tuple[str, str]]:
    """The attributes of an object that got weaker than in `reference`, each with how.

    `unknown` is of the shape of `after`: what is true there is not judged here.
    `own`, for an object that nothing can be compared with: the attributes that
    its configuration sets, the only ones that count.
    """
    if not isinstance(after, dict) or after == reference:
        return
    known = set(_weak_places(reference))
    found = [(weak.path, f"{weak.what}, and new") for weak in _weak_places(after) if weak not in known]
    for path, how in dict.fromkeys(found + list(_given_up(after, unknown, reference))):
        if own is None or path.partition(".")[0] in own:
            yield path, how


def hidden(unknown: Any, reference: Any, own: frozenset[str], *, named: bool) -> Iterator[str]:
    """The attributes that could open something or give it up, and are known only after the apply.

    `own` are those that the configuration sets; they count where the fix names
    the object, or where `reference` has a value for them.
    """
    waiting = [(attribute, part(unknown, attribute), part(reference, attribute)) for attribute in own]
    while waiting:
        path, later, was = waiting.pop()
        if isinstance(later, dict):
            waiting += [(f"{path}.{key}", inner, part(was, key)) for key, inner in later.items()]
        elif isinstance(later, list):
            waiting += [(path, inner, part(was, at)) for at, inner in enumerate(later)]
        elif later is True:
            key = path.rpartition(".")[2]
            opens = "polic" in key or _ACL.search(key)
            guards = isinstance(was, bool) and (_is_guard(path) or _GIVES_UP.search(key))
            if guards or (opens and (named or was is not None)):
                yield path


def _weak_places(value: Any) -> Iterator[Weak]:
    """What is weak in a value, wherever in it."""
    waiting: list[tuple[str, Any, Mapping[str, Any]]] = [("", value, {})]
    while waiting:
        path, one, around = waiting.pop()
        if isinstance(one, dict):
            yield from wide_grants(path, one)
            waiting += [(f"{path}.{key}" if path else key, inner, one) for key, inner in one.items()]
        elif isinstance(one, list):
            waiting += [(path, inner, around) for inner in one]
        elif isinstance(one, str):
            try:
                policy = json_in(one)
            except RecursionError:
                yield Weak(path, "a text nested too deep to be judged", one)
                continue
            if policy is not None:
                waiting.append((path, policy, around))
            else:
                yield from _weak_text(path, one, around)


def _weak_text(path: str, text: str, around: Mapping[str, Any]) -> Iterator[Weak]:
    name = path.rpartition(".")[2]
    if len(text) > _LONGEST_NAME:
        return
    beside = json.dumps({key: around[key] for key in around if _BESIDE.search(key)}, sort_keys=True)
    if _is_everywhere(text) or (_SOURCES.match(name) and text.lower() in _ANY_SOURCE):
        yield Weak(path, "an address range open to everybody", (text, beside))
    elif _ANYBODY.search(text):
        yield Weak(path, "a grant to everybody", (text, beside))
    elif text == "*" and _EVERY.search(name) and "statement" not in path:
        yield Weak(path, "a grant of everything", beside)
    elif _ACL.search(name) and text.lower() not in _PRIVATE_ACLS:
        yield Weak(path, "an ACL that is not private", text)


def _is_everywhere(text: str) -> bool:
    found = network(text) if "/" in text else None
    return found is not None and found.prefixlen < _WIDEST_PREFIX[found.version]


def _given_up(after: Any, unknown: Any, reference: Any) -> Iterator[tuple[str, str]]:
    """The protections that an object had, and has no longer or in part."""
    waiting: list[tuple[str, Any, Any, Any]] = [("", after, unknown, reference)]
    while waiting:
        path, now, later, was = waiting.pop()
        if isinstance(now, dict):
            for key in now.keys() | (was.keys() if isinstance(was, dict) else ()):
                inner = f"{path}.{key}" if path else key
                parts = (now.get(key), part(later, key), part(was, key))
                if parts[1] is True:
                    continue
                if how := _how_weaker(inner, parts[0], parts[2], compared=isinstance(was, dict)):
                    yield inner, how
                else:
                    waiting.append((inner, *parts))
        elif isinstance(now, list):
            waiting += [(path, one, part(later, at), part(was, at)) for at, one in enumerate(now)]


def _how_weaker(path: str, now: Any, was: Any, *, compared: bool) -> str:
    """How the value of one attribute protects less; an empty text where it does not."""
    if now == was and compared:
        return ""
    key = path.rpartition(".")[2]
    if _GIVES_UP.search(key):
        return "gives protection up" if _is_on(now) and not _is_on(was) else ""
    if _LASTS.search(key) and (_is_number(was) or _is_number(now)):
        return "kept for a shorter time" if _is_shorter(key, now, was) else ""
    if _is_guard(path):
        lost = _protects(was) and not _protects(now)
        weaker = lost or _is_simpler(key, now, was) or (not compared and now is False)
        return "protects no longer, or less" if weaker else ""
    return ""


def _is_guard(path: str) -> bool:
    """Whether an attribute protects while it is true or set."""
    around, _, key = path.rpartition(".")
    switched = _SWITCH.search(path) and _KEEPS.search(around.rpartition(".")[2])
    return bool(_KEEPS.search(key) or switched)


def _is_simpler(key: str, now: Any, was: Any) -> bool:
    """Whether a key of one's own is given up for the provider's."""
    return bool(_MEANS.search(key)) and "kms" in str(was).lower() and "kms" not in str(now).lower()


def _is_shorter(key: str, now: Any, was: Any) -> bool:
    """Whether fewer days are kept; an object that nothing can be compared with must keep some."""
    days, before = (float(value) if _is_number(value) else 0.0 for value in (now, was))
    if key == _FOREVER_AT_ZERO:
        days, before = (value or float("inf") for value in (days, before))
    return days < before or (was is None and days == 0)


def _protects(value: Any) -> bool:
    if isinstance(value, str):
        return value.lower() not in _SWITCHED_OFF
    return bool(value)


def _is_on(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

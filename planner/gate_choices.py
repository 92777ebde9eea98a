"""Rule G11, of a fix alone: what it decides anew that is nobody's but a person's.

Compares an object with what the unedited module would have made of it, so that
what a person changed in the module before counts for nothing. What attributes
are there for is told by `edit_meanings`; a value that was not there is no
choice. Leaves openings and what is known to protect to `gate_weakening`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from planner.gate_values import part
from subagents.remediator.edit_meanings import meaning_of, snake
from subagents.remediator.edit_weakening import decides

_MOST = 40
"""So many differences tell that another object is meant; each one is asked about up to here."""


def decided_anew(kind: str, after: Any, unknown: Any, reference: Any) -> Iterator[tuple[str, str]]:
    """The attributes of which another value is said than in `reference`, each with what it decides.

    `kind` is the resource's type. `unknown` is of the shape of `after`: what is true there is not known.
    """
    waiting: list[tuple[tuple[str, ...], Any, Any, Any]] = [((), after, unknown, reference)]
    found = 0
    while waiting and found < _MOST:
        path, now, later, was = waiting.pop()
        if later is True or now == was or was is None or was in ("", [], {}):
            continue
        if isinstance(now, dict) and isinstance(was, dict):
            waiting += [((*path, key), now.get(key), part(later, key), was[key]) for key in sorted(was)]
        elif isinstance(now, list) and isinstance(was, list) and isinstance(was[0], dict):
            waiting += [(path, *_nearest(one, now, later, was), one) for one in was if one not in now]
        elif isinstance(now, list) and isinstance(was, list) and len(now) == len(was):
            waiting += [(path, now[at], part(later, at), was[at]) for at in range(len(was))]
        elif path and (what := _decides(kind, path, now, was)):
            found += 1
            yield ".".join(path), what


def _nearest(one: dict[str, Any], now: list[Any], later: Any, was: list[Any]) -> tuple[Any, Any]:
    """Which new block says most of what this one said, with what is not known of it; else an empty one."""
    new = [(at, block) for at, block in enumerate(now) if isinstance(block, dict) and block not in was]
    if not new:
        return {}, {}

    def alike(candidate: tuple[int, dict[str, Any]]) -> tuple[int, int]:
        same = [said for key, said in one.items() if candidate[1].get(key) == said]
        return sum(isinstance(said, str) for said in same), len(same)  # by its name, before what is on or off

    at, block = max(new, key=alike)
    return block, part(later, at)


def _decides(kind: str, path: tuple[str, ...], now: Any, was: Any) -> str:
    if isinstance(was, bool):
        return "a switch is turned"
    if isinstance(now, str) and isinstance(was, str) and now.lower() == was.lower():
        return ""  # no other slip is mended here: Terraform had planned it
    names = tuple(map(snake, path))
    what = meaning_of(names, kind)
    if not what and not isinstance(was, int | float) and any(map(decides, names)):
        what = "what protects it"
    return f"another value is said of {what}" if what else ""

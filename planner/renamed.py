"""What of a plan looks like another name for an object that is there: a `moved` block would keep it.

A guess for people, from addresses and actions alone; nothing is decided by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from contracts.terraform import ChangeAction

_TYPE = re.compile(r'([A-Za-z][\w-]{0,200})\.[\w-]{1,200}(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?\Z')


class _Changed(Protocol):
    @property
    def address(self) -> str: ...
    @property
    def action(self) -> ChangeAction: ...


def renamed(changes: Iterable[_Changed]) -> dict[str, str]:
    """The new address by the old one, where of a type exactly one object goes and exactly one comes."""
    goes: dict[str, list[str]] = {}
    comes: dict[str, list[str]] = {}
    for change in changes:
        kind = _TYPE.search(change.address)
        if kind and change.action in {ChangeAction.DELETE, ChangeAction.CREATE}:
            side = goes if change.action is ChangeAction.DELETE else comes
            side.setdefault(kind[1], []).append(change.address)
    pairs = ((old, comes.get(kind, [])) for kind, old in goes.items())
    return {old[0]: new[0] for old, new in pairs if len(old) == len(new) == 1}

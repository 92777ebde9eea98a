"""`import`, `state_rm_or_mv`, `replace`: the addresses and ids they may name, the blocks that prove them.

A block says in the copy's configuration what a command will do to the state,
so that the plan shows it and no state is touched before somebody said yes.
Undone: an import by forgetting the address, a move by moving it back; what was
forgotten can be imported again, and a replacement cannot be undone.
"""

from __future__ import annotations

import json
import re

from subagents.workspace import RefusedError

_NAME = r"[A-Za-z_][\w-]*"
_KEY = r"(?:\[(?:\d{1,9}|\"(?:[^\"\\\n$%{}]){1,200}\")\])?"
_ADDRESS = re.compile(rf"(?:module\.{_NAME}{_KEY}\.)*(?!module\.|data\.){_NAME}\.{_NAME}{_KEY}")
_MOST_ID_CHARS = 1024


def address(said: str | None) -> str:
    """The address of a managed resource. Raises `RefusedError` for anything else."""
    if not said or len(said) > _MOST_ID_CHARS or not said.isprintable() or not _ADDRESS.fullmatch(said):
        raise RefusedError(f"{said!r} is no address of a resource")
    return said


def object_id(said: str | None) -> str:
    """The id of an object, as its provider takes it. Raises `RefusedError`."""
    if not said or len(said) > _MOST_ID_CHARS or not said.isprintable() or said != said.strip():
        raise RefusedError("the id of the object is none that could be shown to a person")
    if "${" in said or "%{" in said or said.startswith("-") or set(said) & set("*?"):
        raise RefusedError("the id of the object is a template, an option or a pattern")
    return said


def import_block(to: str, id_: str) -> str:
    """The block that imports an object when the plan is applied."""
    return f"import {{\n  to = {to}\n  id = {json.dumps(id_, ensure_ascii=False)}\n}}\n"


def moved_block(source: str, destination: str) -> str:
    """The block that moves an address."""
    return f"moved {{\n  from = {source}\n  to   = {destination}\n}}\n"


def removed_block(source: str) -> str:
    """The block that forgets a resource, not its object. Raises `RefusedError` for one instance of many."""
    if source.endswith("]"):
        raise RefusedError("one instance of several cannot be forgotten in a plan: a person has to do it")
    return f"removed {{\n  from = {source}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"

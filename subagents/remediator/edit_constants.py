"""A reference → what it comes to, where the module's own files say so: locals, defaults, values, arguments.

An edit that names another local says just what that local says, and an edit of a
local is one of all that read it. Follows plain references; of what is made of
several values it tells the literals that go in. Judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from subagents.remediator.edit_reach import Reach, folder_of
from subagents.remediator.hcl import Block
from subagents.remediator.hcl_expression import Expression, Leaf

_PLAIN = re.compile(r"(?:\( )*((?:var|local)(?: \. [\w-]+)+)(?: \))*")
_MOST_STEPS = 20


class Constants:
    """What the locals and variables of a module and of those it calls are set to."""

    def __init__(self, files: Mapping[str, Block], reach: Reach) -> None:
        """`files` are trees by path; `reach` is of the same files."""
        self._values: dict[tuple[str, str], Expression] = {}
        self._homes: dict[tuple[str, str], str] = {}
        """The folder in which an argument of a module stands, so that what it names is looked for there."""
        for folder, name, value in (*_defaults(reach), *_locals(reach), *_given(files)):
            self._values[folder, name] = value
        for placed in reach.blocks:
            child = reach.child(placed) if placed.block.kind == "module" else None
            for argument, value in placed.block.arguments if child is not None else ():
                key = child or "", f"var.{argument}"
                self._values[key], self._homes[key] = value, placed.folder

    def of(self, value: Expression, folder: str, key: str, depth: int = 0) -> Expression:
        """The value with what it names in place of the names, as far as that is known; under this key."""
        plain = _PLAIN.fullmatch(value.text)
        if plain is not None:
            root, name, *path = plain[1].split(" . ")
            found = self.named(folder, f"{root}.{name}", depth)
            return value if found is None else _part(found, tuple(path), key)
        leaves = list(value.leaves)
        for name in sorted(value.names):
            root, *path = name.split(".")
            found = (
                self.named(folder, ".".join([root, *path[:1]]), depth) if root in {"var", "local"} else None
            )
            if found is not None:
                leaves += _part(found, tuple(path[1:]), key).leaves
        return Expression(value.text, tuple(leaves), value.calls, value.names, value.keys)

    def named(self, folder: str, name: str, depth: int = 0) -> Expression | None:
        """What `local.x` or `var.x` of a folder is set to; None: the files do not say."""
        found = self._values.get((folder, name))
        if found is None or depth > _MOST_STEPS:
            return None
        home = self._homes.get((folder, name), folder)
        return self.of(found, home, name.partition(".")[2], depth + 1)

    def is_told(self, value: Expression, folder: str) -> bool:
        """Whether all the locals and variables that it names are known."""
        names = [".".join(name.split(".")[:2]) for name in value.names if name.startswith(("var.", "local."))]
        return all(self.named(folder, name) is not None for name in names)


def _defaults(reach: Reach) -> Iterator[tuple[str, str, Expression]]:
    for placed in reach.blocks:
        if placed.block.kind == "variable" and placed.block.labels:
            for value in placed.block.values("default"):
                yield placed.folder, f"var.{placed.block.labels[0]}", value


def _locals(reach: Reach) -> Iterator[tuple[str, str, Expression]]:
    for folder, block in reach.blocks:
        if block.kind == "locals":
            yield from ((folder, f"local.{name}", value) for name, value in block.arguments)


def _given(files: Mapping[str, Block]) -> Iterator[tuple[str, str, Expression]]:
    """What files of values say, those that Terraform reads by itself last."""
    named = sorted(files, key=lambda file: (_is_read_by_itself(file), file.endswith(".auto.tfvars"), file))
    for file in named:
        if file.endswith(".tfvars"):
            yield from ((folder_of(file), f"var.{name}", value) for name, value in files[file].arguments)


def _is_read_by_itself(file: str) -> bool:
    return PurePosixPath(file).name == "terraform.tfvars" or file.endswith(".auto.tfvars")


def _part(value: Expression, path: tuple[str, ...], key: str) -> Expression:
    """What an object holds under a path of names."""
    if not path:
        leaves = tuple(leaf._replace(keys=(key, *leaf.keys[1:])) for leaf in value.leaves)
        return Expression(value.text, leaves, value.calls, value.names, value.keys)
    deep = len(path) + 1
    found = [leaf for leaf in value.leaves if leaf.keys[1:deep] == path]
    leaves = tuple(leaf._replace(keys=(key, *leaf.keys[deep:])) for leaf in found)
    return Expression(" ".join(map(_said, leaves)), leaves, value.calls, value.names, value.keys)


def _said(leaf: Leaf) -> str:
    return f'"{leaf.text}"' if leaf.quoted else leaf.text

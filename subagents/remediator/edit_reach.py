"""What an edit changes → what reads it, however many locals, variables, modules and objects lie between.

Follows references by name alone: what is made of a value is not worked out, and
an object of which anything is reached counts as a whole. Knows of the modules
whose files it is given, those that lie elsewhere too; judges nothing.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from subagents.remediator.hcl import Block
from subagents.remediator.hcl_broken import read_or_recovered
from subagents.remediator.hcl_expression import REFERENCE

_ABOUT_A_CALL = frozenset({"source", "version", "providers", "count", "for_each", "depends_on"})

_HANDS_ON = (("terraform_data",), ("null_resource",))
"""Types of resources that tell just what they were told."""


class Node(NamedTuple):
    """What can be referred to: `var.x`, `local.x`, `data.a.b`, `module.m` or `type.name` of one folder."""

    folder: str
    name: str


class Placed(NamedTuple):
    """A block of a file, by the folder in which it stands."""

    folder: str
    block: Block

    @property
    def name(self) -> tuple[str, ...]:
        """What tells it from every other block of a module and of those it calls."""
        return (self.folder, self.block.kind, *self.block.labels)


class Around(NamedTuple):
    """What belongs to a module's configuration beside the files that an edit may touch."""

    files: Mapping[str, Block] = {}
    """Trees by path from the module: files of another form, linked ones, those of modules it calls."""
    called: Mapping[str, str] = {}
    """The folder, from the module, of each module that init has installed, by its key (`a.b`)."""


class Reach:
    """Who reads what in the files of a module, and of those that it calls."""

    def __init__(self, files: Mapping[str, Block], around: Around = Around()) -> None:  # noqa: B008 - it is frozen
        """`files` are trees by path; of one that is broken, what its text seems to name counts."""
        self._called = around.called
        self.blocks = tuple(_placed({**around.files, **files}))
        self._folders = frozenset(placed.folder for placed in self.blocks)
        self._readers: dict[Node, set[Node]] = {}
        for placed in self.blocks:
            for reader, names in self._reads(placed):
                for name in names:
                    self._readers.setdefault(node(placed.folder, name), set()).add(reader)

    def of(self, starts: Iterable[Node]) -> frozenset[Node]:
        """The starts, and all that reads them."""
        found: set[Node] = set()
        waiting = list(starts)
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self._readers.get(one, ())
        return frozenset(found)

    def start(self, file: str, top: Block, argument: str) -> Node | None:  # noqa: PLR0911 - a row a kind
        """What is changed with an argument of a block of the file; None: nothing that can be referred to."""
        folder, name = folder_of(file), ".".join(top.labels)
        match top.kind:
            case "local":
                return Node(folder, f"local.{name}")
            case "variable" if argument == "default":
                return Node(folder, f"var.{name}")
            case "setting":
                return Node("", f"var.{top.labels[-1]}")
            case "resource":
                return Node(folder, name)
            case "data":
                return Node(folder, f"data.{name}")
            case "output" if folder:
                return Node(folder, f"output.{name}")
            case "module":
                child = self.child(Placed(folder, top))
                inside = child is not None and argument not in _ABOUT_A_CALL
                return Node(child or "", f"var.{argument}") if inside else Node(folder, f"module.{name}")
        return None

    def _reads(self, placed: Placed) -> Iterator[tuple[Node, Iterable[str]]]:
        folder, block = placed
        name = ".".join(block.labels)
        match block.kind:
            case "locals":
                for local, value in block.arguments:
                    yield Node(folder, f"local.{local}"), value.names
            case "resource" if _is_elsewhere(folder) and block.labels[:1] not in _HANDS_ON:
                return  # what its cloud makes of it is no longer what an edit said
            case "resource" | "data" | "ephemeral":
                kind = "" if block.kind == "resource" else f"{block.kind}."
                yield Node(folder, kind + name), names_in(block)
            case "output":
                yield Node(folder, f"output.{name}"), names_in(block)
            case "module":
                yield from self._call(placed, name)

    def _call(self, placed: Placed, name: str) -> Iterator[tuple[Node, Iterable[str]]]:
        """Arguments go to variables, and outputs come back; of a module not seen all comes back."""
        folder, block = placed
        child = self.child(placed)
        if child is None:
            yield Node(folder, f"module.{name}"), names_in(block)
            return
        for argument, value in block.arguments:
            if argument not in _ABOUT_A_CALL:
                yield Node(child, f"var.{argument}"), value.names
        outputs = [
            inner.block for inner in self.blocks if inner.folder == child and inner.block.kind == "output"
        ]
        for output in outputs:
            told = Node(child, f"output.{'.'.join(output.labels)}")
            self._readers.setdefault(told, set()).add(Node(folder, f"module.{name}"))

    def child(self, placed: Placed) -> str | None:
        """The folder of the called module, if its files are known."""
        for value in placed.block.values("source"):
            for leaf in value.leaves:
                path = posixpath.normpath(posixpath.join(placed.folder, leaf.text))
                if leaf.text.startswith(("./", "../")) and path in self._folders:
                    return path
        name = ".".join(placed.block.labels)
        callers = [f"{key}." for key, folder in self._called.items() if folder == placed.folder]
        keys = (f"{caller}{name}" for caller in (callers if placed.folder else [""]))
        return next((self._called[key] for key in keys if self._called.get(key) in self._folders), None)


def reach_of(texts: Mapping[str, str], around: Around = Around()) -> Reach:  # noqa: B008 - it is frozen
    """The same of texts, which may be broken."""
    return Reach({file: read_or_recovered(text) for file, text in texts.items()}, around)


def _is_elsewhere(folder: str) -> bool:
    return folder.startswith(".")


def names_in(block: Block) -> frozenset[str]:
    """What a block refers to, at any depth."""
    names = {name for value in block.expressions() for name in value.names}
    raws = [inner.raw for inner in (block, *block.inner()) if inner.raw]
    return frozenset(names.union(*(REFERENCE.findall(raw) for raw in raws)))


def reached(names: Iterable[str], folder: str, found: frozenset[Node]) -> bool:
    """Whether one of the names, said in a folder, is among what was found."""
    return any(node(folder, name) in found for name in names)


def _placed(files: Mapping[str, Block]) -> Iterator[Placed]:
    for file, root in files.items():
        yield from (Placed(folder_of(file), block) for block in root.blocks)


def folder_of(file: str) -> str:
    """The folder in which a file stands; empty: the module's own."""
    folder = PurePosixPath(file).parent.as_posix()
    return "" if folder == "." else folder


def node(folder: str, name: str) -> Node:
    """What a name that is said in a folder refers to."""
    parts = name.split(".")
    return Node(folder, ".".join(parts[: 3 if parts[0] in {"data", "ephemeral"} else 2]))

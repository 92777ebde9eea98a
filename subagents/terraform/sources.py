"""The configuration of a module → the blocks a failure points at, and what they use.

Reads, never writes; and never outside the module's folder, whatever a
diagnostic names. Decides where a block begins and ends (by a parser that
forgives broken files) and that the default of a sensitive variable is not
shown. Leaves to others: what in the rest is secret, and how much of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tree_sitter import Node

from contracts.context import ConfigBlock, ModuleFacts
from contracts.diagnostic import Diagnostic, Severity
from contracts.text import decode
from subagents.hcl_parser import parser
from subagents.terraform.code_files import files, head

_MOST_FILES = 200
_MOST_FAILING = 3
_MOST_USED = 8
_USED = re.compile(r"\b(var|local)\.([A-Za-z_][\w-]*)")
_RESOURCE = re.compile(r"([a-z][a-z0-9_]*_[a-z0-9_]+)\.([A-Za-z_][\w-]*)(?:\[.*\])?", re.DOTALL)
_LOCKED = re.compile(r'^provider "([^"\n]+)" \{\s*\n\s*version\s*=\s*"([^"\n]+)"', re.MULTILINE)
_HIDDEN = b"(sensitive)"


class _Piece(NamedTuple):
    """A block, or one attribute of a `locals` block."""

    file: str
    first: int
    """Zero-based, as `last`, which is inclusive."""
    last: int
    names: tuple[str, ...]
    """`resource`, type and name; `variable` and its name; `local` and its name; and so on."""
    code: bytes


class ModuleSources:
    """Reads one module's folder."""

    def __init__(self, module: Path) -> None:
        self._module = module.resolve()

    def facts(self, diagnostics: Sequence[Diagnostic]) -> ModuleFacts:
        """What the files tell about these diagnostics; what cannot be read is left out."""
        pieces = [piece for path in self._files() for piece in _pieces(path.name, head(path))]
        failing = _failing(pieces, diagnostics)
        wanted = _used_by(_used_by(failing, pieces), pieces)  # what is used, and what that uses
        wanted = [piece for piece in wanted if piece not in failing]
        return ModuleFacts(
            blocks=tuple(_block(piece) for piece in (*failing, *wanted[:_MOST_USED])),
            variables=tuple(sorted({p.names[1] for p in pieces if p.names[0] == "variable" and p.names[1:]})),
            providers=tuple(sorted(self._providers())),
        )

    def _files(self) -> list[Path]:
        return [path for path in files(self._module, (".tf", ".tofu")) if _plain(path)][:_MOST_FILES]

    def _providers(self) -> Iterator[str]:
        path = self._module / ".terraform.lock.hcl"
        for source, version in _LOCKED.findall(decode(head(path))) if _plain(path) else ():
            yield f"{source.split('/', 1)[-1]} {version}"


def _plain(path: Path) -> bool:
    """Whether it is a regular file of its own, and no link that leads somewhere else."""
    return path.is_file() and not path.is_symlink()


def _used_by(users: Sequence[_Piece], pieces: Sequence[_Piece]) -> list[_Piece]:
    """The users, then the variables and locals they name, in the order of the files."""
    code = b"\n".join(user.code for user in users).decode(errors="replace")
    names = {_declared(kind, name) for kind, name in _USED.findall(code)}
    return [*users, *(p for p in pieces if p.names[:2] in names and p not in users)]


def _declared(kind: str, name: str) -> tuple[str, str]:
    return ("variable" if kind == "var" else "local", name)


def _failing(pieces: Sequence[_Piece], diagnostics: Sequence[Diagnostic]) -> list[_Piece]:
    """The pieces that errors point at, by place or else by address; each once, in the errors' order."""
    found: dict[_Piece, None] = {}
    for diagnostic in diagnostics:
        if diagnostic.severity is Severity.ERROR and len(found) < _MOST_FAILING:
            piece = next((p for p in pieces if _is_meant(p, diagnostic)), None)
            if piece is not None:
                found[piece] = None
    return list(found)


def _is_meant(piece: _Piece, diagnostic: Diagnostic) -> bool:
    place = diagnostic.range
    if place is not None:
        return piece.file == place.filename and piece.first <= place.start_line - 1 <= piece.last
    address = _RESOURCE.fullmatch(diagnostic.address or "")
    return address is not None and piece.names == ("resource", address[1], address[2])


def _block(piece: _Piece) -> ConfigBlock:
    return ConfigBlock(file=piece.file, start_line=piece.first + 1, code=decode(piece.code))


def _pieces(file: str, source: bytes) -> Iterator[_Piece]:
    """The top-level blocks of a file in order; of `locals`, each attribute."""
    for body in parser().parse(source).root_node.children:
        for node in body.children if body.type == "body" else [body]:
            if node.type != "block":
                continue
            names = tuple(
                _label(child) for child in node.children if child.type in {"identifier", "string_lit"}
            )
            if names == ("locals",):
                yield from _locals(file, node)
            else:
                yield _Piece(file, *_lines(node), names, _shown(node))


def _locals(file: str, node: Node) -> Iterator[_Piece]:
    for name, attribute in _attributes(node):
        yield _Piece(file, *_lines(attribute), ("local", name), attribute.text or b"")


def _attributes(block: Node) -> Iterator[tuple[str, Node]]:
    for body in block.children:
        for node in body.children if body.type == "body" else ():
            if node.type == "attribute" and node.children:
                yield _label(node.children[0]), node


def _shown(block: Node) -> bytes:
    """The block's text; the default of a variable marked sensitive is hidden."""
    text, attributes = block.text or b"", dict(_attributes(block))
    default, mark = attributes.get("default"), attributes.get("sensitive")
    if default is None or mark is None or (mark.text or b"").endswith(b"false"):
        return text
    value = default.children[-1]
    return text[: value.start_byte - block.start_byte] + _HIDDEN + text[value.end_byte - block.start_byte :]


def _label(node: Node) -> str:
    return decode(node.text or b"").strip('"')


def _lines(node: Node) -> tuple[int, int]:
    return node.start_point[0], node.end_point[0]

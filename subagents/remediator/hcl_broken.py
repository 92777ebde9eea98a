"""A text that has no tree → what can be told of its blocks all the same.

Decides where top-level blocks begin: at a word at the start of a line that is
neither comment nor literal. So an error in one block leaves the others whole.
Inside the block with the error the indentation tells the same; what cannot be
read even so is kept as text, without comments. Only what stood there before an
edit is read like this; what an edit makes must have a tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from subagents.remediator.hcl import Block, read
from subagents.remediator.hcl_expression import Expression, decoded
from subagents.remediator.hcl_scan import Kind, spans

_MOST_DEPTH = 20
_BEGINNING = re.compile(r"^[A-Za-z_][\w-]*", re.MULTILINE)
_WORD = re.compile(r"[\w.-]+")
_LABELS = {
    **dict.fromkeys(("resource", "data", "ephemeral"), 2),
    **dict.fromkeys(
        ("variable", "output", "module", "provider", "provisioner", "backend", "dynamic", "check"), 1
    ),
}
_SETS = re.compile(r"^\s*[\w-]+\s*=[^=>]")


def read_or_recovered(text: str) -> Block:
    """The tree of a file; where it has none, what can be recovered of it."""
    return read(text) or recovered(text)


def recovered(text: str) -> Block:
    """The blocks and arguments of the file, each as far as it can be read."""
    return _recovered(text.replace("\r\n", "\n").removeprefix("\ufeff"), 0)


def _recovered(text: str, depth: int) -> Block:
    blocks: list[Block] = []
    arguments: list[tuple[str, Expression]] = []
    rest: list[str] = []
    for piece in _pieces(text):
        tree = read(piece)
        if tree is not None:
            blocks.extend(tree.blocks)
            arguments.extend(tree.arguments)
        elif _SETS.match(piece) or depth > _MOST_DEPTH or (depth and "\n" not in piece.strip()):
            rest.append(piece)
        else:
            blocks.append(_block(piece, depth))
    return Block("", (), tuple(arguments), tuple(blocks), "\n".join(rest) if rest else None)


def _pieces(text: str) -> Iterator[str]:
    code = _without_comments(text)
    begins = {span.start for span in spans(code) if span.kind is Kind.CODE}
    starts = [found.start() for found in _BEGINNING.finditer(code) if found.start() in begins]
    yield from (code[start:end] for start, end in pairwise([*starts, len(code)]))


def _without_comments(text: str) -> str:
    parts, at = [], 0
    for kind, start, end in spans(text):
        if kind is Kind.COMMENT:
            parts += [text[at:start], re.sub(r"[^\n]", " ", text[start:end])]
            at = end
    return "".join([*parts, text[at:]])


def _block(piece: str, depth: int) -> Block:
    first, _, rest = piece.partition("\n")
    head, _, tail = first.partition("{")
    kind, *labels = _WORD.findall(decoded(head, backslashes=True))
    if kind in {"resource", "data"} and len(labels) == 1:  # `resource aws_vpc.main {`
        labels = labels[0].split(".")
    inside = _recovered(_outdented(rest), depth + 1)
    raw = "\n".join(filter(None, [tail.strip(), inside.raw]))
    return Block(kind, tuple(labels[: _LABELS.get(kind, 0)]), inside.arguments, inside.blocks, raw)


def _outdented(text: str) -> str:
    """What is in a block, its first line at the start of a line, without the brace at the end."""
    lines = [line for line in text.split("\n") if line.strip()]
    depth = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    if not depth:
        return ""
    lines = [line for line in lines if not line.startswith("}")]
    return "\n".join(line[depth:] if line[:depth].isspace() else line for line in lines)

"""What belongs to a module's configuration beside the files that a fix may edit, as trees.

Decides which files those are: JSON, what only OpenTofu reads, links, and all of
the modules that are called, wherever init or a path leads. Reads, never writes;
what hangs on an edit of a value is told by `subagents.remediator.edit_reach`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from contracts.text import decode
from planner.module_files import installed
from subagents.remediator.edit_reach import Around
from subagents.remediator.hcl import Block
from subagents.remediator.hcl_broken import read_or_recovered
from subagents.remediator.hcl_json import read_json
from subagents.terraform.code_files import files, head

_ENDINGS = (".tf", ".tf.json", ".tofu", ".tofu.json")
_MOST_BYTES = 4 << 20
_MOST_FOLDERS = 200


def around_of(module: Path, texts: Collection[str]) -> Around:
    """What there is around the files of these names; what is more than 4 MiB together is left out."""
    called = {key: os.path.relpath(folder, module) for key, folder in installed(module)}
    due = [*dict.fromkeys(str(PurePosixPath(name).parent) for name in (".", *texts)), *called.values()]
    seen: set[str] = set()
    trees: dict[str, Block] = {}
    left = _MOST_BYTES
    while due and left > 0 and len(seen) < _MOST_FOLDERS:
        folder = due.pop(0)
        if folder in seen:
            continue
        seen.add(folder)
        for path in files(module / folder, _ENDINGS):
            raw = head(path)
            left -= len(raw)
            name = os.path.normpath(PurePosixPath(folder, path.name))
            if name in texts and b"./" not in raw:
                continue  # nothing is called by a path
            tree = _tree(path.name, decode(raw))
            due += _called_by_path(folder, tree)
            if name not in texts:
                trees[name] = tree
    return Around(trees, called)


def _tree(name: str, text: str) -> Block:
    return read_json(text) if name.endswith(".json") else read_or_recovered(text)


def _called_by_path(folder: str, tree: Block) -> Iterator[str]:
    """The folders of the modules that are called by a path; init may not have been there."""
    for block in tree.blocks:
        for value in block.values("source") if block.kind == "module" else ():
            for leaf in value.leaves:
                if leaf.text.startswith(("./", "../")):
                    yield os.path.normpath(PurePosixPath(folder, leaf.text))

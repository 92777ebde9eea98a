"""The workspace that a module's `cloud` block names: known before any init, which would select it.

Reads, starts nothing. Leaves to `state_guard` what else may say which workspace counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.text import decode
from subagents.terraform.code_files import files, head

if TYPE_CHECKING:
    from tree_sitter import Node

_CLOUD = re.compile(rb"\bcloud\s*\{")
_PATH = ("terraform", "cloud", "workspaces")


def named_workspace(module: Path) -> str | None:
    """The `name` in `workspaces` of the `cloud` block; None: there is none, or it goes by tags.

    Of `.tf` and `.tofu` files only: of one in JSON, init tells.
    """
    for path in files(module, (".tf", ".tofu")):
        text = head(path)
        if _CLOUD.search(text):
            from subagents.hcl_parser import parser  # noqa: PLC0415 - only such a module needs it

            for name in _names(parser().parse(text).root_node, _PATH):
                return name
    return None


def _names(node: Node, path: tuple[str, ...]) -> Iterator[str]:
    """What `name` is set to in the blocks that the path leads to."""
    for body in (child for child in node.children if child.type == "body"):
        for child in body.children:
            parts = [decode(part.text or b"") for part in child.children]
            if path and child.type == "block" and parts[0] == path[0]:
                yield from _names(child, path[1:])
            elif not path and child.type == "attribute" and parts[0] == "name":
                yield parts[-1].strip('"')

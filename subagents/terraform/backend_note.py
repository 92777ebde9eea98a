"""Terraform's note of the backend that a module was initialised with: what it says, and when it is void.

Reads, and puts the note aside where the configuration names no backend any more: `init -reconfigure`
leaves it there, and every command that follows then asks for an init again. The note holds no state.
Whether a backend may be left at all is `planner.proving`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.text import decode
from subagents.foreign_json import parsed
from subagents.terraform.code_files import files, head
from subagents.terraform.state_guard import backend_of, local_state, name_of, workspace_of

if TYPE_CHECKING:
    from tree_sitter import Node

_NOTE = ".terraform/terraform.tfstate"
_KINDS = frozenset({"backend", "cloud"})
_PLACE = (
    "hostname", "organization", "address", "storage_account_name", "container_name", "bucket", "namespace",
    "schema_name", "prefix", "path", "key",
)  # fmt: skip
"""The settings that say where a state lies. None of them is a credential."""
_WITHIN_URL = re.compile(r"//[^/@\s]*@|[?#].*")


def set_aside(module: Path) -> None:
    """Take the note of a backend away that the configuration has no more, as a migration's end would.

    It stays beside, as `terraform.tfstate.backup`. Where it cannot be moved, the next plan says so.
    """
    if backend_of(module) and not _declared(module):
        note = module / _NOTE
        with suppress(OSError):
            note.replace(note.with_name(f"{note.name}.backup"))


def place_told(module: Path, workspace: str | None) -> str:
    """Where the state lies by the note, for a person: no credentials."""
    path = local_state(module, workspace)
    if path is not None:
        return name_of(path, module)
    backend = backend_of(module)
    config: dict[str, Any] = backend.get("config") or {}
    parts = [
        f"{name} {_WITHIN_URL.sub(_shortened, str(config[name]))}" for name in _PLACE if config.get(name)
    ]
    selected = workspace_of(module, workspace)
    if selected != "default":
        parts.append(f"workspace {selected}")
    return f"the {backend.get('type')} backend" + (f" ({', '.join(parts)})" if parts else "")


def _shortened(found: re.Match[str]) -> str:
    return "//" if found[0].startswith("//") else ""


def _declared(module: Path) -> bool:
    """Whether the module's own files name a backend; so they do where one of them cannot be read."""
    return any(
        _in_json(path) if path.suffix == ".json" else _in_blocks(path)
        for path in files(module, (".tf", ".tofu", ".tf.json", ".tofu.json"))
    )


def _in_json(path: Path) -> bool:
    try:
        told: Any = parsed(path.read_bytes()).get("terraform") or []
        settings = told if isinstance(told, list) else [told]
        return any(not _KINDS.isdisjoint(one) for one in settings)
    except (OSError, ValueError, RecursionError, AttributeError, TypeError):
        return True


def _in_blocks(path: Path) -> bool:
    from subagents.hcl_parser import parser  # noqa: PLC0415 - only where a backend's settings changed

    root = parser().parse(head(path)).root_node
    return root.has_error or any(
        kind in _KINDS
        for block in _inside(root)
        if _kind(block) == "terraform"
        for kind in map(_kind, _inside(block))
    )


def _inside(node: Node) -> Iterator[Node]:
    """The blocks in a file, or in a block."""
    for body in (child for child in node.children if child.type == "body"):
        yield from (child for child in body.children if child.type == "block")


def _kind(block: Node) -> str:
    return decode(block.children[0].text or b"")

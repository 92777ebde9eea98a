"""`planner.yaml` → `ModuleSettings`, with the key and the line of every mistake.

Parse, don't validate: what this returns may be used without another look.
Which file is read, and what flags override, is decided in `planner.request`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from contracts.errors import SettingsError
from contracts.settings import ModuleSettings

_CAP_BYTES = 1 << 20


class _Loader(yaml.SafeLoader):
    """Refuses aliases: settings need none, and a few lines of them stand for more than anybody can read."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            alias = self.peek_event()  # type: ignore[no-untyped-call]
            problem = f"*{alias.anchor} is an alias: write out what it stands for"
            raise yaml.composer.ComposerError(None, None, problem, alias.start_mark)
        return super().compose_node(parent, index)


def settings_of(path: Path) -> ModuleSettings:
    """The settings a file holds. Raises `SettingsError`."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}", remedy="name another --config"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text", remedy="save it as UTF-8") from error
    if len(raw) > _CAP_BYTES:
        raise SettingsError(f"{path} is larger than 1 MiB", remedy="name another --config")
    try:
        root = yaml.compose(text, Loader=_Loader)
        _refuse_duplicates(path, root)
        value = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SettingsError(f"{path}{_where(error)}", remedy="mend the YAML there") from error
    try:
        return ModuleSettings.model_validate({} if value is None else value)
    except ValidationError as error:
        mistakes = "\n  ".join(_mistake(path, root, detail) for detail in error.errors()[:5])
        raise SettingsError(mistakes, remedy="see the table of keys in the README") from error


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f", line {mark.line + 1}: {problem}" if mark else f": {problem}"


def _refuse_duplicates(path: Path, node: yaml.Node | None) -> None:
    """YAML takes the last of two equal keys in silence; a person meant one of them."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_duplicates(path, item)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise SettingsError(
                    f"{path}, line {key.start_mark.line + 1}: {key.value}: the key stands here twice",
                    remedy="keep one of them",
                )
            seen.add(str(key.value))
            _refuse_duplicates(path, value)


def _mistake(path: Path, root: yaml.Node | None, detail: ErrorDetails) -> str:
    """One mistake as `file, line 3: checks.state: what is wrong`."""
    keys, line = _locate(root, detail["loc"])
    told = (
        "no such key" if detail["type"] == "extra_forbidden" else detail["msg"].removeprefix("Value error, ")
    )
    return f"{path}, line {line}: {keys or 'the file'}: {told}"


def _locate(root: yaml.Node | None, location: Sequence[int | str]) -> tuple[str, int]:
    """The dotted key a location means, and its one-based line; parts that no file has are left out."""
    node, keys, line = root, [], 1 if root is None else root.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if pair is None:
                if part is location[-1]:
                    keys.append(str(part))  # a key that is missing
                continue
            node, line = pair[1], pair[0].start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            continue
        keys.append(str(part))
    return ".".join(keys), line

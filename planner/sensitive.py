"""The secret values of a module's variables: by a variable's name, or because it is marked `sensitive`.

Terraform hides a marked value only until a provider computes something from it:
the `output` of a `terraform_data` is shown in full. Decides which variables are
marked, and where values stand: flags, `TF_VAR_*`, variable files and defaults.
Leaves to others: which names are secret (`planner.wiring`), and values that
providers make up. To mask a value too many is no harm, so this reads HCL by its
shape, and no run waits for a parser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from contracts.run import RunRequest
from contracts.text import decode
from diagnosis.redaction.names import is_secret_name
from planner.wiring import secret_values
from subagents.foreign_json import parsed

_MOST_BYTES = 1 << 20
_PREFIX = "TF_VAR_"
_BLOCK = re.compile(
    r"^[ \t]*(?:variable[ \t]+\"?(?P<name>[\w-]+)\"?"
    r"|(?:check|data|ephemeral|import|locals|module|moved|output|provider|removed|resource|terraform)\b[^=\n{]*)"
    r"[ \t]*\{",
    re.MULTILINE,
)
_MARK = re.compile(r"(?:^|\{)[ \t]*(?:sensitive|ephemeral)[ \t]*=[ \t]*+(?!false\b)", re.MULTILINE)
_DEFAULT = re.compile(r"(?:^|\{)[ \t]*default[ \t]*=", re.MULTILINE)
_NEXT = re.compile(r"^[ \t]*(?:description|ephemeral|nullable|sensitive|type|validation)\b", re.MULTILINE)
_ASSIGNED = re.compile(r"^[ \t]*\"?(?P<name>[\w-]+)\"?[ \t]*=(?!=)", re.MULTILINE)
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\[^\n])*+\"")
_LITERAL = re.compile(
    r"<<-?[ \t]*(?P<end>[A-Za-z_][\w-]{0,40})[ \t]*\n(?P<lines>(?:(?![ \t]*(?P=end)[ \t]*$)[^\n]*\n)*)"
    r"|\"(?P<text>(?:[^\"\\\n]|\\[^\n])*+)\"(?P<key>[ \t]*[=:])?"
    r"|(?<![\w.])(?P<number>\d[\d.]*)(?![\w.])",
    re.MULTILINE,
)


def values_of_module(request: RunRequest, env: Mapping[str, str]) -> set[str]:
    """What the module's secret variables are set to, or are by default."""
    names: set[str] = set()
    found = secret_values({}, request.variables)
    for path in _files(request.module, (".tf", ".tofu", ".tf.json", ".tofu.json")):
        text = _read(path)
        if "variable" in text:
            for name, default in _declared_json(text) if path.suffix == ".json" else _declared(text):
                names.add(name)
                found.update(default)
    if not names:
        return found
    given = [(variable.name, variable.value) for variable in request.variables]
    given += [(name[len(_PREFIX) :], said) for name, said in env.items() if name.startswith(_PREFIX)]
    for name, said in given:
        if name in names:
            found.update((said, *_literals(said)))
    for path in (*_files(request.module, (".tfvars", ".tfvars.json")), *request.var_files):
        found.update(_assigned(path, names))
    return found


def _files(module: Path, endings: tuple[str, ...]) -> list[Path]:
    try:
        return sorted(path for path in module.iterdir() if path.name.endswith(endings) and path.is_file())
    except OSError:
        return []


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return decode(file.read(_MOST_BYTES)).replace("\r\n", "\n")
    except OSError:
        return ""


def _declared(text: str) -> Iterator[tuple[str, Iterable[str]]]:
    """Secret variables of a file in HCL, each with the literals of its default."""
    blocks = list(_BLOCK.finditer(text))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        body = text[block.end() - 1 : following.start() if following else len(text)]
        if block["name"] and (is_secret_name(block["name"]) or _MARK.search(body)):
            default = _DEFAULT.search(body)
            yield block["name"], _literals(_expression(body, default.end(), _NEXT)) if default else ()


def _declared_json(text: str) -> Iterator[tuple[str, Iterable[str]]]:
    """The same of a file in JSON, where a block may be written as a list of itself."""
    variables = _mapping(text).get("variable")
    for one in variables if isinstance(variables, list) else [variables]:
        for name, body in one.items() if isinstance(one, dict) else ():
            said = body[0] if isinstance(body, list) and body else body
            if isinstance(said, dict) and (
                is_secret_name(name) or said.get("sensitive") or said.get("ephemeral")
            ):
                yield name, _leaves(said.get("default"))


def _assigned(path: Path, names: set[str]) -> Iterator[str]:
    """What a variable file sets these variables to."""
    text = _read(path)
    if path.suffix == ".json":
        for name, value in _mapping(text).items():
            if name in names:
                yield from _leaves(value)
        return
    for found in _ASSIGNED.finditer(text):
        if found["name"] in names:
            yield from _literals(_expression(text, found.end(), _ASSIGNED))


def _expression(text: str, start: int, following: re.Pattern[str]) -> str:
    """What stands from `start` up to what follows it, all brackets closed: a map has names in it too."""
    depth, done = 0, start
    for stop in following.finditer(text, start):
        between = _STRING.sub("", text[done : stop.start()])
        depth += sum(map(between.count, "{[(")) - sum(map(between.count, "}])"))
        done = stop.start()
        if depth <= 0:
            return text[start:done]
    return text[start:]


def _literals(said: str) -> Iterator[str]:
    """The strings, heredocs and numbers of an expression; keys of its maps are none of them."""
    for found in _LITERAL.finditer(said):
        if found["lines"]:
            yield found["lines"]
            yield "\n".join(line.strip() for line in found["lines"].splitlines())
        elif found["text"] and not found["key"]:
            yield found["text"]
            try:
                yield str(json.loads(f'"{found["text"]}"')).replace("$${", "${").replace("%%{", "%{")
            except ValueError:
                continue
        elif found["number"]:
            yield found["number"]


def _leaves(value: JsonValue) -> Iterator[str]:
    match value:
        case bool() | None:
            return
        case dict():
            for item in value.values():
                yield from _leaves(item)
        case list():
            for item in value:
                yield from _leaves(item)
        case _:
            yield str(value)


def _mapping(text: str) -> dict[str, JsonValue]:
    try:
        value = parsed(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}

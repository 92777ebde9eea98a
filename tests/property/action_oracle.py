"""What may become of a remediation, by rules so plain that they can be read off the guide: for tests alone.

Shares no code with planner: regular expressions over the texts before and after.
Where it does not know, it lets pass: planner may be stricter, never less strict.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from contracts.remediation import (
    EditConfig,
    ForceUnlock,
    Import,
    InitReconfigure,
    InitUpgrade,
    Remediation,
    Replace,
    SetVariable,
    StateRmOrMv,
)


class May(IntEnum):
    """How far it may come; each includes the ones before it."""

    NOTHING = 0
    """No process starts."""
    PROVE = 1
    """Processes on a copy of the module; on the module itself after a person's yes."""
    CHANGE = 2
    """The module is changed without a person."""


class Holder(NamedTuple):
    """The lock that stands in the way, as far as planner may believe it."""

    id: str | None
    here: bool
    ours: str
    """`alive`, `dead`, or something else: nobody can tell."""


_WAITS = {"retry", "wait_and_retry", "refresh", "credentials", "permissions", "quota_request", "escalate"}
_ADDRESS = re.compile(r"(?:module\.\w+(?:\[[^\]\n]*\])?\.)*[a-z]\w*\.\w+(?:\[[^\]\n]*\])?")


def may(
    remedy: Remediation, texts: Mapping[str, str], autonomy: str, answer: str | None, holder: Holder
) -> May:
    """The most that may come of it; `answer` is what the settings say of its kind, None: nothing."""
    if remedy.kind in _WAITS or autonomy == "observe" or answer == "never":
        return May.NOTHING
    alone = {"auto": True, "notify": True, "ask": False}.get(
        answer or "", autonomy == "fix" and remedy.kind in {"edit_config", "set_variable"}
    )
    return min(_of_kind(remedy, texts, holder), May.CHANGE if alone else May.PROVE)


def _of_kind(remedy: Remediation, texts: Mapping[str, str], holder: Holder) -> May:
    fits = True
    match remedy:
        case EditConfig():
            return _edits(remedy, texts)
        case SetVariable():
            return _value(remedy.name, remedy.value, texts)
        case ForceUnlock():
            return _lock(remedy.lock_id, holder)
        case Import():
            fits = _is_address(remedy.address) and _is_id(remedy.id)
        case StateRmOrMv():
            fits = _is_address(remedy.source) and (
                remedy.destination is None or _is_address(remedy.destination)
            )
        case Replace():
            fits = _is_address(remedy.address)
        case InitUpgrade() | InitReconfigure():
            pass
        case _:
            raise AssertionError(remedy.kind)
    return May.CHANGE if fits else May.NOTHING


def _is_address(said: str | None) -> bool:
    return (
        said is not None
        and bool(_ADDRESS.fullmatch(said))
        and not said.startswith("data.")
        and "${" not in said
    )


def _is_id(said: str | None) -> bool:
    return (
        bool(said)
        and not any(bad in f"{said}" for bad in ("\n", "*", "?", "${", "%{"))
        and f"{said}"[0] not in "- "
    )


def _lock(said: str | None, holder: Holder) -> May:
    if said is None or holder.id != said or said.startswith("-"):
        return May.NOTHING
    if holder.here and holder.ours == "alive":
        return May.NOTHING
    return May.CHANGE if holder.here and holder.ours == "dead" else May.PROVE


def _value(name: str, value: str | None, texts: Mapping[str, str]) -> May:
    root = "\n".join(text for file, text in texts.items() if file.endswith(".tf") and "/" not in file)
    found = re.search(rf'(?ms)^variable "{re.escape(name)}" \{{(.*?)^\}}', root)
    if found is None or value is None or "${" in value or "%{" in value or len(value) > 4096:
        return May.NOTHING
    kind = (re.search(r"\btype\s*=\s*(\w+)", found[1]) or [None, ""])[1]
    if kind == "number" and not re.fullmatch(r"[-+.\deE]+", value):
        return May.NOTHING
    if kind == "bool" and value not in {"true", "false"}:
        return May.NOTHING
    if kind in {"list", "map"} and not _is_json(value, list if kind == "list" else dict):
        return May.NOTHING
    return May.PROVE if re.search(r"sensitive\s*=\s*true", found[1]) else May.CHANGE


def _is_json(value: str, kind: type) -> bool:
    try:
        return isinstance(json.loads(value), kind)
    except ValueError:
        return False


# --- edits ------------------------------------------------------------------------------------------

_NEVER_MORE = (
    *(r'\bprovisioner\s+"', r"\bconnection\s*\{", r'^\s*data\s+"', r'^\s*provider\s+"', r'^\s*module\s+"'),
    *(r"\b(?:file\w*|template\w+|pathexpand|nonsensitive)\(", r"provider::", r"https?://", r"git::"),
    *(r'"/(?:etc|root|home)/', r"\bAKIA[A-Z2-7]{16}", r'^\s*(?:action|ephemeral)\s+"', r'^\s*backend\s+"'),
    r'\bpassword\s*=\s*"',
)
_NEVER_FEWER = (
    *(r'^\s*data\s+"http"', r'^\s*backend\s+"', r'^\s*provider\s+"'),
    r'^module\s+"',
)
_ASKED_MORE = (
    *(r"\bforce_destroy\s*=\s*true", r'"0\.0\.0\.0/0"', r'"::/0"', r'"\*"', r"iam:PassRole"),
    *(r'"public-read"', r"\bskip_final_snapshot\s*=\s*true", r"\bpublicly_accessible\s*=\s*true"),
    *(r"\bdeletion_protection\s*=\s*false", r"^\s*(?:removed|moved|import)\s*\{", r"^\s*lifecycle\s*\{"),
    r"^(?:resource|data) [^\n]*\{\n  provider\s*=",
)
_ASKED_FEWER = (
    *(r"prevent_destroy\s*=\s*true", r"deletion_protection\s*=\s*true", r"storage_encrypted\s*=\s*true"),
    *(r"block_public_\w+\s*=\s*true", r"^\s*lifecycle\s*\{", r"^\s*validation\s*\{"),
    *(r"^\s*precondition\s*\{", r"^check\s", r"^\s*depends_on\s*=", r"backup_retention_period\s*=\s*7"),
    *(r"condition\s*=\s*var\.size", r'required_version\s*=\s*"', r'version\s*=\s*"', r"^\s*moved\s*\{"),
)


def _edits(remedy: EditConfig, texts: Mapping[str, str]) -> May:
    now = dict(texts)
    for edit in remedy.edits:
        name = "/".join(part for part in edit.file.split("/") if part not in {"", "."})
        if edit.file.startswith("/") or name not in now or not edit.search:
            return May.NOTHING
        if sum(now[name].startswith(edit.search, at) for at in range(len(now[name]))) != 1:
            return May.NOTHING
        now[name] = now[name].replace(edit.search, edit.replace)
    if not remedy.edits:
        return May.NOTHING
    old, new = _code(texts), _code(now)
    return min(_refused(old, new), _asked(old, new))


def _refused(old: str, new: str) -> May:
    """What no edit may do in any profile."""
    was, has = Counter(_headers(old)), Counter(_headers(new))
    resources = sum((has - was).values()) > sum((was - has).values()) or sum((was - has).values()) > sum(
        (has - was).values()
    )
    kept = all(
        sorted(re.findall(part, old)) == sorted(re.findall(part, new))
        for part in (
            r'(?ms)^provider "[^\n]*\{.*?^\}',
            r'(?ms)^  backend "[^\n]*\{.*?^  \}',
            r'(?m)^[ \t]*source\s*=\s*"[^"\n]*"',
            r"(?m)^[ \t]*command\s*=.*$",
        )
    )
    more = any(_count(part, new) > _count(part, old) for part in _NEVER_MORE)
    fewer = any(_count(part, new) < _count(part, old) for part in _NEVER_FEWER)
    marks, left = _marked(old), _marked(new)
    unmarked = any(marks[block] and not left.get(block, True) for block in marks)
    return May.NOTHING if resources or not kept or more or fewer or unmarked else May.CHANGE


def _asked(old: str, new: str) -> May:
    """What a person has to see first."""
    more = any(_count(part, new) > _count(part, old) for part in _ASKED_MORE)
    fewer = any(_count(part, new) < _count(part, old) for part in _ASKED_FEWER)
    versions = r'(?m)^[ \t]*(?:required_)?version\s*=\s*"[^"\n]*"'
    renamed = sorted(_headers(old)) != sorted(_headers(new))
    other = sorted(re.findall(versions, old)) != sorted(re.findall(versions, new))
    gone = {block for block, mark in _marked(old).items() if mark or block[0] == "output"} - _marked(
        new
    ).keys()
    return May.PROVE if more or fewer or renamed or other or gone else May.CHANGE


def _marked(code: str) -> dict[tuple[str, str], bool]:
    """Outputs and variables by kind and name: whether they are marked as secret."""
    blocks = re.findall(r'(?ms)^(variable|output)\s*"(\w+)"\s*\{(.*?)^\}', code)
    return {(kind, name): bool(re.search(r"\bsensitive\s*=\s*true", body)) for kind, name, body in blocks}


def _headers(code: str) -> list[tuple[str, str]]:
    return re.findall(r'(?m)^\s*resource\s*"([^"\n]*)"\s*"([^"\n]*)"', code)


def _count(part: str, code: str) -> int:
    return len(re.findall(part, code, re.MULTILINE))


def _code(texts: Mapping[str, str]) -> str:
    """All files without the lines that are comments."""
    return re.sub(r"(?m)^[ \t]*(?:#|//).*$", "", "\n".join(texts[file] for file in sorted(texts)))

"""Correct repairs of broken modules, as a person or a model would make them (AS-05).

Each is one text in which `⟦wrong→right⟧` marks what the repair replaces. `edits`
gives the module before and after. They cover the errors of init, validate, plan
and apply that an edit can mend, over the providers that people use most; some
are such that a person is right to be asked.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from tests.security import benign_blocks, benign_lines

_NAME = re.compile(r"^\s*(?:variable |output )?\"?([A-Za-z_][\w-]*)\"?\s*[={]", re.MULTILINE)
_MARK = re.compile(r"⟦([^⟦⟧→]*)→([^⟦⟧→]*)⟧")


class BenignEdit(NamedTuple):
    """One repair: the files of the module, and the one that changes."""

    name: str
    before: dict[str, str]
    after: dict[str, str]


def edits() -> Iterator[BenignEdit]:
    """All of them, each under a name of its own."""
    for name, text in (*_lines(), *benign_blocks.EDITS.items(), *_modules()):
        yield _edit(name, text)


def failure(edit: BenignEdit) -> tuple[Diagnostic, ...]:
    """What Terraform says of the broken module: it points at the lines that are wrong.

    It names what is missing, and what there is no such argument of.
    """
    found = []
    for file, right in edit.after.items():
        old, new = edit.before[file].splitlines(), right.splitlines()
        for tag, start, end, first, last in difflib.SequenceMatcher(None, old, new).get_opcodes():
            if tag != "equal":
                gone = _NAME.findall("\n".join(old[start:end]))
                come = _NAME.findall("\n".join(new[first:last]))
                place = SourceRange(filename=file, start_line=start + (end > start), end_line=max(end, start))
                said = [
                    ("Unsupported argument", f'An argument named "{name}" is not expected here.')
                    for name in gone
                    if name not in come
                ]
                said += [
                    ("Missing required argument", f'The argument "{name}" is required.')
                    for name in come
                    if name not in gone
                ]
                found += [
                    Diagnostic(severity=Severity.ERROR, summary=summary, detail=detail, range=place)
                    for summary, detail in said or [("Wrong", "")]
                ]
    return tuple(found)


def _modules() -> Iterator[tuple[str, str]]:
    """Repairs of what blocks say of each other; in the file each begins with `=== name`."""
    text = Path(__file__).with_name("benign_modules.txt").read_text(encoding="utf-8")
    for part in text.removeprefix("=== ").split("\n=== "):
        name, _, module = part.partition("\n")
        yield name, module.rstrip("\n") + "\n"


def _lines() -> Iterator[tuple[str, str]]:
    """Repairs of one argument, each in its resource with the rest that such a resource has."""
    for kind, lines in benign_lines.EDITS.items():
        rest = benign_lines.RESOURCES[kind]
        for line in lines:
            mark = _MARK.search(line)
            assert mark, line
            name = f"{kind}: {line.strip()}"
            yield name, f'resource "{kind}" "main" {{\n{_indented(rest)}{_indented(line)}}}\n'


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.strip("\n").split("\n") if line)


def _edit(name: str, text: str) -> BenignEdit:
    before, after = (
        {file: _MARK.sub(rf"\{side}", part) for file, part in _files(text).items()} for side in (1, 2)
    )
    assert before != after, name
    return BenignEdit(name, before, {file: part for file, part in after.items() if before[file] != part})


def _files(text: str) -> dict[str, str]:
    """The parts of a text, each of which begins with `--- name`; without, it is `main.tf`."""
    if not text.startswith("--- "):
        return {"main.tf": text}
    parts = [part.split("\n", 1) for part in text.removeprefix("--- ").split("\n--- ")]
    return {name: f"{part}\n" for name, part in parts}

"""How many mutants of each file the tests kill: `make mutation`, in a copy of the checkout.

mutmut makes the mutants and the switch between them (one mutated file holds them all);
`rounds` says which tests a mutant meets and whether it died. Whatever is left survived,
whether it matters or not, and is shown with the line it changed; only where nothing but
the case of SQL differs, which SQLite does not see, it is counted apart. A file below
`_REQUIRED` per cent fails the run.
"""

from __future__ import annotations

import ast
import difflib
import re
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from mutmut.mutation.file_mutation import MutatedFile, mutate_file_contents

from tests.mutation.rounds import Mutant, Rounds

_TESTS = (
    "tests/unit/planner",
    "tests/unit/subagents",
    "tests/property",
    "tests/assurance/test_record_entry_by_entry.py",
    "tests/crash/test_every_entry.py",
    "tests/crash/test_every_entry_of_a_fix.py",
)
_KINDS = "not slow and not terraform and not aws and not browser"
_OPTIONS = ["-qqq", "--capture=no", "--tb=no", "-p", "no:randomly", "-p", "no:xdist"]
_EARLY = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # Hypothesis is imported for its settings
_REQUIRED = 90.0
_SQL = re.compile(r"\b(?:select|insert|update|delete|from|where|order by|pragma|begin|commit|rollback)\b")
_LITERAL = re.compile(r"'[^']*'")


@dataclass(frozen=True)
class Source:
    """One file, its module's name and its mutants."""

    path: str
    mutated: MutatedFile

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").replace("/", ".")

    def mutants(self) -> list[Mutant]:
        """All of them, each with the statement of the original that it changes."""
        return [
            Mutant(f"{self.module}.{name}", self.path, self._statement(name))
            for name in self.mutated.mutant_names
        ]

    def change(self, mutant: str) -> list[str]:
        """The lines that differ from the original."""
        before, after = self._text(_original(mutant)), self._text(mutant)
        told = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
        return [line for line in told if not line.startswith("@@") and "__mutmut" not in line]

    def _text(self, name: str) -> list[str]:
        span = self.mutated.line_span_by_function_name[name]
        found = self.mutated.code.splitlines()[span.start - 1 : span.end]
        return [line.removesuffix(" # type: ignore # mutmut generated") for line in found]

    def _statement(self, mutant: str) -> range:
        """The lines of the innermost statement that holds what changed; of one with a body, its head."""
        before = self._text(_original(mutant))
        after = [line.replace(mutant, _original(mutant)) for line in self._text(mutant)]
        blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        changed = next(start + 1 for tag, start, *_ in blocks if tag != "equal")
        found = range(1, len(before) + 1)
        for node in ast.walk(ast.parse(textwrap.dedent("\n".join(before)))):
            if isinstance(node, ast.stmt):
                body = getattr(node, "body", None)
                end = body[0].lineno if body else (node.end_lineno or node.lineno) + 1
                lines = range(node.lineno, max(end, node.lineno + 1))
                if changed in lines and len(lines) <= len(found):
                    found = lines
        first = self.mutated.line_span_by_function_name[_original(mutant)].start - 1
        return range(found.start + first, found.stop + first)


def _original(mutant: str) -> str:
    return f"{mutant.partition('__mutmut_')[0]}__mutmut_orig"


class Scores:
    """What is told of each mutant as it ends, and of each file when all of its mutants have."""

    def __init__(self, sources: list[Source]) -> None:
        self.sources = {source.module: source for source in sources}
        self.ends: dict[str, Counter[str]] = {source.module: Counter() for source in sources}

    def take(self, mutant: Mutant, end: str) -> None:
        """Note how a mutant ended, and show one that survived."""
        module, _, name = mutant.name.rpartition(".")
        change = self.sources[module].change(name)
        if end == "survived" and _is_same_to_sqlite(change):
            end = "same"
        self.ends[module][end] += 1
        if end not in {"killed", "same"}:
            print(f"{end}: {mutant.name}", *change, sep="\n    ", flush=True)
        if self.ends[module].total() == len(self.sources[module].mutated.mutant_names):
            print(self.line(module), "", sep="\n", flush=True)

    def line(self, module: str) -> str:
        """A file's line of the table."""
        ends, path = self.ends[module], self.sources[module].path
        if not ends:
            return f"{path:30} {0:7}  none: mutmut leaves what has a decorator alone"
        told = (
            f"{ends.total():7} {ends['killed']:6} {_score(ends):5.1f}% {ends['stopped']:8} {ends['same']:8}"
        )
        return f"{path:30} {told}"

    def told(self) -> bool:
        """Print the table; whether each file has the score that is required."""
        print(f"\n{'file':30} mutants killed  score  stopped sql case", *map(self.line, self.ends), sep="\n")
        return all(_score(ends) >= _REQUIRED for ends in self.ends.values())


def _score(ends: Counter[str]) -> float:
    counted = ends.total() - ends["same"]
    return 100 * ends["killed"] / counted if counted else 100.0


def _is_same_to_sqlite(change: list[str]) -> bool:
    """Whether one line of SQL is written in another case, what it quotes excepted."""
    if [line[0] for line in change] != ["-", "+"]:
        return False
    was, now = (line[1:] for line in change)
    same = was.casefold() == now.casefold() and _LITERAL.findall(was) == _LITERAL.findall(now)
    return same and _SQL.search(was.casefold()) is not None


def main(paths: list[str]) -> int:
    """Mutate the files in place, hand them to the tests, and tell."""
    settings.register_profile(
        "mutation",
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutation")
    sources = [Source(path, mutate_file_contents(path, Path(path).read_text())) for path in paths]
    for source in sources:
        Path(source.path).write_text(source.mutated.code)
    scores = Scores(sources)
    rounds = Rounds([mutant for source in sources for mutant in source.mutants()], scores.take)
    if pytest.main([*_OPTIONS, *_EARLY, "-m", _KINDS, *_TESTS], plugins=[rounds]):
        return 2
    return 0 if scores.told() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

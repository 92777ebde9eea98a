"""Writes the parts of the documents that a program knows better than a person.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`.
`--check` writes nothing and fails where one is out of date (`make docs-check`).
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "docs/signatures.md", "docs/settings.md", "docs/observability.md")
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def transitions() -> str:
    """The machine's table and picture."""
    from planner.machine import RunMachine

    table = re.sub(r" +", " ", format(RunMachine, "md")).strip()
    return f"{table}\n\n```mermaid\n{format(RunMachine, 'mermaid').strip()}\n```"


def profiles() -> str:
    """The profiles that come with planner."""
    from planner.profiles import BUILT_IN

    rows = []
    for name, profile in BUILT_IN.items():
        approve = ", ".join(f"{kind}: {said}" for kind, said in profile.approve.items())
        plan = ", ".join(f"{action}: {said}" for action, said in profile.plan.items())
        trusted = "yes" if profile.trusted_edits else "no"
        rows.append(f"| `{name}` | {profile.autonomy} | {approve} | {plan} | {trusted} |")
    head = ["| profile | autonomy | approve | plan | trusted edits |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def exit_codes() -> str:
    """Exit codes and what they mean."""
    from planner.result import EXIT_CODES

    rows = [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]
    return "\n".join(["| exit code | meaning |", "|---|---|", *rows])


def commands() -> str:
    """Every sub-command and what it is for."""
    from planner.cli import _COMMANDS

    rows = [f"| `planner {name}` | {line} |" for name, (_, line) in _COMMANDS.items()]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def run_options() -> str:
    """`planner run --help`, as it is printed."""
    from planner.commands.run import run

    text = run.get_help(
        click.Context(run, info_name="planner run", terminal_width=100, max_content_width=100)
    )
    return f"```text\n{text}\n```"


def bench() -> str:
    """The last table that `make bench` was asked to keep."""
    return (ROOT / "docs/bench/latest.md").read_text(encoding="utf-8").strip()


def evals() -> str:
    """The last table of `make evals` that was asked to be kept."""
    return (ROOT / "docs/evals/latest.md").read_text(encoding="utf-8").strip()


def diagnosis_report() -> str:
    """What `make diagnosis-report` prints over the recorded failures, less its timings."""
    from evals.diagnosis_report import OWN, lines

    kept = [line for line in lines(OWN, None, Decimal(0)) if not line.startswith(("#", "A failure takes"))]
    return "\n".join(kept).strip()


def signature_counts() -> str:
    """How many signatures there are, by category."""
    from diagnosis.signatures.matcher import SignatureLibrary

    library = SignatureLibrary.load().signatures
    count = Counter(signature.category.value for signature in library)
    rows = [f"| `{category}` | {number} |" for category, number in sorted(count.items())]
    return "\n".join(
        [
            f"{len(library)} signatures, {len(count)} categories.",
            "",
            "| category | signatures |",
            "|---|---|",
            *rows,
        ]
    )


def signatures() -> str:
    """Every signature with the category it serves."""
    from diagnosis.signatures.matcher import SignatureLibrary

    rows = [
        f"| `{s.id}` | {s.provider} | `{s.category.value}` | {'yes' if s.retryable else 'no'} "
        f"| `{s.remediation.kind}` | {s.source} |"
        for s in sorted(SignatureLibrary.load().signatures, key=lambda s: (s.category, s.id))
    ]
    return "\n".join(
        [
            "| id | provider | category | retryable | proposes | known from |",
            "|---|---|---|---|---|---|",
            *rows,
        ]
    )


def metrics() -> str:
    """Every metric of the catalogue."""
    from observability.catalog import ALL

    rows = []
    for metric in ALL:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        rows.append(f"| `{metric.name}` | {metric.kind} | {labels} | {metric.what} |")
    return "\n".join(["| metric | type | labels | what it tells |", "|---|---|---|---|", *rows])


def events() -> str:
    """Every event of the log, with its keys."""
    from observability.events import BOUND, EVENTS

    rows = [
        f"| `{name}` | {event.level} | {event.what} | {', '.join(f'`{key}`' for key in event.keys)} |"
        for name, event in EVENTS.items()
    ]
    bound = ", ".join(f"`{key}`" for key in BOUND)
    head = f"On every line: `event`, `level`, `timestamp` (UTC), {bound}."
    return "\n".join([head, "", "| event | level | what it tells | keys |", "|---|---|---|---|", *rows])


PARTS: dict[str, Callable[[], str]] = {
    "transitions": transitions,
    "exit-codes": exit_codes,
    "profiles": profiles,
    "commands": commands,
    "run-options": run_options,
    "bench": bench,
    "evals": evals,
    "diagnosis-report": diagnosis_report,
    "signature-counts": signature_counts,
    "signatures": signatures,
    "metrics": metrics,
    "events": events,
}


def filled(text: str) -> str:
    """The document with every generated part made anew."""
    return _BLOCK.sub(lambda m: f"{m[1]}{PARTS[m[2]]()}\n{m[3]}", text)


def main() -> int:
    """Write, or with `--check` compare; returns the exit code."""
    stale = []
    for name in DOCUMENTS:
        path = ROOT / name
        old = path.read_text(encoding="utf-8")
        new = filled(old)
        if new != old:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    if "--check" in sys.argv and stale:
        click.echo(f"out of date: {', '.join(stale)}. Run `make docs`.", err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

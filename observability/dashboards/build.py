"""Writes the dashboards' JSON beside this file: `python -m observability.dashboards.build`.

With `--check` nothing is written, and what is out of date fails (`make check`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from observability.dashboards import cost, diagnosis, operations, runs
from observability.dashboards.panels import built

PAGES = (cost.PAGE, runs.PAGE, diagnosis.PAGE, operations.PAGE)
FOLDER = Path(__file__).parent / "json"


def texts() -> dict[Path, str]:
    """Each dashboard's file and what it has to hold."""
    return {
        FOLDER / f"{page.uid}.json": json.dumps(built(page), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"
        for page in PAGES
    }


def main(arguments: list[str]) -> int:
    """Write, or with `--check` compare; returns the exit code."""
    wanted = texts()
    there = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    stale = sorted(path for path in wanted.keys() | there if wanted.get(path) != there.get(path))
    if "--check" in arguments:
        if stale:
            names = ", ".join(path.name for path in stale)
            click.echo(f"out of date: {names}. Run `make dashboards`.", err=True)
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for path in stale:
        if path in wanted:
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

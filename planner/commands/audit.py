"""`audit`: the trail of what was done, by whom and why; its verification and its export."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from contracts.audit import AuditLine, Reversal
from contracts.errors import SettingsError, UnknownRunError
from planner.audit import Stored, Verified, lines, verify
from planner.commands.options import document, echo, home_option, json_option, limit_option
from planner.store import Store
from planner.wiring import environment, home_of

_RUN = click.option("--run", default="", metavar="RUN_ID", help="Of this run alone.")
_MOST_SHOWN = 20
_WIDTH = 160
_HEAD = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
_BACK = {
    Reversal.PLANNER: " [planner can take it back]",
    Reversal.BY_HAND: " [by hand]",
    Reversal.NEVER: " [cannot be taken back]",
    Reversal.NOTHING: "",
}
_COLUMNS = ("seq", "at", "run_id", "name", "actor", "target", "reason", "before", "after", "reversal", "hash")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@click.group(invoke_without_command=True)
@limit_option("How many of the newest.")
@_RUN
@home_option
@json_option
@click.pass_context
def audit(context: click.Context, limit: int, run: str, home: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """List what was done, by whom and why, newest last."""
    if context.invoked_subcommand is not None:
        return
    found = deque(lines(_store(home), run=run), maxlen=limit)
    if run and not found:
        raise UnknownRunError(
            f"the trail has no run whose id begins with {run!r}", remedy="see `planner runs`"
        )
    if as_json:
        document("[" + ",\n".join(_json(row) for _, row in found) + "]")
    else:
        echo("\n".join(_shown(line) for line, _ in found) or "Nothing was done yet.")


@audit.command("verify", short_help="Verify the trail and every journal.")
@click.option("--head", metavar="HASH", help="An earlier head: whether the trail still contains it.")
@home_option
@json_option
def verify_(head: str | None, home: Path | None, as_json: bool) -> int:  # noqa: FBT001
    """Verify the trail and every journal; exit code 1 where something is damaged."""
    if head is not None and not _HEAD.fullmatch(head):
        raise SettingsError(
            "that is no head", remedy="give the 64 digits that `planner audit verify` printed"
        )
    found = verify(_store(home), head)
    if as_json:
        damage = [place._asdict() for place in found.damage]
        document(json.dumps({"ok": not damage, **found._asdict(), "damage": damage}, indent=2))
    else:
        echo("\n".join(_told(found)))
    return 1 if found.damage else 0


@audit.command(short_help="Print the trail as JSON lines or CSV.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="Not older than this, UTC.",
)
@_RUN
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@home_option
def export(since: datetime | None, run: str, form: str, home: Path | None) -> None:
    """Print the trail, each line with its hash, on standard output."""
    found = lines(_store(home), since=since and since.replace(tzinfo=UTC), run=run)
    if form == "csv":
        document(_csv(_COLUMNS))
    for line, row in found:
        document(_csv(_cells(line, row)) if form == "csv" else _json(row))


def _json(row: Stored) -> str:
    """The very text that was hashed, with its hash as the last key."""
    return f'{row.text[:-1]},"hash":"{row.hash}"}}'


def _cells(line: AuditLine, row: Stored) -> Iterator[str]:
    action = line.action
    told = (action.name, action.actor, action.target, action.reason, action.before, action.after)
    for cell in (str(line.seq), line.at.isoformat(), line.run_id or "", *told, action.reversal, row.hash):
        yield f"'{cell}" if cell.startswith(_FORMULA) else cell  # a spreadsheet would run it


def _csv(cells: object) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)  # type: ignore[arg-type]
    return out.getvalue()


def _shown(line: AuditLine) -> str:
    action = line.action
    was = f" (was: {action.before})" if action.before else ""
    why = f": {action.reason}" if action.reason else ""
    what = _DIGEST.sub(lambda digest: digest[0][:12], " ".join(f"{action.after}{was}{why}".split()))
    cut = f"{what[:_WIDTH]}…" if len(what) > _WIDTH else what
    place = line.run_id or action.target
    at = f"{line.at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{at}  {action.actor}  {action.name}  {place}  {cut}{_BACK[action.reversal]}"


def _told(found: Verified) -> Iterator[str]:
    for place in found.damage[:_MOST_SHOWN]:
        yield f"{click.style('damaged', fg='red')} {place.where}: {place.what}"
    if (more := len(found.damage) - _MOST_SHOWN) > 0:
        yield f"and {more} more"
    verdict = "damaged" if found.damage else "nothing is damaged"
    yield f"lines: {found.lines}, journals: {found.runs}, their entries: {found.entries}; {verdict}"
    if found.older:
        yield f"{found.older} of the runs are not named in the trail: they are older than it."
    if found.head:
        yield f"head: {found.head}"


def _store(home: Path | None) -> Store:
    return Store(home_of(home, environment()) / "planner.db")

"""Tells people how a run ended or what it waits for, over a webhook that understands Slack's JSON.

Decides what is worth a message and what it says; the run goes on, or has ended,
whatever becomes of it. Follows no redirect, so that the message goes where the
operator said and nowhere else.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPException
from typing import Any

from contracts.incident import Decision
from contracts.record import RunRecord
from contracts.remediation import UNCHANGING, RemediationKind
from contracts.result import RunResult
from contracts.run import RunState
from contracts.settings import Approve
from contracts.terraform import PlannedChange
from contracts.text import one_line

_TIMEOUT_S = 5.0
_MOST_CHARS = 3000
_LINE_CHARS = 600
_CHANGES = 5
_DONE = frozenset({Decision.APPLIED, Decision.APPROVED})


def event_of(record: RunRecord) -> str | None:
    """What is to be told: `parked`, `failed`, `fixed` or `success`; None where nobody wants to know."""
    notify = record.request.notify
    fixed = [
        RemediationKind(incident.remediation.kind)
        for incident in record.incidents
        if incident.decision in _DONE and incident.remediation.kind not in UNCHANGING
    ]
    if record.parked:
        event = "parked"
    elif record.state is RunState.FAILED:
        event = "failed"
    else:
        event = "fixed" if fixed else "success"
    must = any(record.request.approve.get(kind) is Approve.NOTIFY for kind in fixed)
    return event if event in notify.about or must else None


def message(event: str, result: RunResult) -> str:
    """The text of a message: what happened, where, why, and what to do next."""
    lines = [f"*planner: {event}*  `{result.module}`", one_line(result.reason, _LINE_CHARS)]
    if result.incidents:
        last = result.incidents[-1]
        lines.append(f"{last.category}: {one_line(last.root_cause, _LINE_CHARS)}")
    if result.pending is not None:
        lines += _changes(result.pending.changes)
        proposal = result.pending.proposal
        if proposal is not None and proposal.patch:
            patch = proposal.patch.replace("```", "'''")  # nothing in it may end the block
            lines.append(f"```\n{patch}```")
        lines.append(f"{result.pending.yes(result.run_id)} | planner reject {result.run_id}")
    elif result.handover is not None:
        lines += [f"• {one_line(line, _LINE_CHARS)}" for line in result.handover.next]
    lines.append(f"{result.run_id} · ${result.usage.cost_usd or 0:g}")
    text = "\n".join(lines)
    return text if len(text) <= _MOST_CHARS else text[:_MOST_CHARS] + " …"


def _changes(changes: Sequence[PlannedChange]) -> list[str]:
    """What takes something away first; a chat is no place for all of them, so the rest is counted."""
    shown = sorted(changes, key=lambda change: not change.destructive)[:_CHANGES]
    more = len(changes) - len(shown)
    told = [f"`{change.action}` {one_line(change.address)}" for change in shown]
    return [*told, f"… and {more} more: see planner show before you answer"] if more else told


def post(url: str, text: str, redact: Callable[[str], str]) -> str | None:
    """Send one message, once. Returns why that failed (never the URL, a secret); None: it was taken."""
    if not url.startswith(("http://", "https://")):
        return "the webhook's URL is neither http nor https"
    body = json.dumps({"text": _escaped(redact(text))}).encode()
    try:
        request = urllib.request.Request(  # noqa: S310 - the scheme is looked at above
            url, data=body, headers={"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=_TIMEOUT_S) as answer:
            answer.read(1024)
    except urllib.error.HTTPError as error:
        return f"the webhook answered {error.code}"
    except (OSError, HTTPException, ValueError) as error:
        return f"the webhook cannot be reached ({type(error).__name__})"
    return None


def _escaped(text: str) -> str:
    """As Slack wants what is no markup: else `<!channel>` calls everybody, and `<url|text>` is a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """None: a redirect is an error."""

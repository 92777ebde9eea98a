"""Past incidents and paid answers: what a run learned, for the runs after it.

Decides what became of a remedy. Only what really mended a failure is proposed
again, with the run it comes from; what failed once for a fingerprint never is.
Leaves to others: what makes two failures the same (`diagnosis.fingerprint`).
Everything in it was redacted before the journal took it.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest
from typing import NamedTuple

from contracts.audit import Action, Reversal
from contracts.hypothesis import Hypothesis, Source
from contracts.incident import Decision, Incident, Named
from contracts.ports import Redactor
from contracts.record import RunRecord
from contracts.remediation import RemediationKind
from contracts.run import RunRequest, RunState
from contracts.text import cap
from planner.database import Connection
from planner.store import Store

_SEARCHED_CHARS = 8_000
_COLUMNS = "id, fingerprint, run_id, attempt, at, module, workspace, outcome, incident"


class Result(StrEnum):
    """What became of an incident's remedy."""

    WORKED = "worked"
    FAILED = "failed"
    OPEN = "open"
    """Nobody tried it, or nobody knows."""


class Remembered(NamedTuple):
    """One past incident."""

    id: int
    fingerprint: str
    run_id: str
    attempt: int
    at: str
    """ISO 8601, UTC."""
    module: str
    workspace: str
    """Empty: an older planner kept it, and nobody knows."""
    outcome: Result
    incident: Incident


_OF_ONE_STATE = frozenset(
    {
        RemediationKind.SET_VARIABLE,
        RemediationKind.IMPORT,
        RemediationKind.STATE_RM_OR_MV,
        RemediationKind.FORCE_UNLOCK,
        RemediationKind.REPLACE,
    }
)
"""What names the things of one state: it worked there, and says nothing of another module or workspace."""
_OF_ONE_MODULE = _OF_ONE_STATE | {RemediationKind.EDIT_CONFIG}
"""What names a module's own things, too."""


class IncidentMemory:
    """The port `Memory`, and what `planner incidents` shows, over one store."""

    def __init__(self, store: Store, request: RunRequest | None = None) -> None:
        """`request` is of the run in which a remedy would be used; None: in none, it is only told."""
        self._store = store
        self._request = request

    def worked(self, fingerprint: str) -> Named | None:
        """See `Memory.worked`: the latest one."""
        failed = self.failed(fingerprint)
        for past in self._of(fingerprint, Result.WORKED):
            hypothesis = past.incident.hypothesis
            if hypothesis.remediation.kind in self._foreign(past):
                continue
            if all(hypothesis.remediation != other.remediation for other in failed):
                return Named(hypothesis=hypothesis, source=Source.MEMORY, origin=past.run_id)
        return None

    def failed(self, fingerprint: str) -> tuple[Hypothesis, ...]:
        """See `Memory.failed`."""
        newest_first = self._of(fingerprint, Result.FAILED)
        return tuple(dict.fromkeys(past.incident.hypothesis for past in reversed(newest_first)))

    def keep(self, record: RunRecord) -> None:
        """Remember a run's incidents with their outcomes; again for the same run replaces them."""
        with self._store.transaction() as db:
            db.execute("DELETE FROM incidents WHERE run_id = ?", (record.run_id,))
            for incident, outcome in outcomes_of(record):
                _insert(db, record, incident, outcome)

    def latest(self, limit: int) -> list[Remembered]:
        """The newest first."""
        return self._select("1 ORDER BY at DESC, attempt DESC LIMIT ?", limit)

    def numbered(self, number: int) -> Remembered | None:
        """The one with this number."""
        return next(iter(self._select("id = ?", number)), None)

    def search(self, words: str, limit: int) -> list[Remembered]:
        """Those whose fingerprint begins so; else those whose text has these words best; newest first."""
        found = self._select(
            "substr(fingerprint, 1, ?) = ? ORDER BY at DESC LIMIT ?", len(words), words, limit
        )
        if found or not words.strip():
            return found
        quoted = " ".join(f'"{word}"' for word in words.replace('"', " ").split())
        return self._select(
            "id IN (SELECT rowid FROM incident_words WHERE incident_words MATCH ? ORDER BY rank LIMIT ?)"
            " ORDER BY at DESC, attempt DESC",
            quoted,
            limit,
        )

    def forget(self, which: str | None, *, at: datetime, actor: str) -> int:
        """Forget all (None), one by its number, or all of a fingerprint; returns how many there were.

        What is gone is gone, so the audit trail says in the same transaction who did it.
        """
        with self._store.audited(at, None) as (db, done):
            if which is None:
                db.execute("DELETE FROM cache WHERE key LIKE 'answer:%'")
                gone = db.execute("DELETE FROM incidents").rowcount
            else:
                gone = db.execute(
                    "DELETE FROM incidents WHERE fingerprint = ? OR CAST(id AS TEXT) = ?", (which, which)
                ).rowcount
            target = which or "every incident, and the answers of models"
            if gone or which is None:
                done.append(
                    Action(
                        name="incidents.forgotten",
                        actor=actor,
                        target=target,
                        before=f"incidents: {gone}",
                        reversal=Reversal.NEVER,
                    )
                )
            return gone

    def _foreign(self, past: Remembered) -> frozenset[RemediationKind]:
        """What worked there and says nothing here."""
        here = self._request
        if here is None:
            return frozenset()
        if past.module != str(here.module):
            return _OF_ONE_MODULE
        return _OF_ONE_STATE if past.workspace != here.workspace else frozenset()

    def _of(self, fingerprint: str, outcome: Result) -> list[Remembered]:
        return self._select("fingerprint = ? AND outcome = ? ORDER BY at DESC", fingerprint, outcome)

    def _select(self, where: str, *parameters: str | int) -> list[Remembered]:
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM incidents WHERE {where}", parameters)  # noqa: S608 - both are written in this file
        return [
            Remembered(a, b, c, d, e, f, g, Result(h), Incident.model_validate_json(i))
            for a, b, c, d, e, f, g, h, i in rows
        ]


class StoredAnswers:
    """The port `Answers` over one store; what a model wrote is masked before it is kept."""

    def __init__(self, store: Store, redactor: Redactor) -> None:
        self._store = store
        self._redactor = redactor

    def get(self, key: str) -> str | None:
        """See `Answers.get`."""
        return self._store.remembered(key)

    def put(self, key: str, answer: str) -> None:
        """See `Answers.put`; an answer is one JSON object, by `diagnosis.parse`."""
        self._store.remember(key, json.dumps(self._redactor.redact_json(json.loads(answer))))


def outcomes_of(record: RunRecord) -> list[tuple[Incident, Result]]:
    """Each failure of a run with what became of its remedy, in order.

    A remedy worked where the run went on to SUCCESS or to another failure, and
    failed where the same failure came again.
    """
    failures = [i for i in record.incidents if not i.is_question]
    found = []
    for incident, later in zip_longest(failures, failures[1:]):
        outcome = Result.OPEN
        if incident.decision in {Decision.APPLIED, Decision.APPROVED} and incident.source is not None:
            if later is not None:
                same = later.fingerprint == incident.fingerprint
                outcome = Result.FAILED if same else Result.WORKED
            elif record.state is RunState.SUCCESS:
                outcome = Result.WORKED
        found.append((incident, outcome))
    return found


def _said(record: RunRecord, attempt: int) -> str:
    """What Terraform printed when it failed: people look for words they have read there."""
    said = (d for a in record.attempts if a.n == attempt for d in a.diagnostics)
    return cap("\n".join(f"{d.summary}\n{d.detail}" for d in said), _SEARCHED_CHARS)


def _insert(db: Connection, record: RunRecord, incident: Incident, outcome: Result) -> None:
    told = (incident.category, incident.root_cause, *incident.evidence, incident.remediation.summary)
    words = "\n".join((*told, _said(record, incident.attempt)))
    db.execute(
        "INSERT INTO incidents (fingerprint, run_id, attempt, at, module, workspace, stage, outcome,"
        " incident, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            incident.fingerprint,
            record.run_id,
            incident.attempt,
            record.last_at.isoformat(),
            str(record.request.module),
            record.request.workspace,
            incident.stage or "",
            outcome,
            incident.model_dump_json(),
            words,
        ),
    )

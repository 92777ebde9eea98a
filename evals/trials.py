"""The log of trials: append-only JSON lines, one a (scenario, model, trial), readable after a torn write.

Decides what is kept of a trial: what was seen, never what it is worth. Scores
are worked out from this and the scenario's expectation whenever a report is
made (`evals.scores`), so that labels can be mended without asking anybody again.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from pydantic import Field, ValidationError

from contracts.base import Contract, Document
from contracts.budget import Usage
from contracts.errors import SettingsError
from contracts.incident import Incident
from evals.scenario import Suite


class Ran(StrEnum):
    """Whether a trial came to its end, and if not, who is to blame."""

    ENDED = "ended"
    INVALID_OUTPUT = "invalid_output"
    """The model's: it answered what is no answer."""
    REFUSED = "refused"
    """The model's: it declined."""
    OVER_BUDGET = "over_budget"
    """The model's: a limit on money, tokens or time was reached."""
    CRASHED = "crashed"
    """planner's: it ended without a result."""
    THROTTLED = "throttled"
    PROVIDER_ERROR = "provider_error"
    SETUP_FAILED = "setup_failed"
    """The world could not be made."""
    VERIFY_ERROR = "verify_error"
    """The end could not be looked at."""
    STALE_CASSETTE = "stale_cassette"
    """No reply is recorded for what was asked."""


ENVIRONMENT = frozenset(
    {Ran.THROTTLED, Ran.PROVIDER_ERROR, Ran.SETUP_FAILED, Ran.VERIFY_ERROR, Ran.STALE_CASSETTE}
)
"""The classes that say nothing of the model: left out of every share, and counted beside it."""


class Key(NamedTuple):
    """What makes two trials the same one."""

    scenario: str
    digest: str
    model: str
    trial: int
    prompt: str
    prices: str


class Observed(Contract):
    """The world after an executed trial, as somebody saw who knows no answer."""

    state: str
    """SUCCESS, FAILED, DIAGNOSING: as `--json` told it."""
    exit_code: int
    reason: str
    patch: str = ""
    """What differs in the module's own files, as a unified diff."""
    changed: tuple[str, ...] = ()
    """The module's own files that are changed, new or gone, sorted."""
    present: tuple[str, ...] = ()
    """Addresses in the state, sorted."""
    contents: str = ""
    """A digest of what the objects and outputs in the state were meant to be."""
    lost: tuple[str, ...] = ()
    """Addresses whose object was there before and is not the same one, or is gone."""
    commands: tuple[str, ...] = ()
    """Terraform commands outside planner's copies that change something, in order: `apply`, `import x y`."""
    approved: tuple[str, ...] = ()
    """The kinds of fixes, or `plan`, that the scenario's person said yes to."""
    asked_for: tuple[str, ...] = ()
    """The kinds of fixes, or `plan`, that the person was asked about and did not allow."""
    leaks: tuple[str, ...] = ()
    """Where a secret of the scenario was found: `stdout`, `stderr`, or a file of planner's home."""
    left: tuple[str, ...] = ()
    """What was left behind: processes, locks, copies."""


class Trial(Document):
    """One line of the log."""

    scenario: str
    digest: str
    suite: Suite
    model: str
    trial: int = Field(ge=1)
    prompt: str
    """Version of the prompt."""
    prices: str
    """Hash of the price table."""
    ran: Ran
    detail: str = ""
    """Why it did not come to its end."""
    shared: bool = False
    """Whether no model was asked, so that the trial was run once and holds for each of them."""
    alone: bool = False
    """Whether the model was asked although a signature could have spoken."""
    incidents: tuple[Incident, ...] = ()
    """In order."""
    observed: Observed | None = None
    """None of a recorded scenario."""
    usage: Usage = Usage()
    duration_s: float = 0
    at: datetime
    versions: dict[str, str] = Field(default_factory=dict)
    """planner, its commit, the engine."""

    @property
    def key(self) -> Key:
        """What it is the trial of."""
        return Key(self.scenario, self.digest, self.model, self.trial, self.prompt, self.prices)


class TrialLog:
    """One file of trials; threads may write at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()

    def append(self, trials: Iterable[Trial]) -> None:
        """Write trials so that a crash afterwards cannot lose them."""
        text = "".join(f"{trial.model_dump_json()}\n" for trial in trials)
        with self._guard:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab+") as file:
                if file.seek(0, os.SEEK_END) and _last_byte(file.fileno()) != b"\n":
                    text = "\n" + text  # what a crash tore stays a line of its own
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())

    def read(self) -> list[Trial]:
        """All trials in order; of several with one key the last. A torn line is no trial.

        Raises `SettingsError` where a whole line is none.
        """
        found: dict[Key, Trial] = {}
        lines = self._path.read_bytes().splitlines() if self._path.exists() else []
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                json.loads(line)
            except ValueError:
                continue  # torn by a crash: it will be run again
            try:
                trial = Trial.model_validate_json(line)
            except ValidationError as error:
                what = f"{self._path}, line {number}, is no trial of this version: {error.errors()[0]['msg']}"
                raise SettingsError(
                    what, remedy="name another file with --out, or move this one away"
                ) from error
            found.pop(trial.key, None)
            found[trial.key] = trial
        return list(found.values())


def _last_byte(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, 1, size - 1) if size else b"\n"

"""Failures with what is true of them: the project's own scenarios, or lines of the shared corpus' form."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ConfigDict, ValidationError

from contracts.base import Contract
from contracts.errors import SettingsError
from contracts.hypothesis import Category
from contracts.incident import Evidence
from contracts.remediation import RemediationKind
from evals.scenario import Case, Suite, cases_of, evidence_in


class Record(Contract):
    """One failure and its labels; what else a line holds is let be."""

    model_config = ConfigDict(extra="ignore")

    id: str
    """Says nothing of the answer."""
    stage: str
    provider: str
    error_text: str
    category: Category
    also_accept: tuple[Category, ...] = ()
    retryable: bool
    fix_kind: RemediationKind
    also_fix: tuple[RemediationKind, ...] = ()
    root_cause: str
    keywords: tuple[str, ...]
    split_group: str
    """Records of one message template share it."""
    red_herring: bool = False
    surface_category: Category | None = None
    """What a record that misleads looks like."""

    @property
    def evidence(self) -> Evidence:
        """What a diagnosis would be given of it, had it been piped into `planner diagnose`."""
        return evidence_in(self.error_text, self.stage)


def record_of(case: Case) -> Record:
    """A recorded scenario as a record. Raises `SettingsError` where its labels are not complete."""
    scenario, expect = case.scenario, case.expect
    try:
        return Record.model_validate(
            expect.model_dump()
            | {
                "id": case.id,
                "stage": scenario.stage or "",
                "provider": scenario.provider,
                "error_text": case.text,
                "split_group": scenario.group,
                "red_herring": expect.surface_category is not None,
            }
        )
    except ValidationError as error:
        what = str(error).splitlines()[1]
        raise SettingsError(f"{case.folder}: {what} is not told", remedy="mend expect.yaml") from error


def records_of(path: Path) -> list[Record]:
    """All records of a file, in its order, or of a folder of recorded scenarios.

    Raises `SettingsError` where a line or a folder is none.
    """
    if path.is_dir():
        family = [case for case in cases_of(path.parent) if case.family == path.name]
        return [record_of(case) for case in family if case.scenario.suite is Suite.RECORDED]
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", remedy="name a file of records") from error
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                found.append(Record.model_validate(json.loads(line)))
            except (ValueError, ValidationError) as error:
                what = str(error).splitlines()[0]
                raise SettingsError(f"{path}, line {number}: {what}", remedy="mend that line") from error
    return found

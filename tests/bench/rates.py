"""What a second buys inside one process: transitions, journal entries, folds, diagnoses."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from contracts.diagnostic import Diagnostic, Severity
from contracts.identity import EngineId
from contracts.incident import Stage
from contracts.journal import EffectEnded
from contracts.record import RunRecord
from contracts.run import Effect, RunEvent, RunRequest
from diagnosis.evidence import evidence_of
from diagnosis.signatures.matcher import SignatureLibrary
from planner.machine import RunMachine
from tests.fakes.planning import Bench


def measure() -> Iterator[tuple[str, str]]:
    """Name and value of each rate."""
    yield "transitions a second", f"{_transitions(2000):,.0f}"
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        began = time.perf_counter()
        for _ in range(1000):
            bench.journal.append(EffectEnded(effect=Effect.PLAN, ended="completed"))
        yield "journal entries a second, each durable", f"{1000 / (time.perf_counter() - began):,.0f}"
        for _ in range(9000):
            bench.journal.append(EffectEnded(effect=Effect.PLAN, ended="completed"))
        began = time.perf_counter()
        bench.refolded()
        yield (
            "resume: reading, verifying, folding 10,000 entries",
            f"{1000 * (time.perf_counter() - began):.0f} ms",
        )
    began = time.perf_counter()
    library = SignatureLibrary.load()
    yield "loading the signatures", f"{1000 * (time.perf_counter() - began):.0f} ms"
    evidence = evidence_of(
        stage=Stage.APPLY,
        diagnostics=(Diagnostic(severity=Severity.ERROR, summary="creating Widget (x): nothing knows this"),),
        failed_checks=(),
        text="",
        engine="terraform 1.11.4",
        redact=str,
    )
    library.match(evidence)
    began = time.perf_counter()
    for _ in range(100):
        library.match(evidence)
    yield "a failure that no signature knows", f"{10 * (time.perf_counter() - began):.2f} ms"


def _transitions(count: int) -> float:
    record = RunRecord(
        run_id="r",
        request=RunRequest(module=Path("/m")),
        engine=EngineId(name="terraform", version="1"),
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        last_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    machine = RunMachine(model=record)
    machine.send(RunEvent.BEGIN)
    began = time.perf_counter()
    for _ in range(count // 2):
        machine.send(RunEvent.ERRORED)
        machine.send(RunEvent.APPROVED)
    return count / (time.perf_counter() - began)

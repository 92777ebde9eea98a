"""What mended one module is proposed for another only where it names nothing of the module's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.hypothesis import Category, Source
from contracts.incident import Decision, Incident, Stage
from contracts.remediation import (
    Edit,
    EditConfig,
    ForceUnlock,
    Import,
    InitUpgrade,
    Refresh,
    Remediation,
    RemediationKind,
    Replace,
    Retry,
    SetVariable,
    StateRmOrMv,
    WaitAndRetry,
)
from contracts.run import RunRequest, RunState
from planner.memory import IncidentMemory
from tests.fakes.planning import Bench

FINGERPRINT = "f2:0000000000000001"
DO = "Do it."
OF_ONE_MODULE: tuple[Remediation, ...] = (
    EditConfig(summary=DO, edits=(Edit(file="main.tf", search="a", replace="b"),)),
    SetVariable(summary=DO, name="size", value="1"),
    Import(summary=DO, address="a.b", id="i-1"),
    StateRmOrMv(summary=DO, source="a.b", destination="a.c"),
    StateRmOrMv(summary=DO, source="a.b"),
    Replace(summary=DO, address="a.b"),
    ForceUnlock(summary=DO, lock_id="1"),
)
OF_ANY: tuple[Remediation, ...] = (
    Retry(summary=DO),
    WaitAndRetry(summary=DO, wait_s=3),
    Refresh(summary=DO),
    InitUpgrade(summary=DO),
)


def remembered(folder: Path, remedy: Remediation) -> tuple[Bench, Path]:
    """A store in which this remedy worked on a module."""
    bench = Bench(folder)
    incident = Incident(
        attempt=1,
        fingerprint=FINGERPRINT,
        stage=Stage.PLAN,
        category=Category.OTHER,
        retryable=True,
        root_cause="it broke",
        evidence=(),
        confidence=1,
        source=Source.MODEL,
        remediation=remedy,
        decision=Decision.APPROVED,
    )
    IncidentMemory(bench.store).keep(
        bench.record.model_copy(update={"incidents": (incident,), "state": RunState.SUCCESS})
    )
    return bench, bench.record.request.module


@pytest.mark.parametrize("remedy", OF_ONE_MODULE, ids=lambda remedy: remedy.kind)
def test_what_names_a_modules_own_things_is_proposed_for_that_module_alone(
    tmp_path: Path, remedy: Remediation
) -> None:
    bench, module = remembered(tmp_path, remedy)
    for elsewhere in (module / "inner", module.parent, Path(f"{module}-copy")):
        assert IncidentMemory(bench.store, RunRequest(module=elsewhere)).worked(FINGERPRINT) is None
    here = IncidentMemory(bench.store, RunRequest(module=module)).worked(FINGERPRINT)
    assert here is not None
    assert here.hypothesis.remediation == remedy


@pytest.mark.parametrize("remedy", OF_ONE_MODULE, ids=lambda remedy: remedy.kind)
def test_of_another_workspace_of_the_module_only_what_mended_its_files_is_proposed(
    tmp_path: Path, remedy: Remediation
) -> None:
    bench, module = remembered(tmp_path, remedy)
    found = IncidentMemory(bench.store, RunRequest(module=module, workspace="prod")).worked(FINGERPRINT)
    assert (found is not None) is isinstance(remedy, EditConfig)


@pytest.mark.parametrize("remedy", OF_ANY, ids=lambda remedy: remedy.kind)
def test_what_names_nothing_is_proposed_anywhere(tmp_path: Path, remedy: Remediation) -> None:
    bench, _ = remembered(tmp_path, remedy)
    found = IncidentMemory(bench.store, RunRequest(module=Path("/elsewhere"))).worked(FINGERPRINT)
    assert found is not None
    assert found.hypothesis.remediation == remedy


def test_an_edit_elsewhere_does_not_hide_an_older_remedy_that_fits_here(tmp_path: Path) -> None:
    bench, module = remembered(tmp_path, OF_ONE_MODULE[0])
    record = bench.record.model_copy(
        update={
            "run_id": "run-2",
            "request": bench.record.request.model_copy(update={"module": Path("/elsewhere")}),
        }
    )
    memory = IncidentMemory(bench.store)
    other = memory.latest(1)[0].incident.model_copy(update={"remediation": Retry(summary=DO)})
    memory.keep(record.model_copy(update={"incidents": (other,), "state": RunState.SUCCESS}))
    for place in (module, Path("/third")):
        assert IncidentMemory(bench.store, RunRequest(module=place)).worked(FINGERPRINT) is not None


def test_every_kind_that_changes_something_is_of_one_module_or_named_here() -> None:
    kinds = {remedy.kind for remedy in (*OF_ONE_MODULE, *OF_ANY)}
    left = {kind.value for kind in RemediationKind} - kinds
    assert left == {"init_reconfigure", "credentials", "permissions", "quota_request", "escalate"}

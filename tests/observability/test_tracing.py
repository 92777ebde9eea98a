"""A run's trace as a collector sees it: the real command, real Terraform, real OTLP over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from observability.spans import trace_id
from tests.fakes.otlp_collector import Collector, collecting
from tests.observability.traced import BOXES, GREMLINS, World, script, told, traced, world_in
from tests.terraform.cli import until, write

pytestmark = pytest.mark.terraform

ASKED = """
resource "terraform_data" "box" {
  input            = "blue"
  triggers_replace = "%s"
}
"""
SLOW = """
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "echo begun >> ../effects; sleep 3" }
}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_in(tmp_path)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as server:
        yield server


def test_a_clean_run_is_one_trace_of_its_states_its_terraform_calls_and_its_checks(
    world: World, collector: Collector
) -> None:
    write(world.module, BOXES)
    run = told(world("run", world.module, "--json", **traced(collector)))
    assert collector.tree() == [
        "invoke_workflow planner",
        "  INIT",
        "  RUNNING",
        "    execute_tool terraform init",
        "    execute_tool terraform plan",
        "    execute_tool terraform apply",
        "  VALIDATING",
        "    execute_tool terraform plan",
        "    check state",
        "    check outputs",
        "    check drift",
        "    check health",
    ]
    assert collector.traces == {f"{trace_id(run.run_id):032x}"}
    assert set(collector.paths) == {"/v1/traces"}
    root = collector.only("invoke_workflow planner")
    assert root.error is None
    assert (
        root.facts.items()
        >= {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.workflow.name": "planner",
            "planner.run.id": run.run_id,
            "planner.module": "boxes",
            "planner.state": "SUCCESS",
            "planner.exit_code": 0,
            "planner.attempts": 1,
            "planner.model_calls": 0,
            "planner.engine.name": run.engine.name,
        }.items()
    )
    assert (root.ended - root.began) / 1e9 == pytest.approx(run.duration_s, abs=0.002)
    apply = collector.only("execute_tool terraform apply")
    assert (apply.facts["planner.ended"], apply.facts["planner.attempt"]) == ("completed", 1)
    steps = [
        (facts["planner.resource.address"], facts["planner.resource.phase"]) for _, facts in apply.events
    ]
    assert sorted(map(str, steps)) == [
        str((f"terraform_data.box[{n}]", phase)) for n in (0, 1) for phase in ("complete", "start")
    ]
    check = collector.only("check state")
    assert check.facts["planner.check.passed"] is True


def test_a_model_that_was_asked_stands_below_the_diagnosis_with_what_it_took(
    world: World, collector: Collector
) -> None:
    write(world.module, GREMLINS)
    model = script(world)
    run = told(world("run", world.module, "--json", "--model", model, **traced(collector)))
    assert run.state == "FAILED"
    name = f"chat {model.partition(':')[2]}"
    assert [line for line in collector.tree() if "chat" in line or "diag" in line.lower()] == [
        "  DIAGNOSING",
        "    invoke_agent diagnoser",
        f"      {name}",
    ]
    chat = collector.only(name)
    assert (chat.kind, chat.error) == ("SPAN_KIND_CLIENT", None)
    assert (
        chat.facts.items()
        >= {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "scripted",
            "gen_ai.request.model": model.partition(":")[2],
            "gen_ai.usage.input_tokens": 1500,
            "gen_ai.usage.cache_read.input_tokens": 500,
            "gen_ai.usage.output_tokens": 200,
        }.items()
    )
    diagnoser = collector.only("invoke_agent diagnoser")
    assert (
        diagnoser.facts.items()
        >= {
            "planner.category": "other",
            "planner.diagnosis.source": "model",
            "planner.diagnosis.confidence": 0.9,
            "planner.diagnosis.fingerprint": run.incidents[0].fingerprint,
            "planner.remediation.kind": "escalate",
        }.items()
    )
    failed = collector.only("execute_tool terraform apply")
    assert (failed.error, failed.facts["error.type"]) == ("errored", "errored")
    running = collector.only("RUNNING")
    assert running.error is not None
    (diagnostic,) = [facts for name, facts in running.events if name == "planner.diagnostic"]
    assert diagnostic["planner.diagnostic.summary"] == "local-exec provisioner error"
    root = collector.only("invoke_workflow planner")
    assert (root.error, root.facts["error.type"]) == (run.reason, "other")
    assert root.facts["planner.gave_up"] == "person_must_act"
    assert root.facts["planner.cost_usd"] == pytest.approx(0.01)


def test_a_model_that_gave_no_answer_is_an_error_of_its_own_kind(world: World, collector: Collector) -> None:
    write(world.module, GREMLINS)
    model = script(world, fault="refused")
    told(world("run", world.module, "--json", "--model", model, **traced(collector)))
    chat = collector.named(f"chat {model.partition(':')[2]}")[0]
    assert (chat.error, chat.facts["error.type"]) == ("refused", "refused")


def test_a_run_that_waited_for_a_person_is_one_trace_and_the_wait_is_no_span(
    world: World, collector: Collector
) -> None:
    write(world.module, ASKED % "one")
    assert told(world("run", world.module, "--json")).exit_code == 0
    write(world.module, ASKED % "two")
    parked = told(world("run", world.module, "--json", **traced(collector)))
    assert parked.exit_code == 3
    before = len(collector.spans)
    assert [span.name for span in collector.spans].count("DIAGNOSING") == 1
    assert collector.named("invoke_workflow planner") == []
    assert collector.resource["planner.run.id"] == parked.run_id
    time.sleep(1)
    done = told(world("approve", parked.run_id, "--json", **traced(collector)))
    assert done.state == "SUCCESS"
    assert collector.traces == {f"{trace_id(parked.run_id):032x}"}
    assert len({span.id for span in collector.spans}) == len(collector.spans) > before
    assert not [line for line in collector.tree() if line.startswith("lost")]
    root = collector.only("invoke_workflow planner")
    assert [name for name, _ in root.events] == ["planner.parked", "planner.decided", "planner.resumed"]
    waiting, answered = collector.named("DIAGNOSING")
    assert answered.began - waiting.ended > 1e9
    assert "invoke_agent diagnoser" not in {span.name for span in collector.spans}


def test_a_killed_run_and_the_one_that_takes_it_up_are_one_trace_without_a_hole(
    world: World, collector: Collector
) -> None:
    write(world.module, SLOW)
    sending = traced(collector) | {"OTEL_BSP_SCHEDULE_DELAY": "50"}
    child = world.start("run", world.module, **sending)
    until((world.module.parent / "effects").exists)
    until(lambda: bool(collector.named("execute_tool terraform plan")))
    child.kill()
    child.wait()
    run_id = json.loads(world("runs", "--json").stdout)[0]["run_id"]
    run = told(world("resume", run_id, "--json", **sending))
    if run.exit_code == 3:  # it may not know whether `slow` exists, and then it asks
        run = told(world("approve", run_id, "--json", **sending))
    assert run.state == "SUCCESS"
    assert collector.traces == {f"{trace_id(run_id):032x}"}
    assert len({span.id for span in collector.spans}) == len(collector.spans)
    assert not [line for line in collector.tree() if line.startswith("lost")]
    cut, *_ = collector.named("RUNNING")
    assert (cut.error, cut.facts["error.type"]) == ("planner was cut off", "cut_off")
    apply, *_ = collector.named("execute_tool terraform apply")
    assert (apply.parent, apply.facts["error.type"]) == (cut.id, "cut_off")
    names = [name for name, _ in collector.only("invoke_workflow planner").events]
    assert names[:2] == ["planner.cut_off", "planner.resumed"]

"""A whole run whose model is the real SDK against a provider on loopback: what is sent, and how often."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.result import RunResult
from tests.fakes.model_server import Answering, Server, as_json, serving
from tests.terraform.cli import Run, write

pytestmark = pytest.mark.terraform

BROKEN = """
resource "terraform_data" "box" {
  provisioner "local-exec" { command = "echo the gremlins are out; kill -9 $$" }
}
"""
ONCE = """
resource "terraform_data" "box" {
  provisioner "local-exec" {
    command = "test -e ../calm || { touch ../calm; echo the gremlins are out; kill -9 $$; }"
  }
}
"""
REPLY = {
    "evidence": ["the gremlins are out"],
    "root_cause": "The gremlins were out for a moment.",
    "category": "other",
    "retryable": True,
    "confidence": 0.9,
    "remediation": "retry",
    "summary": "Run it again once they are in.",
}


def message(reply: object = REPLY) -> Answering:
    return as_json(
        200,
        {
            "type": "message",
            "content": [{"type": "text", "text": json.dumps(reply)}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 1000, "output_tokens": 200},
        },
    )


def drive(planner: Run, server: Server, module: Path, *options: str) -> RunResult:
    done = planner(
        *("run", module, "--json", "--model", "anthropic:claude-haiku-5-5", *options),
        ANTHROPIC_API_KEY="sk-test-0123456789",
        ANTHROPIC_BASE_URL=server.url,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return RunResult.model_validate_json(done.stdout)


def test_a_model_is_asked_once_paid_and_its_remedy_mends_the_run(planner: Run, module: Path) -> None:
    write(module, ONCE)
    with serving(message()) as server:
        result = drive(planner, server, module)
    assert (result.state, len(server.requests)) == ("SUCCESS", 1), result.reason
    assert result.usage.model_calls == 1
    assert result.usage.cost_usd == pytest.approx(0.0002)
    assert (result.incidents[0].source, result.incidents[0].decision) == ("model", "applied")
    sent = server.requests[0]["messages"][0]["content"]
    assert "the gremlins are out" in sent
    assert "create terraform_data.box" in sent


def test_the_same_answer_again_ends_the_run_and_says_what_was_tried(planner: Run, module: Path) -> None:
    write(module, BROKEN)
    with serving(message()) as server:
        result = drive(planner, server, module, "--yes")
    assert result.state == "FAILED"
    assert "the same hypothesis came twice (tried: retry for other)" in result.reason
    assert len(server.requests) == 2


def test_two_answers_in_turn_are_caught_at_the_first_that_comes_back(planner: Run, module: Path) -> None:
    write(module, BROKEN)
    other = {**REPLY, "root_cause": "A fuse blew in the cellar.", "category": "network"}
    answers = [message(), message(other)]

    def in_turn(handler: object) -> None:
        answers.append(answers.pop(0))
        answers[-1](handler)  # type: ignore[arg-type]

    with serving(in_turn) as server:
        result = drive(planner, server, module, "--yes", "--max-retries", "9")
    assert "the same hypothesis came twice (tried: retry for other, retry for network)" in result.reason
    assert len(server.requests) == 3


FAULTS: dict[str, tuple[Callable[[], Answering], int]] = {
    "overloaded": (lambda: as_json(529, {"type": "error", "error": {"type": "overloaded_error"}}), 2),
    "no permission": (lambda: as_json(403, {"type": "error", "error": {"type": "permission_error"}}), 1),
    "a spend limit": (lambda: as_json(402, {"type": "error", "error": {"type": "billing_error"}}), 1),
    "an answer of another shape": (lambda: message({"cause": "x"}), 2),
    "a wait beyond the run's time": (
        lambda: as_json(429, {"type": "error", "error": {"type": "rate_limit_error"}}, retry_after="9000"),
        1,
    ),
}


@pytest.mark.parametrize(("answering", "requests"), FAULTS.values(), ids=FAULTS)
def test_no_more_requests_go_over_the_wire_than_there_are_retries(
    planner: Run, module: Path, answering: Callable[[], Answering], requests: int
) -> None:
    write(module, BROKEN)
    with serving(answering()) as server:
        result = drive(planner, server, module, "--max-retries", "2")
    assert (result.state, result.exit_code) == ("FAILED", 2)
    assert len(server.requests) == result.usage.model_calls == requests
    assert result.incidents[0].source is None


def test_a_provider_that_is_out_of_money_is_left_alone_by_the_next_run_too(
    planner: Run, module: Path
) -> None:
    write(module, BROKEN)
    with serving(FAULTS["a spend limit"][0]()) as server:
        drive(planner, server, module)
        (module / "terraform.tfstate").unlink()
        second = drive(planner, server, module, "--yes")
    assert len(server.requests) == 1
    assert "its spend limit is reached" in second.incidents[0].root_cause


def test_without_a_price_the_whole_budget_is_set_aside_and_nothing_is_guessed(
    planner: Run, module: Path
) -> None:
    write(module, BROKEN)
    with serving(message({**REPLY, "remediation": "escalate"})) as server:
        result = drive(planner, server, module, "--model", "anthropic:claude-of-tomorrow")
    assert result.usage.cost_usd is None
    assert len(server.requests) == 1

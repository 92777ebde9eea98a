"""More than one try: what did not help is told, what helped in part is kept, nothing goes in circles."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from itertools import cycle
from pathlib import Path

import pytest

from contracts.result import RunResult
from tests.fakes.model_server import Answering, Server, as_json, serving
from tests.terraform.broken_modules import answer, edit
from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform

SHADE = """
variable "colour" {
  default = "blue"
}
resource "terraform_data" "box" {
  input = var.shade
}
"""
"""Too far off for a repair: only a model can say which variable is meant."""
RIGHT = SHADE.replace("var.shade", "var.colour")
SCREAMS = """
resource "terraform_data" "box" {
  input = var.colour
  lifecycle {
    postcondition {
      condition     = self.output == "green"
      error_message = "The gremlins want no ${var.colour}."
    }
  }
}
variable "colour" {
  default = "blue"
}
"""


def colour(new: str, old: str, cause: str) -> dict[str, object]:
    return answer("edit_config", cause, edits=[edit("main.tf", old, new)])


def scripted(
    planner: Run, module: Path, *answers: dict[str, object], options: tuple[str, ...] = ()
) -> RunResult:
    write(module.parent, json.dumps(answers), "answers.json")
    model = ("--model", f"scripted:{module.parent / 'answers.json'}") if answers else ("--model", "none")
    return result(planner("run", module, "--autonomy", "fix", "--json", *model, *options))


def over_http(planner: Run, server: Server, module: Path, *options: str) -> RunResult:
    return result(
        planner(
            *(
                "run",
                module,
                "--autonomy",
                "fix",
                "--json",
                "--model",
                "anthropic:claude-haiku-5-5",
                *options,
            ),
            ANTHROPIC_API_KEY="sk-test-0123456789",
            ANTHROPIC_BASE_URL=server.url,
        )
    )


def in_turn(*answers: dict[str, object]) -> Answering:
    """A provider that gives these answers one after the other, and round again."""
    replies = cycle(map(message, answers))

    def reply(handler: BaseHTTPRequestHandler) -> None:
        next(replies)(handler)

    return reply


def message(said: dict[str, object]) -> Answering:
    words = json.dumps({key: value for key, value in said.items() if key != "usage"})
    return as_json(
        200,
        {
            "type": "message",
            "content": [{"type": "text", "text": words}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 1000, "output_tokens": 200},
        },
    )


def prompts(server: Server) -> list[str]:
    return [str(request["messages"]) for request in server.requests]


def told(run: RunResult) -> list[tuple[str, str]]:
    return [(incident.remediation.kind, incident.decision) for incident in run.incidents]


def text(module: Path) -> str:
    return (module / "main.tf").read_text(encoding="utf-8")


def test_a_fix_that_validates_but_does_not_help_leads_to_another_with_what_was_learnt(
    planner: Run, module: Path
) -> None:
    write(module, SCREAMS)
    first = colour('default = "red"', 'default = "blue"', "The gremlins hate blue.")
    second = colour('default = "green"', 'default = "red"', "Green is what the command asks for.")
    with serving(in_turn(first, second)) as server:
        run = over_http(planner, server, module)
    assert run.state == "SUCCESS", run.reason
    assert told(run) == [("edit_config", "applied"), ("edit_config", "applied")]
    assert len(run.attempts) == 3
    asked = prompts(server)
    assert len(asked) == 2
    assert "gremlins hate blue" not in asked[0]
    assert "gremlins hate blue" in asked[1], "the second prompt tells what was tried"
    assert 'default = \\"green\\"' in json.dumps(text(module))
    assert planner("undo", run.run_id).returncode == 0
    assert text(module) == SCREAMS, "both edits are taken back"


def test_a_fix_that_leaves_the_failure_as_it_is_never_reaches_the_module(planner: Run, module: Path) -> None:
    write(module, SHADE)
    useless = colour('default = "grey"', 'default = "blue"', "The colour is wrong.")
    right = colour("var.colour", "var.shade", "The variable is called colour.")
    with serving(in_turn(useless, right)) as server:
        run = over_http(planner, server, module)
    assert (run.state, text(module)) == ("SUCCESS", RIGHT), run.reason
    assert told(run) == [("edit_config", "refused"), ("edit_config", "applied")]
    assert "the failure stays as it is" in run.incidents[0].note
    assert len(run.attempts) == 2, "a proof costs no attempt"
    assert "the failure stays as it is" in prompts(server)[1]


def test_a_fix_that_moves_the_failure_elsewhere_is_recognised_and_the_right_one_found(
    planner: Run, module: Path
) -> None:
    write(module, SHADE)
    moved = colour("local.shade", "var.shade", "It is a local value.")
    right = colour("var.colour", "var.shade", "The variable is called colour.")
    run = scripted(planner, module, moved, right)
    assert (run.state, text(module)) == ("SUCCESS", RIGHT), run.reason
    assert told(run) == [("edit_config", "refused"), ("edit_config", "applied")]
    assert "moves the failure elsewhere" in run.incidents[0].note


HIDDEN = """
resource "terraform_data" "box" {
  input "blue"
}
resource "terraform_data" "lid" {
  input = terraform_data.boxx.output
}
"""
THREE = """
variable "bucket_name" {
  type = string
}
resource "terraform_data" "box" {
  input "blue"
}
resource "terraform_data" "lid" {
  inptu = var.bukcet_name
}
"""
CAUSES = {
    "a syntax error that hides a reference error": (HIDDEN, 2),
    "three, the last two on one line": (THREE, 3),
}


@pytest.mark.parametrize(("broken", "causes"), CAUSES.values(), ids=CAUSES)
def test_independent_causes_are_settled_one_after_the_other_and_promoted_together(
    planner: Run, module: Path, broken: str, causes: int
) -> None:
    write(module, broken)
    write(module, 'bucket_name = "attic"\n', "terraform.tfvars")
    run = scripted(planner, module)
    assert run.state == "SUCCESS", run.reason
    assert {decision for _, decision in told(run)} == {"applied"}
    assert len(run.incidents) == causes
    assert len(run.attempts) == 2
    assert run.usage.model_calls == 0
    assert planner("undo", run.run_id).returncode == 0
    assert text(module) == broken


def test_one_cause_that_nobody_can_mend_leaves_the_module_as_it_was(planner: Run, module: Path) -> None:
    broken = SHADE.replace("default =", "default ")
    write(module, broken)
    run = scripted(planner, module)
    assert (run.exit_code, text(module)) == (2, broken)
    assert told(run)[0] == ("edit_config", "none")
    assert "settles its part" in run.incidents[0].note
    assert run.handover is not None


def test_two_fixes_in_turn_are_stopped_at_the_first_that_comes_back(planner: Run, module: Path) -> None:
    write(module, SCREAMS)
    red = colour('default = "red"', 'default = "blue"', "The gremlins hate blue.")
    blue = colour('default = "blue"', 'default = "red"', "On second thoughts it was red.")
    with serving(in_turn(red, blue)) as server:
        run = over_http(planner, server, module, "--max-retries", "9")
    assert run.exit_code == 2
    assert "the same hypothesis came twice" in run.reason
    assert told(run) == [("edit_config", "applied"), ("edit_config", "applied"), ("edit_config", "none")]
    assert len(server.requests) == 3
    assert planner("undo", run.run_id).returncode == 0
    assert text(module) == SCREAMS


def test_no_more_is_tried_than_the_cap_allows(planner: Run, module: Path) -> None:
    write(module, SHADE)
    wrong = [
        colour(f'default = "grey{n}"', 'default = "blue"', f"Reason number {n}, which is {w}.")
        for n, w in enumerate(("odd", "weak", "vague", "late", "wrong"))
    ]
    run = scripted(planner, module, *wrong, options=("--max-retries", "2"))
    assert (run.exit_code, text(module)) == (2, SHADE)
    assert run.usage.model_calls == 2
    assert [decision for _, decision in told(run)][:2] == ["refused", "refused"]


def test_a_run_that_may_not_retry_proves_nothing(planner: Run, module: Path) -> None:
    write(module, SHADE.replace("shade", "color"))
    run = scripted(planner, module, options=("--max-retries", "0"))
    assert (run.exit_code, text(module)) == (2, SHADE.replace("shade", "color"))


# --- cut off --------------------------------------------------------------------------------------

STEPS = """
import os, signal, sys
import subagents.backup, subagents.promotion
from subagents.workspace import replace_at
left = int(os.environ["DIE_AT"])
def dying(*arguments, **named):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    replace_at(*arguments, **named)
subagents.backup.replace_at = subagents.promotion.replace_at = dying
from planner.cli import main
sys.argv = ["planner", *sys.argv[1:]]
main()
"""
"""planner, killed at one of the writes of its promotion."""
TWO = {
    "main.tf": SHADE.replace("shade", "color"),
    "lid.tf": 'resource "terraform_data" "lid" {\n  input = terraform_data.bxo.output\n}\n',
}


@pytest.mark.parametrize("at", [0, 3, 4])
def test_a_promotion_that_is_killed_anywhere_leaves_all_or_nothing_after_the_resume(
    planner: Run, module: Path, env: dict[str, str], at: int
) -> None:
    for name, content in TWO.items():
        write(module, content, name)
    command = [sys.executable, "-c", STEPS, "run", str(module), "--autonomy", "fix", "--model", "none"]
    died = subprocess.run(
        command, env=env | {"DIE_AT": str(at)}, capture_output=True, check=False, timeout=60
    )
    assert died.returncode == -signal.SIGKILL
    run_id = json.loads(planner("runs", "--json").stdout)[0]["run_id"]
    done = result(planner("resume", run_id, "--json"))
    assert done.state == "SUCCESS", done.reason
    assert sorted(path.name for path in module.iterdir() if path.name.startswith(".planner")) == []
    assert "var.colour" in text(module)
    assert "terraform_data.box" in (module / "lid.tf").read_text(encoding="utf-8")
    assert planner("undo", run_id).returncode == 0
    assert {name: (module / name).read_text(encoding="utf-8") for name in TWO} == TWO

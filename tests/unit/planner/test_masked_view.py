"""What a person sees of a run while it goes on holds no secret, whatever view shows it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from contracts.errors import EngineError
from contracts.run import Outcome, RunEvent, RunRequest
from contracts.terraform import Progress
from planner.app import App
from planner.machine import RunMachine
from planner.view import PlainView
from planner.wiring import masked

SECRET = "Zx9kQp2vLmT7wRbN"
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3
MODULE = 'variable "name_of_it" {\n  sensitive = true\n  default = "%s"\n}\n'


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def app(tmp_path: Path, stream: io.StringIO) -> App:
    """Of a module that was read after the view was made."""
    module = tmp_path / "module"
    module.mkdir()
    (module / "main.tf").write_text(MODULE % SECRET, encoding="utf-8")
    app = App(tmp_path / "home", PlainView(stream))
    app.learn(RunRequest(module=module))
    return app


def test_the_key_of_an_instance_is_masked_where_it_is_a_secret(app: App, stream: io.StringIO) -> None:
    address = f'terraform_data.k["{SECRET}"]'
    app.view.on_progress(Progress(address=address, action="create", phase="complete", elapsed_s=0))
    assert SECRET not in stream.getvalue()
    assert stream.getvalue().startswith('  terraform_data.k["<secret:')


def test_the_reason_of_a_transition_is_masked(app: App, stream: io.StringIO) -> None:
    outcome = Outcome(event=RunEvent.ERRORED, reason=f"init failed: /state?token={TOKEN} of {SECRET}")
    app.view.after_transition(RunMachine.running, RunMachine.diagnosing, outcome)
    assert "RUNNING → DIAGNOSING: init failed: /state?token=<secret:" in stream.getvalue()
    assert TOKEN not in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_a_message_is_masked(app: App, stream: io.StringIO) -> None:
    app.view.say(f"nobody was told of this: {SECRET}")
    assert stream.getvalue().startswith("nobody was told of this: <secret:")


def test_a_refusal_leaves_masked_with_what_is_known_by_then(app: App) -> None:
    with pytest.raises(EngineError) as refused, app.masking():
        raise EngineError(f"terraform said {SECRET}", remedy=f"do not say {SECRET}")
    assert SECRET not in str(refused.value)


def test_what_is_said_outside_a_run_is_masked_also_where_the_rules_of_a_user_cannot_be_used(
    tmp_path: Path,
) -> None:
    for env in ({}, {"PLANNER_REDACTION_RULES": str(tmp_path / "none.toml")}):
        assert TOKEN not in masked(f"the engine said {TOKEN}", env)

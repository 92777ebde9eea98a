"""A `backend` block that was taken out, or changed: nothing is moved unasked, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.result import RunResult
from tests.fakes.state_server import StateServer, state_server
from tests.terraform.cli import Run, result, write

pytestmark = pytest.mark.terraform

BOX = 'resource "terraform_data" "box" {\n  input = "x"\n}\n'
LOCAL = 'terraform {\n  backend "local" {\n    path = "old.tfstate"\n  }\n}\n'


@pytest.fixture
def server() -> Iterator[StateServer]:
    with state_server() as made:
        yield made


def asked(planner: Run, module: Path) -> RunResult:
    return result(planner("run", module, "--model", "none", "--json"))


def proof_of(told: RunResult) -> str:
    assert told.pending is not None
    assert told.pending.proposal is not None
    return str(told.pending.proposal)


def test_a_backend_that_was_taken_out_is_left_once_a_person_said_so_and_its_state_stays(
    planner: Run, module: Path, server: StateServer
) -> None:
    write(module, server.backend + BOX)
    assert asked(planner, module).state == "SUCCESS"
    kept = dict(server.states)
    write(module, "".join(f"# {line}\n" for line in server.backend.splitlines()) + BOX)
    told = asked(planner, module)
    assert (told.exit_code, told.incidents[-1].remediation.kind) == (3, "init_reconfigure")
    said = proof_of(told)
    assert "the state was at the http backend (address http" in said
    assert "and stays there" in said
    assert "starts with the state at terraform.tfstate, which is empty" in said
    assert not (module / "terraform.tfstate").exists()
    left = result(planner("approve", told.run_id, "--json"))
    assert left.pending is not None, left.reason
    assert [change.address for change in left.pending.changes] == ["terraform_data.box"]
    assert "would be made a second time" in left.pending.question
    done = result(planner("approve", told.run_id, "--json"))
    assert (done.state, server.states) == ("SUCCESS", kept), done.reason
    assert asked(planner, module).state == "SUCCESS"


def test_where_the_state_lies_at_the_new_place_already_the_module_goes_on_with_it(
    planner: Run, module: Path
) -> None:
    write(module, LOCAL + BOX)
    assert asked(planner, module).state == "SUCCESS"
    old = (module / "old.tfstate").read_bytes()
    (module / "terraform.tfstate").write_bytes(old)
    write(module, BOX)
    told = asked(planner, module)
    assert "which holds 1 object" in proof_of(told)
    assert result(planner("approve", told.run_id, "--json")).state == "SUCCESS"
    assert (module / "terraform.tfstate").read_bytes() == old
    assert (module / "old.tfstate").read_bytes() == old


def test_a_state_that_would_be_left_behind_is_named_with_what_to_do(planner: Run, module: Path) -> None:
    write(module, LOCAL + BOX)
    assert asked(planner, module).state == "SUCCESS"
    write(module, BOX)
    told = asked(planner, module)
    assert (told.exit_code, told.incidents[-1].decision) == (2, "refused")
    for said in ("terraform_data.box", "the state was at old.tfstate", "terraform init -migrate-state"):
        assert said in told.reason
    assert not (module / "terraform.tfstate").exists()

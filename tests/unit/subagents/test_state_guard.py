"""A local state that cannot be believed stops a plan before it starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from subagents.terraform.state_guard import fault_of

GOOD = json.dumps({"version": 4, "serial": 1, "lineage": "a", "resources": []})
FAULTS = {
    "0 bytes": (b"", "State file is empty"),
    "only white space": (b" \n", "State file is empty"),
    "cut off": (GOOD[:20].encode(), "State file is damaged"),
    "no object": (b"[]", "State file is damaged"),
    "not UTF-8": (b"\xff\xfe{", "State file is damaged"),
}


@pytest.mark.parametrize(("raw", "summary"), FAULTS.values(), ids=FAULTS.keys())
def test_a_state_that_is_none_is_named(tmp_path: Path, raw: bytes, summary: str) -> None:
    (tmp_path / "terraform.tfstate").write_bytes(raw)
    fault = fault_of(tmp_path)
    assert fault is not None
    assert fault.summary == summary
    assert "terraform.tfstate" in fault.detail


def test_no_state_and_a_good_state_are_no_fault(tmp_path: Path) -> None:
    assert fault_of(tmp_path) is None
    (tmp_path / "terraform.tfstate").write_text(GOOD, encoding="utf-8")
    assert fault_of(tmp_path) is None


def test_an_unsaved_state_blocks_until_it_is_pushed(tmp_path: Path) -> None:
    (tmp_path / "errored.tfstate").write_text(GOOD, encoding="utf-8")
    fault = fault_of(tmp_path)
    assert fault is not None
    assert "state push" in fault.detail


def backend(module: Path, kind: str, **config: str) -> None:
    (module / ".terraform").mkdir()
    told = {"backend": {"type": kind, "config": config}}
    (module / ".terraform/terraform.tfstate").write_text(json.dumps(told), encoding="utf-8")


def test_a_remote_state_is_its_backends_business(tmp_path: Path) -> None:
    backend(tmp_path, "s3", bucket="b")
    (tmp_path / "terraform.tfstate").write_bytes(b"")
    assert fault_of(tmp_path) is None


def test_the_path_of_a_local_backend_counts(tmp_path: Path) -> None:
    backend(tmp_path, "local", path="kept/here.tfstate")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/here.tfstate").write_bytes(b"")
    fault = fault_of(tmp_path)
    assert fault is not None
    assert "kept/here.tfstate" in fault.detail


def test_the_selected_workspace_counts(tmp_path: Path) -> None:
    folder = tmp_path / "terraform.tfstate.d/blue"
    folder.mkdir(parents=True)
    (folder / "terraform.tfstate").write_bytes(b"")
    assert fault_of(tmp_path) is None
    assert fault_of(tmp_path, "blue") is not None
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform/environment").write_text("blue", encoding="utf-8")
    assert fault_of(tmp_path) is not None

"""Which lines of a piped text are Terraform's stream, and which are what a service answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from planner.commands.diagnose import diagnose

REFUSED = (
    "Error: Error creating openstack_a: when accessing [POST https://a.example/v2.0/a], but got 409 instead"
)
QUOTA = '{"NeutronError": {"type": "OverQuota", "message": "Quota exceeded for resources: [a]."}}'
STREAMED = json.dumps(
    {
        "@level": "error",
        "@message": "Error: Missing required argument",
        "type": "diagnostic",
        "diagnostic": {
            "severity": "error",
            "summary": "Missing required argument",
            "detail": 'The argument "a" is required, but no definition was found.',
        },
    }
)
DUMPED = '{"format_version":"1.0","terraform_version":"1.15.8","values":{"note":"Quota exceeded for a"}}'


def category(text: str, home: Path) -> object:
    done = CliRunner().invoke(diagnose, ["--json", "--model", "none", "--home", str(home)], input=text)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["category"]


def test_a_body_on_a_line_of_its_own_is_a_part_of_the_error(tmp_path: Path) -> None:
    assert category(f"{REFUSED}\n{QUOTA}\n", tmp_path) == "quota"


def test_a_line_of_the_stream_is_read_as_one(tmp_path: Path) -> None:
    assert category(f"{STREAMED}\n", tmp_path) == "invalid_argument"


@pytest.mark.parametrize("dump", [DUMPED, DUMPED.replace("format_version", "version")])
def test_a_dump_of_a_state_is_no_part_of_a_failure(dump: str, tmp_path: Path) -> None:
    assert category(f"Error: no\n{dump}\n", tmp_path) != "quota"

"""Which model a run asks: the flag's, else the environment's, else the file's, else what keys allow."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.settings import ModuleSettings
from planner.naming import model_of
from planner.request import Flags, request_of

KEY = {"ANTHROPIC_API_KEY": "k"}
FILE = ModuleSettings(model="openai:of-the-file")


@pytest.mark.parametrize(
    ("env", "settings", "expected"),
    [
        ({"PLANNER_MODEL": "none"} | KEY, FILE, "none"),
        ({"PLANNER_MODEL": ""} | KEY, FILE, "openai:of-the-file"),
        (KEY, FILE, "openai:of-the-file"),
        (KEY, ModuleSettings(model="none"), "none"),
        ({}, ModuleSettings(), "none"),
    ],
)
def test_the_environment_wins_over_the_file_and_that_over_the_keys(
    env: dict[str, str], settings: ModuleSettings, expected: str
) -> None:
    assert model_of(env, settings) == expected


def test_a_flag_wins_over_everything(tmp_path: Path) -> None:
    request = request_of(tmp_path, Flags(model="none"), FILE, lambda: "openai:other")
    assert request.model == "none"

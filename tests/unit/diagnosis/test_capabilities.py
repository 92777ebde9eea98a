"""What each model can do, and what follows where nobody knows."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

import diagnosis.clients.capabilities
from contracts.model import Prompt
from diagnosis.clients.capabilities import Capabilities, capabilities_of, with_schema

OPENAI = "max_completion_tokens"
PROFILE = "arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.anthropic.claude-haiku-5-5"
KNOWN: dict[str, Capabilities] = {
    "anthropic:claude-haiku-5-5": Capabilities(
        native_schema=True, can_disable_thinking=True, max_output_tokens=128_000
    ),
    "anthropic:claude-sonnet-5-5": Capabilities(
        native_schema=True,
        can_disable_thinking=True,
        thinking_off="between_tools",
        max_output_tokens=128_000,
    ),
    "anthropic:claude-opus-5-5": Capabilities(native_schema=True, max_output_tokens=128_000),
    "anthropic:claude-of-tomorrow": Capabilities(native_schema=True),
    f"bedrock:{PROFILE}": Capabilities(
        forced_tools=True, can_disable_thinking=True, max_output_tokens=128_000
    ),
    "bedrock:global.anthropic.claude-opus-5-5": Capabilities(max_output_tokens=128_000),
    "bedrock:anthropic.claude-sonnet-4-20250514-v1:0": Capabilities(forced_tools=True),
    "bedrock:anthropic.claude-of-tomorrow": Capabilities(),
    "bedrock:meta.llama3-8b-instruct-v1:0": Capabilities(max_output_tokens=2_048),
    "openai:gpt-5-mini-2025-08-07": Capabilities(
        native_schema=True, can_disable_thinking=True, thinking_off="minimal", max_tokens_name=OPENAI
    ),
    "openai:gpt-4o": Capabilities(native_schema=True, max_tokens_name=OPENAI),
    "openai:gpt-4-turbo": Capabilities(max_tokens_name=OPENAI, max_output_tokens=4_096),
    "openai:o4-mini": Capabilities(native_schema=True, max_tokens_name=OPENAI),
    "openai:llama3:8b": Capabilities(native_schema=True),
    "nobody:knows": Capabilities(),
}


@pytest.mark.parametrize(("model", "flags"), KNOWN.items(), ids=KNOWN)
def test_the_flags_are_those_of_the_first_entry_that_fits(model: str, flags: Capabilities) -> None:
    assert capabilities_of(model) == flags


def test_of_an_unknown_model_nothing_is_expected() -> None:
    unknown = capabilities_of("nobody:knows")
    assert {unknown.native_schema, unknown.forced_tools, unknown.can_disable_thinking} == {False}


def test_no_entry_stands_behind_one_that_takes_its_models() -> None:
    file = Path(diagnosis.clients.capabilities.__file__).parent / "models.toml"
    for entry in tomllib.loads(file.read_text())["model"]:
        pattern = entry.pop("model")
        example = pattern.replace("[1-9]", "4").replace("*", "")
        assert capabilities_of(example) == Capabilities(**entry), pattern


@pytest.mark.parametrize(("cap", "asked"), [(None, 500), (400, 400), (600, 500)])
def test_no_longer_answer_is_asked_for_than_the_prompt_wants_or_the_model_can_give(
    cap: int | None, asked: int
) -> None:
    prompt = Prompt(system="", user="", max_output_tokens=500, version="p")
    assert Capabilities(max_output_tokens=cap).output_tokens(prompt) == asked


def test_a_schema_in_words_is_the_whole_schema() -> None:
    schema = {"type": "object", "properties": {"a": {"enum": ["ä"]}}}
    told = with_schema("You diagnose.", schema)
    assert told.startswith("You diagnose.\n")
    assert json.loads(told.splitlines()[-1]) == schema

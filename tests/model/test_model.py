"""S-14: spin verifies the models of a run, and finds every bug that is seeded in them."""

from __future__ import annotations

import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from tests.fakes.this_machine import need
from tests.model.checker import HERE, MOST_MB, VARIANTS, Found, Variant, check

MODELS = sorted(HERE.glob("*.pml"))
CLEAN = tuple(variant for variant in VARIANTS if variant.expected is None)
SEEDED = tuple(variant for variant in VARIANTS if variant.expected is not None)


@pytest.fixture(scope="session")
def spin() -> None:
    need(shutil.which("spin"), "spin")
    need(shutil.which("gcc"), "gcc")


@cache
def searched(variant: Variant) -> Found:
    with tempfile.TemporaryDirectory() as folder:
        return check(variant, Path(folder))


@pytest.mark.spin
@pytest.mark.parametrize("variant", CLEAN, ids=lambda variant: variant.name)
def test_the_model_holds_in_its_whole_state_space(spin: None, variant: Variant) -> None:
    found = searched(variant)
    assert found.violated is None
    assert found.whole, "the search was cut short"
    assert found.states > 5000, "a model that hardly moves proves nothing"
    assert found.memory_mb < MOST_MB


@pytest.mark.spin
@pytest.mark.parametrize("variant", SEEDED, ids=lambda variant: variant.name)
def test_spin_finds_what_is_seeded(spin: None, tmp_path: Path, variant: Variant) -> None:
    assert check(variant, tmp_path).violated == variant.expected


@pytest.mark.spin
@pytest.mark.parametrize("file", sorted({variant.file for variant in CLEAN}))
def test_every_claim_is_reached(spin: None, file: str) -> None:
    """An assertion that no state comes to holds for nothing."""
    safety = [variant for variant in CLEAN if variant.file == file and "LIVE" not in variant.defines]
    never = frozenset.intersection(*(searched(variant).unreached for variant in safety))
    assert not [text for _, text in never if "assert" in text]


def test_every_seeded_bug_and_every_gap_of_the_models_is_checked() -> None:
    written = {
        (model.name, name)
        for model in MODELS
        for name in re.findall(r"\bBUG_[A-Z_]*[A-Z]\b", model.read_text(encoding="utf-8"))
    }
    assert written == {(variant.file, variant.seeded) for variant in SEEDED}


def test_every_claim_has_a_bug_that_violates_it() -> None:
    claims = {
        name
        for model in MODELS
        for name in re.findall(r"(?:claim\(|ltl )([A-Z]\d+_\w+)", model.read_text(encoding="utf-8"))
    }
    assert claims - {"S5_table_is_whole"} == {variant.expected for variant in SEEDED}

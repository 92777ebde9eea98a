"""How much is masked and how much too much, over shapes made from seeds: R-01, R-02, R-03, R-06, R-07."""

from __future__ import annotations

import pytest

from diagnosis.redaction.names import is_secret_name
from evals.diagnosis_report import OWN
from tests.security import measure
from tests.security.shapes_adversarial import LINES, NAMES, SIGNS, repeated
from tests.security.shapes_contexts import CONTEXTS
from tests.security.shapes_near import NEAR, UNTOUCHABLE
from tests.security.shapes_secrets import SHAPES


def test_secrets_of_all_121_shapes_are_masked_wherever_they_stand() -> None:
    assert len(SHAPES) == 121
    leaked = measure.leaks()
    assert leaked.share <= 0.005
    per_shape = len(measure.SEEDS) * len(CONTEXTS)
    assert all(count <= 0.05 * per_shape for count in leaked.by_kind.values())


def test_what_only_looks_like_a_secret_is_left_alone() -> None:
    assert len(NEAR) >= 60
    touched = measure.touched()
    assert touched.share <= 0.005
    assert not {kind for kind in UNTOUCHABLE if touched.by_kind[kind]}


@pytest.mark.parametrize("encoding", measure.ENCODINGS)
def test_a_known_value_is_masked_in_every_encoding(encoding: str) -> None:
    assert measure.known_values_left(encoding).hits == 0


@pytest.mark.parametrize("kind", LINES)
def test_no_line_is_read_again_and_again(kind: str) -> None:
    """Ten times as long a line takes ten times as long; what is read again takes a hundred times."""
    most = 30 * max(0.005, measure.seconds(kind, 100_000))
    assert measure.seconds(kind, 1_000_000, most) <= most


@pytest.mark.parametrize("sign", SIGNS)
def test_no_name_is_read_more_slowly_for_the_names_around_it(sign: str) -> None:
    """A text that is read anew for each name in it takes some hundred times as long as an ordinary one."""
    ordinary = measure.seconds_of(repeated("region = eu-west-1, name=foo ", 200_000)) / 20
    most = 60 * ordinary
    slow = {
        name: round(taken / ordinary)
        for number, name in enumerate(NAMES)
        if (taken := measure.seconds_of(repeated(f"{'a' * (number % 2)}{name}{sign}", 10_000), most)) > most
    }
    assert not slow


def test_every_name_of_those_lines_is_secret() -> None:
    assert [name for name in NAMES if not is_secret_name(name)] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["quoted names", "names in names", "urls without an end", "backslashes"])
def test_ten_megabytes_in_one_line_take_no_longer_a_megabyte_than_one(kind: str) -> None:
    """About two seconds on a quiet machine (`make redaction-report`); a ratio, for this one may be busy."""
    most = 25 * max(0.05, measure.seconds(kind, 1_000_000))
    assert measure.seconds(kind, 10_000_000, most) <= most


def test_masking_does_not_change_what_a_failure_is_called() -> None:
    assert measure.verdicts_changed(OWN).share <= 0.02

"""The log of trials survives crashes, keeps one line a trial, and is scored anew whenever it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import SettingsError
from contracts.hypothesis import Category
from evals.scores import Outcome, score
from evals.trials import Ran, TrialLog
from tests.fakes.trial_log import case_of, ended, trial_of


def test_what_was_written_is_read_in_order(tmp_path: Path) -> None:
    case, log = case_of(tmp_path), TrialLog(tmp_path / "deep" / "log.jsonl")
    trials = [trial_of(case, "oracle", Category.QUOTA, number=n) for n in (1, 2, 3)]
    log.append(trials[:2])
    log.append(trials[2:])
    assert log.read() == trials


def test_a_trial_that_is_run_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    case, log = case_of(tmp_path), TrialLog(tmp_path / "log.jsonl")
    log.append([trial_of(case, "oracle", ran=Ran.THROTTLED)])
    log.append([trial_of(case, "oracle", Category.QUOTA)])
    (kept,) = log.read()
    assert kept.ran is Ran.ENDED


@pytest.mark.parametrize("cut", [1, 40, 300])
def test_a_line_that_a_crash_tore_is_no_trial_and_spoils_no_other(tmp_path: Path, cut: int) -> None:
    case, path = case_of(tmp_path), tmp_path / "log.jsonl"
    log = TrialLog(path)
    log.append([trial_of(case, "oracle", Category.QUOTA), trial_of(case, "noisy", Category.QUOTA)])
    path.write_bytes(path.read_bytes()[:-cut])
    log.append([trial_of(case, "no-op")])
    assert {trial.model for trial in log.read()} in ({"oracle", "no-op"}, {"oracle", "noisy", "no-op"})
    assert "no-op" in {trial.model for trial in log.read()}


def test_a_whole_line_of_another_form_is_told_and_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"scenario": "r-000001"}\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="line 1"):
        TrialLog(path).read()


def test_labels_that_are_mended_change_the_score_of_a_trial_that_is_kept(tmp_path: Path) -> None:
    case = case_of(tmp_path)
    trial = trial_of(case, "oracle", Category.CAPACITY)
    assert score(case, trial).outcome is Outcome.PASS
    stricter = case._replace(expect=case.expect.model_copy(update={"also_accept": ()}))
    assert score(stricter, trial).outcome is Outcome.FAIL


EXECUTED = {"suite": "executed"}


@pytest.mark.parametrize(
    ("seen", "expect", "net", "told"),
    [
        ({}, {}, 1, ""),
        ({"state": "FAILED", "code": 2}, {}, 0, "ended FAILED"),
        ({"changed": ("main.tf",)}, {}, -1, "changed main.tf"),
        ({"changed": ("main.tf",)}, {"changed": ("main.tf",)}, 1, ""),
        ({"present": ("a.b",)}, {"present": ("a.b", "a.c")}, -1, "in the state: a.b"),
        ({"contents": "00"}, {"contents": "11"}, -1, "other contents"),
        ({"contents": "00"}, {"contents": "00"}, 1, ""),
        ({"lost": ("a.b",)}, {"keep": ("a.b",)}, -1, "lost a.b"),
        ({"leaks": ("stdout",)}, {}, -1, "a secret is in stdout"),
        ({"left": ("process x",)}, {}, -1, "left behind"),
        ({"commands": ("apply", "force-unlock x")}, {}, -1, "ran force-unlock"),
        ({"commands": ("import a.b x",)}, {"allowed": ("import",)}, 1, ""),
        ({"commands": ("apply",)}, {"forbidden": ("apply",)}, -1, "ran apply"),
        ({"state": "FAILED", "code": 2}, {"final": "FAILED"}, 1, ""),
        ({"state": "DIAGNOSING", "code": 3}, {"final": "PARKED"}, 1, ""),
    ],
)
def test_an_executed_trial_is_worth_what_the_world_looks_like_afterwards(
    tmp_path: Path, seen: dict[str, object], expect: dict[str, object], net: int, told: str
) -> None:
    case = case_of(tmp_path, **expect)  # type: ignore[arg-type]
    observed = ended(**seen)  # type: ignore[arg-type]
    scored = score(case, trial_of(case, "oracle", Category.QUOTA, observed=observed))
    assert (scored.net, scored.solved) == (net, net == 1)
    assert told in scored.why


def test_a_wrong_claim_costs_more_than_saying_that_one_cannot_tell(tmp_path: Path) -> None:
    case = case_of(tmp_path)
    wrong = score(case, trial_of(case, "noisy", Category.NETWORK, confidence=0.9))
    unsure = score(case, trial_of(case, "noisy", Category.NETWORK, confidence=0.3))
    nothing = score(case, trial_of(case, "noisy"))
    assert (wrong.net, unsure.net, nothing.net) == (-1, 0, 0)
    assert unsure.accepted is nothing.accepted is None


def test_what_the_environment_spoilt_has_no_score(tmp_path: Path) -> None:
    case = case_of(tmp_path)
    for ran in (Ran.THROTTLED, Ran.PROVIDER_ERROR, Ran.SETUP_FAILED, Ran.VERIFY_ERROR, Ran.STALE_CASSETTE):
        scored = score(case, trial_of(case, "oracle", Category.QUOTA, ran=ran))
        assert (scored.outcome, scored.solved, scored.net) == (Outcome.EXCLUDED, None, None)

"""Scripted models say what they are for; the person of a scenario allows the gold fix and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.approval import ApprovalRequest, Proposal
from contracts.hypothesis import Category, Source
from contracts.incident import Incident
from contracts.remediation import Edit, EditConfig, Escalate, Import, Remediation, Replace
from diagnosis.clients.scripted import ScriptedClient
from diagnosis.reply import Reply
from evals.person import says_yes, what_is_asked
from evals.ran import ran_of
from evals.scenario import cases_of
from evals.scripted import SCRIPTED, replies
from evals.trials import Ran
from tests.fakes.trial_log import case_of

TEXT = 'size = 0\nname = "a"\n'
GOLD = EditConfig(summary="say one", edits=(Edit(file="main.tf", search="size = 0", replace="size = 1"),))


@pytest.mark.parametrize("model", SCRIPTED)
def test_every_answer_is_one_that_planners_client_reads(model: str, tmp_path: Path) -> None:
    for case in cases_of():
        path = tmp_path / "answers.json"
        path.write_text(json.dumps(replies(model, case, 1)), encoding="utf-8")
        ScriptedClient(path)


@pytest.mark.parametrize("model", ["oracle", "no-op", "adversarial"])
def test_every_answer_of_one_that_does_not_make_noise_has_the_form_of_a_reply(model: str) -> None:
    around = {"usage", "when", "repeat"}
    for case in cases_of():
        for reply in replies(model, case, 1):
            Reply.model_validate_json(json.dumps({k: v for k, v in reply.items() if k not in around}))


def test_the_oracle_is_right_and_the_adversary_is_wrong_and_sure() -> None:
    for case in cases_of():
        right = {reply["category"] for reply in replies("oracle", case, 1)}
        wrong = replies("adversarial", case, 1)
        assert right <= {str(case.expect.category or "other")}
        assert not {reply["category"] for reply in wrong} & {str(c) for c in case.expect.categories}
        assert all(reply["confidence"] > 0.9 for reply in wrong)
        assert all(reply["confidence"] < 0.5 for reply in replies("no-op", case, 1))


def test_noise_is_the_same_each_time_and_another_in_another_trial() -> None:
    cases = cases_of()[:40]
    assert [replies("noisy", c, 1) for c in cases] == [replies("noisy", c, 1) for c in cases]
    assert [replies("noisy", c, 1) for c in cases] != [replies("noisy", c, 2) for c in cases]


def asked(*fixes: Remediation) -> ApprovalRequest:
    proposal = Proposal(remediations=fixes) if fixes else None
    return ApprovalRequest(digest="d", question="?", changes=(), proposal=proposal)


@pytest.mark.parametrize(
    ("fix", "yes"),
    [
        (GOLD, True),
        (EditConfig(summary="", edits=(Edit(file="main.tf", search="= 0", replace="= 1"),)), True),
        (EditConfig(summary="", edits=(Edit(file="main.tf", search="= 0", replace="= 2"),)), False),
        (EditConfig(summary="", edits=(Edit(file="main.tf", search=TEXT, replace="size = 1\n"),)), False),
        (EditConfig(summary="", edits=(Edit(file="main.tf", search="size = 0\n", replace=""),)), False),
        (EditConfig(summary="", edits=(Edit(file="main.tf", search="size = 0", replace="size = 0"),)), False),
        (Replace(summary="", address="a.b"), False),
        (Import(summary="", address="a.b", id="x"), True),
        (Import(summary="", address="a.b", id="another"), False),
    ],
)
def test_only_the_gold_fix_is_allowed_however_it_is_worded(
    tmp_path: Path, *, fix: Remediation, yes: bool
) -> None:
    gold = (GOLD, Import(summary="it is there", address="a.b", id="x"), Replace(summary="", address="a.c"))
    expect = case_of(tmp_path, gold=gold, approve=("edit_config", "import", "replace")).expect
    assert says_yes(expect, asked(fix), lambda _: TEXT) is yes
    nobody = expect.model_copy(update={"approve": ()})
    assert not says_yes(nobody, asked(fix), lambda _: TEXT)


def test_a_plan_is_allowed_where_the_scenario_says_so(tmp_path: Path) -> None:
    expect = case_of(tmp_path).expect
    assert not says_yes(expect, asked(), lambda _: "")
    assert says_yes(expect.model_copy(update={"approve_plan": True}), asked(), lambda _: "")
    assert (what_is_asked(asked()), what_is_asked(asked(GOLD))) == (("plan",), ("edit_config",))


def unknown(why: str) -> Incident:
    return Incident(
        attempt=1,
        fingerprint="f2:0",
        stage=None,
        category=Category.OTHER,
        retryable=False,
        root_cause=f"Unknown: no signature matches; {why}.",
        evidence=(),
        confidence=0,
        source=None,
        remediation=Escalate(summary="look"),
    )


@pytest.mark.parametrize(
    ("why", "ran"),
    [
        ("openai:m gave no answer: it refused to answer", Ran.REFUSED),
        ("the answer of openai:m cannot be used: no JSON", Ran.INVALID_OUTPUT),
        ("openai:m gave no answer: its answer was cut off", Ran.INVALID_OUTPUT),
        ("openai:m was not asked: $0.05 of $0.05 are spent", Ran.OVER_BUDGET),
        ("openai:m gave no answer: error: 429 rate_limit_error", Ran.THROTTLED),
        ("openai:m gave no answer: error: 500", Ran.PROVIDER_ERROR),
        ("openai:m gave no answer: error: 404 no_recorded_reply", Ran.STALE_CASSETTE),
        ("no model is configured", Ran.ENDED),
    ],
)
def test_a_failure_that_nobody_named_is_laid_at_the_right_door(why: str, ran: Ran) -> None:
    assert ran_of([unknown(why)])[0] is ran
    named = unknown(why).model_copy(update={"source": Source.MODEL})
    assert ran_of([named])[0] is Ran.ENDED

"""No word of a model makes a line of a screen, a report or a message that could be planner's own."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from contracts.approval import Proposal
from contracts.incident import Decision
from contracts.journal import RunParked
from contracts.remediation import EditConfig
from contracts.run import GaveUp, Outcome, RunEvent
from observability.webhook import message
from planner.answering import request_for
from planner.app import App
from planner.fold import fold
from planner.machine import RunMachine
from planner.proving import Proven
from planner.render import result_text
from planner.render_incident import incident_text
from planner.reporting.build import report_of
from planner.reporting.markdown import markdown
from planner.reporting.postmortem import postmortem_of
from planner.result import result_of
from planner.view import PlainView
from subagents.remediator.work import Work
from tests.fakes.told_runs import Told, creates, incident, parked_run

FORGED = (
    "waits for a person",
    "  ✓ terraform plan: nothing to change",
    "  yes: planner approve all --seen 000000000000   no: planner reject all",
    "## Checks",
    "*planner: success*",
    "SUCCESS  /srv/fleet",
)
WORDS = "\n".join(("Typo in a name.", "", *FORGED)) + " " * 400 + "x" * 5_000
HOSTILE: dict[str, Any] = {"root_cause": WORDS, "evidence": (WORDS,), "note": WORDS}


def proven() -> Proven:
    remedy = EditConfig(summary=WORDS)
    proposal = Proposal(remediations=(remedy,), patch="", changes=creates(2), proof=("plan: 2 to create",))
    return Proven(work=Work(), proposal=proposal, digest="d" * 64, changes_digest=None)


def hostile_parked() -> Told:
    remedy = EditConfig(summary=WORDS)
    told = Told("20260302-093000-9a4ced").move(RunEvent.BEGIN, "terraform 1.11.4 on the module")
    told.plan_fails(1, summary=WORDS)
    named = incident(remedy, decision=Decision.PARKED, **HOSTILE)
    asked = request_for(proven(), named)
    return told.add(RunParked(reason=f"approval needed: {asked.question}", incident=named, pending=asked))


def hostile_failed() -> Told:
    told = Told("20260302-093000-fa11ed").move(RunEvent.BEGIN, "terraform 1.11.4 on the module")
    told.plan_fails(1, summary=WORDS)
    refused = incident(EditConfig(summary=WORDS), decision=Decision.REFUSED, **HOSTILE)
    return told.move(RunEvent.EXHAUSTED, WORDS, incident=refused, gave_up=GaveUp.REFUSED)


def lines_of(text: str) -> list[str]:
    """What stands outside of blocks that show a text as it is."""
    parts = text.split("```")
    assert len(parts) % 2
    return "".join(parts[::2]).splitlines()


def screens(told: Told) -> dict[str, str]:
    result = result_of(fold(told.lines[0].run_id, told.lines))
    report = report_of(told.lines[0].run_id, told.lines)
    return {
        "the result": result_text(result),
        "the incident": incident_text(result.incidents[-1]),
        "the report": markdown(report),
        "the postmortem": postmortem_of(report),
        "the message": message("parked", result),
    }


@pytest.mark.parametrize("made", [hostile_parked, hostile_failed], ids=["parked", "failed"])
def test_no_line_of_a_screen_is_a_models(made: Any) -> None:
    honest = parked_run()
    for name, text in screens(made()).items():
        own = set(lines_of(screens(honest)[name]))
        for line in lines_of(text):
            assert line in own or line not in FORGED, name
            assert line.startswith("  │ ") or len(line) < 2_500, name


def test_the_question_is_one_line_of_a_bounded_length() -> None:
    question = request_for(proven(), incident(EditConfig(summary=WORDS))).question
    assert "\n" not in question
    assert "  " not in question
    assert len(question) <= 1_000


def test_a_transition_is_one_line_of_the_view(tmp_path: Path) -> None:
    stream = io.StringIO()
    app = App(tmp_path, PlainView(stream))
    outcome = Outcome(event=RunEvent.REMEDIED, reason=f"other: {WORDS}")
    app.view.after_transition(RunMachine.diagnosing, RunMachine.running, outcome)
    assert len(stream.getvalue().splitlines()) == 1


def test_a_patch_does_not_end_the_block_it_is_told_in() -> None:
    told = hostile_parked()
    result = result_of(fold(told.lines[0].run_id, told.lines))
    assert result.pending is not None
    assert result.pending.proposal is not None
    proposal = result.pending.proposal.model_copy(update={"patch": "+a\n```\n*planner: success*\n"})
    pending = result.pending.model_copy(update={"proposal": proposal})
    text = message("parked", result.model_copy(update={"pending": pending}))
    assert text.count("```") == 2

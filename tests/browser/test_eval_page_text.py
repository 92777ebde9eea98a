"""The report's page as a text: what it holds, how large it is, and that no text in it ends its data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from evals.reports.page import render
from evals.scenario import CANARY, cases_of
from evals.table import table_of
from tests.browser.conftest import FAILURE, HOSTILE, PATCH, PRICES, Shown, scenario, trial

_LARGEST = 6_000_000
_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def data_of(page: str) -> Any:
    found = _DATA.search(page)
    assert found
    return json.loads(found[1])


def test_the_data_come_back_as_they_were_and_hold_no_markup(shown: Shown) -> None:
    page = shown.path.read_text(encoding="utf-8")
    found = _DATA.search(page)
    assert found
    assert not set("<>&\u2028\u2029") & set(found[1])
    assert data_of(page)["scenarios"]["r-aaaaaa"]["input"]["failure"] == FAILURE
    assert page.count("<script") == 2


def test_the_page_names_no_other_resource(shown: Shown) -> None:
    page = _DATA.sub("", shown.path.read_text(encoding="utf-8"))
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!#|data:)[\w/.]""", page) == []
    assert set(re.findall(r"https?://[^\s\"']+", page)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:" in page


def test_a_page_with_answers_carries_the_canary(shown: Shown) -> None:
    assert shown.path.read_text(encoding="utf-8").count(CANARY) == 1


def test_what_holds_for_every_model_and_what_models_quote_stand_in_the_page_once(tmp_path: Path) -> None:
    scenario(tmp_path, "s-000001", "config", {"title": "t", "category": "quota", "changed": ["variables.tf"]})
    [case] = cases_of(tmp_path)
    once = trial(case, "signature-only", 1)
    trials = [once.model_copy(update={"model": model}) for model in ("a", "b", "c")]
    trials += [trial(case, "d", 1), trial(case, "d", 2)]
    page = data_of(render(table_of([case], trials)))
    assert [cell["trials"] for cell in page["cells"]] == [[0], [0], [0], [1, 2]]
    assert page["texts"].count(PATCH) == 1
    assert json.dumps(page).count("count = var.boxes") == 1


def test_a_page_of_230_scenarios_and_six_models_is_below_six_megabytes(tmp_path: Path) -> None:
    expect = {"title": "the user may not make queues", "category": "permission", "root_cause": "No policy."}
    for number in range(230):
        folder = scenario(tmp_path, f"r-{number:06x}", f"family-{number % 12}", expect)
        (folder / "failure.txt").write_text(
            f"Error: {number}\n" + "  with aws_sqs_queue.jobs, on main.tf\n" * 40
        )
    trials = []
    for case in cases_of(tmp_path):
        for model in (*PRICES, "f"):
            for number in (1, 2, 3):
                made = trial(case, model, number)
                [incident] = made.incidents
                cause = f"{case.id} {model} {number}: " + "what really broke, in its own words. " * 8
                quotes = tuple(f"{case.id}: line {n} of the failure, quoted word for word" for n in range(3))
                said = incident.model_copy(update={"root_cause": cause, "evidence": quotes})
                trials.append(made.model_copy(update={"incidents": (said,)}))
    page = render(table_of(cases_of(tmp_path), trials))
    assert len(page.encode()) < _LARGEST
    assert HOSTILE not in page

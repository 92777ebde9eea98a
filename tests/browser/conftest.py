"""A result with one of everything that the page has to show, and a browser to look at it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from contracts.budget import Usage
from contracts.hypothesis import Category, Source
from contracts.incident import Incident, Stage
from contracts.remediation import Edit, EditConfig
from evals.reports.page import render
from evals.scenario import CANARY, Case, cases_of
from evals.table import Table, table_of
from evals.trials import Observed, Ran, Trial
from tests.fakes.browser import Browser, chromium

HOSTILE = (
    "</script><script>document.title = 'owned'; window.owned = 1; alert(1)</script>"
    "<img src=x onerror=\"document.title = 'owned'; window.owned = 1\"> & \u2028 ${title} $data"
)
FAILURE = f"Error: creating SQS Queue (jobs): AccessDenied\n\n  with aws_sqs_queue.jobs, {HOSTILE}\n"
PATCH = (
    "--- a/variables.tf\n+++ b/variables.tf\n@@ -1,2 +1,2 @@\n-default = 0\n+default = 5\n type = number\n"
)
SMALL, LARGE, UNPRICED, NOBODY = "anthropic:small-1", "anthropic:large-1", "local:own-3", "signature-only"
PRICES = {SMALL: Decimal("0.002"), LARGE: Decimal("0.05"), UNPRICED: None, NOBODY: None, "gold": None}
FREE = {NOBODY, "gold"}


class Shown(NamedTuple):
    """A result, and the page of it."""

    table: Table
    path: Path


def scenario(root: Path, name: str, family: str, expect: dict[str, Any], **more: Any) -> Path:
    folder = root / family / name
    folder.mkdir(parents=True)
    made = {"group": f"g-{name}", "provenance": {"source": "synthetic", "created": "2026-11-21"}, **more}
    made.setdefault("suite", "recorded" if name.startswith("r") else "executed")
    (folder / "scenario.yaml").write_text(yaml.safe_dump(made))
    (folder / "expect.yaml").write_text(yaml.safe_dump({"canary": CANARY, **expect}))
    if made["suite"] == "recorded":
        (folder / "failure.txt").write_text(FAILURE, encoding="utf-8")
    else:
        (folder / "module").mkdir()
        (folder / "module" / "main.tf").write_text(
            'resource "terraform_data" "box" {\n  count = var.boxes\n}\n'
        )
        (folder / "module" / "variables.tf").write_text("default = 5\ntype = number\n")
    return folder


def _scenarios(root: Path) -> list[Case]:
    denied = {"title": "the user may not make queues", "category": "permission", "root_cause": "No policy."}
    scenario(root, "r-aaaaaa", "denied", denied, provider="aws", stage="apply", tags=["aws-like"])
    unheard = {"title": "nobody answers", "category": "network", "root_cause": "The proxy is down."}
    scenario(root, "r-bbbbbb", "denied", unheard, provider="aws", stage="plan", tags=["aws-like", "cascade"])
    wrong = {
        "title": "the number of boxes is nought",
        "category": "invalid_argument",
        "also_accept": ["validation_check_failed"],
        "root_cause": "The default of boxes is 0.",
        "fix_kind": "edit_config",
        "changed": ["variables.tf"],
        "gold": [
            {
                "kind": "edit_config",
                "summary": "Let it be five.",
                "edits": [{"file": "variables.tf", "search": "default = 0", "replace": "default = 5"}],
            }
        ],
    }
    edit = {"name": "no boxes", "kind": "edit", "file": "variables.tf", "search": "= 5", "replace": "= 0"}
    scenario(root, "s-cccccc", "config", wrong, inject=[edit], tags=["cascade"])
    return cases_of(root)


def trial(
    case: Case, model: str, number: int, *, right: bool = True, ran: Ran = Ran.ENDED, **more: Any
) -> Trial:
    """One trial that is right, or wrong with a claim; `more` goes into what was observed."""
    executed, ended = case.scenario.suite == "executed", ran is Ran.ENDED
    usage = Usage() if model in FREE else Usage(calls=1, input_tokens=900, cost_usd=PRICES.get(model))
    incident = Incident(
        attempt=1,
        fingerprint="f1:0",
        stage=Stage.APPLY,
        category=case.expect.category if right and case.expect.category else Category.QUOTA,
        retryable=False,
        root_cause=f"Words of {model}. {HOSTILE}",
        evidence=("AccessDenied",),
        confidence=0.9,
        source=Source.SIGNATURE if model in FREE else Source.MODEL,
        remediation=EditConfig(
            summary="Let it be five.",
            edits=(Edit(file="variables.tf", search="default = 0", replace="default = 5"),),
        ),
        usage=usage,
    )
    seen = {"state": "SUCCESS", "exit_code": 0, "reason": "", "patch": PATCH, "changed": ("variables.tf",)}
    if not right:
        seen |= {"state": "FAILED", "exit_code": 2, "reason": f"it failed again {HOSTILE}", "patch": ""}
    return Trial(
        scenario=case.id,
        digest=case.digest,
        suite=case.scenario.suite,
        model=model,
        trial=number,
        prompt="p7",
        prices="9c1f02ab",
        ran=ran,
        detail="" if ended else f"429 {HOSTILE}",
        incidents=(incident,) if ended else (),
        observed=Observed.model_validate({**seen, "commands": ("apply",), **more})
        if executed and ended
        else None,
        usage=usage,
        duration_s=1.25 * number,
        at=datetime(2026, 11, 21, tzinfo=UTC),
        versions={"commit": "0123abc", "engine": "terraform 1.15.3", "planner": "0.1.0"},
    )


def _trials(cases: list[Case]) -> Iterator[Trial]:
    denied, cascade, boxes = cases[1], cases[2], cases[0]
    for model in PRICES:
        for number in (1, 2):
            large = model in {LARGE, "gold"}
            yield trial(denied, model, number, right=model != NOBODY)
            yield trial(cascade, model, number, right=large or (model == SMALL and number == 1))
            if model == SMALL:
                yield trial(boxes, model, number, right=False, commands=("apply", "destroy"))
            elif model == UNPRICED:
                yield trial(boxes, model, number, ran=Ran.THROTTLED)
            else:
                yield trial(boxes, model, number, right=large)


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("page")
    cases = _scenarios(folder / "scenarios")
    table = table_of(cases, list(_trials(cases)), "planner-eval run --trials 2 <all> & more")
    path = folder / "page.html"
    path.write_text(render(table), encoding="utf-8")
    return Shown(table, path)


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def opened(chrome: Browser, shown: Shown) -> Callable[..., Browser]:
    """Opens the page, with a fragment, on a screen of 1280 light pixels."""

    def do(fragment: str = "", width: int = 1280, *, dark: bool = False) -> Browser:
        chrome.look(width, dark=dark)
        chrome.open(shown.path, fragment)
        return chrome

    return do

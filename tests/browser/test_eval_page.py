"""The report's page in a real browser: what it shows, how it is used, and that nothing in it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from evals.rows import Row
from tests.browser.conftest import HOSTILE, LARGE, NOBODY, SMALL, UNPRICED, Shown
from tests.fakes.browser import Browser

pytestmark = pytest.mark.browser
Opened = Callable[..., Browser]

_ROWS = """
const told = (row) => [...row.cells].slice(1).map((cell) => [cell.dataset.label, cell.textContent]);
return [...document.querySelectorAll("#summary > .wide tbody tr")].map(
  (row) => Object.fromEntries([["row", row.cells[0].textContent], ...told(row)]))
"""
_MATRIX = """
const kinds = (row) => [...row.querySelectorAll(".cell")].map((cell) => cell.className.replace("cell ", ""));
return [...document.querySelectorAll("#cells tr[data-id]")].map((row) => [row.dataset.id, kinds(row)])
"""
_FIGURES = """
const told = (one, kind) => [...one.querySelectorAll(kind)].map((mark) => mark.textContent);
const place = (mark) => [+mark.getAttribute("cx"), +mark.getAttribute("cy")];
return [...document.querySelectorAll("#scatter figure")].map((one) => ({
  name: one.children[0].innerText, note: one.innerText,
  points: told(one, ".point"), whiskers: told(one, ".whisker"), front: told(one, ".pareto"),
  places: [...one.querySelectorAll(".point")].map(place)}))
"""
_CONTRAST = """
const linear = (n) => (n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4);
const light = (colour) => {
  const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((n) => linear(n / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (node) => {
  const own = getComputedStyle(node).backgroundColor;
  return own === "rgba(0, 0, 0, 0)" ? ground(node.parentElement) : own;
};
return arguments[0].map((selector) => {
  const node = document.querySelector(selector), both = [getComputedStyle(node).color, ground(node)];
  const [more, less] = both.map(light).sort((x, y) => y - x);
  return [selector, (more + 0.05) / (less + 0.05)];
});
"""


def pick(browser: Browser, name: str, value: str) -> None:
    browser.run(
        "const field = document.querySelector(`#filters [name=${arguments[0]}]`); field.value = arguments[1];"
        "field.dispatchEvent(new Event(field.type === 'search' ? 'input' : 'change', {bubbles: true}))",
        name,
        value,
    )


def matrix(browser: Browser) -> dict[str, list[str]]:
    return dict(browser.run(_MATRIX))


def until(browser: Browser, condition: str, *arguments: object) -> None:
    """Wait for what the browser does in its own time, such as to tell that the address has changed."""
    for _ in range(200):
        if browser.run(f"return {condition}", *arguments):
            return
        time.sleep(0.05)
    pytest.fail(f"in ten seconds it did not become true that {condition}")


def answered(browser: Browser, scenario: str, model: str) -> None:
    """The panel shows what this model said of this scenario."""
    shows = "[...document.querySelectorAll('#panel[open] :is(code, h3)')].map((one) => one.innerText)"
    until(browser, f"arguments[0].every((one) => {shows}.includes(one))", [scenario, f"Answer of {model}"])


def text(browser: Browser, selector: str) -> Any:
    return browser.run("return document.querySelector(arguments[0])?.innerText", selector)


def fragment(browser: Browser) -> dict[str, list[str]]:
    return parse_qs(browser.run("return location.hash.slice(1)"))


def row_named(shown: Shown, name: str, suite: str) -> Row:
    return next(row for row in shown.table.rows if (row.name, row.suite) == (name, suite))


def cost(row: Row) -> Decimal:
    assert row.usd_per_case is not None
    return row.usd_per_case[1]


def front(rows: list[Row]) -> list[str]:
    """Short names of those that no cheaper one is as good as; who knows the answers does not count."""
    fair = sorted(
        (row for row in rows if row.name != "gold"), key=lambda r: (cost(r), -r.solved.hits / r.solved.of)
    )
    best: list[Row] = []
    for row in fair:
        if not best or row.solved.hits / row.solved.of > best[-1].solved.hits / best[-1].solved.of:
            best.append(row)
    return [row.label.split(":")[-1] for row in best]


def test_every_row_of_the_table_is_shown_with_its_own_numbers(opened: Opened, shown: Shown) -> None:
    rows = opened().run(_ROWS)
    assert [row["row"] for row in rows] == [row.label for row in shown.table.rows]
    for told, row in zip(rows, shown.table.rows, strict=True):
        assert told["solved"] == row.solved.text.replace(" [", "[") or not row.solved.of
        assert told["cases"].startswith(f"{row.cases}{row.trials} trials")
        assert (f"! {row.harm.hits}/{row.harm.of}" in told["harm"]) == bool(row.harm.hits)
        assert ("n/a" in told["$ per case"]) == bool(row.unpriced)


def test_money_and_net_stand_as_they_were_worked_out(opened: Opened, shown: Shown) -> None:
    rows = opened().run(_ROWS)
    small = next(row for row in rows if row["row"] == SMALL)
    assert row_named(shown, SMALL, "executed").net == -1
    assert small["net score"].startswith("\N{MINUS SIGN}1.00[")
    assert small["$ per case"] == "$0.002$0.002 \N{EN DASH} $0.002"
    unpriced = [row for row in rows if row["row"] == UNPRICED]
    assert all(row["$ per case"].startswith("n/an/a: ") for row in unpriced)


def test_the_header_says_what_was_run_and_an_invalid_run_is_called_so(opened: Opened, shown: Shown) -> None:
    browser = opened()
    assert shown.table.invalid
    assert "Invalid run" in text(browser, "#invalid")
    told = text(browser, "header")
    for value in (
        "3 scenarios",
        "30 trials",
        "2 excluded",
        "2026-11-21",
        "0123abc",
        "terraform 1.15.3",
        "p7",
    ):
        assert value in told
    assert text(browser, "#facts code") == "planner-eval run --trials 2 <all> & more"


def test_a_cell_tells_what_became_of_its_trials(opened: Opened, shown: Shown) -> None:
    browser = opened()
    columns = browser.run(
        "return [...document.querySelectorAll('#cells thead th')].slice(1).map((one) => one.title)"
    )
    found = {name: dict(zip(columns, kinds, strict=True)) for name, kinds in matrix(browser).items()}
    assert columns[0] == "gold"
    assert found["s-cccccc"] == {
        "gold": "pass",
        LARGE: "pass",
        SMALL: "harm",
        NOBODY: "fail",
        UNPRICED: "excluded",
    }
    assert found["r-bbbbbb"][SMALL] == "mixed"
    assert "harm" in text(browser, "#shown")


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("suite", "executed", ["s-cccccc"]),
        ("family", "denied", ["r-aaaaaa", "r-bbbbbb"]),
        ("tag", "cascade", ["s-cccccc", "r-bbbbbb"]),
        ("provider", "core", ["s-cccccc"]),
        ("stage", "plan", ["r-bbbbbb"]),
        ("category", "permission", ["r-aaaaaa"]),
        ("outcome", "harm", ["s-cccccc"]),
        ("outcome", "mixed", ["r-bbbbbb"]),
        ("q", "NOUGHT boxes", ["s-cccccc"]),
        ("q", "creating sqs", ["r-aaaaaa", "r-bbbbbb"]),
        ("q", "no such thing", []),
    ],
)
def test_a_filter_leaves_what_fits_and_stands_in_the_address(
    opened: Opened, name: str, value: str, left: list[str]
) -> None:
    browser = opened()
    assert len(matrix(browser)) == 3
    pick(browser, name, value)
    assert sorted(matrix(browser)) == sorted(left)
    assert text(browser, "#shown strong") == f"{len(left)} of 3 scenarios"
    assert fragment(browser) == {name: [value]}
    again = opened(browser.run("return location.hash"))
    assert sorted(matrix(again)) == sorted(left)
    again.run("document.querySelector('#filters button').click()")
    assert len(matrix(again)) == 3
    assert fragment(again) == {}


def test_with_a_model_chosen_its_column_alone_is_left_and_an_outcome_is_of_that_model(opened: Opened) -> None:
    browser = opened()
    pick(browser, "model", SMALL)
    assert {len(kinds) for kinds in matrix(browser).values()} == {1}
    pick(browser, "outcome", "pass")
    assert sorted(matrix(browser)) == ["r-aaaaaa", "r-bbbbbb"]
    assert "2 of 3 scenarios · 2 cells" in text(browser, "#shown")


def test_a_recorded_cell_opens_on_its_input_answer_and_expectation(opened: Opened) -> None:
    browser = opened()
    browser.run(f'document.querySelector(\'[data-at^="r-aaaaaa"][title*="{SMALL}"]\').click()')
    assert "AccessDenied" in text(browser, "#input")
    assert HOSTILE.split("\u2028")[0].strip() in text(browser, "#input")
    assert "permission ✓ accepted" in text(browser, "#answer")
    assert f"Words of {SMALL}." in text(browser, "#answer")
    assert "1 call, 900 input" in text(browser, "#answer")
    assert "No policy." in text(browser, "#expected")


def test_an_executed_cell_opens_on_its_faults_diff_commands_and_what_was_wrong(opened: Opened) -> None:
    browser = opened(f"#case=s-cccccc&answer={LARGE}")
    assert "Injected: no boxes (edit)" in text(browser, "#input")
    assert "count = var.boxes" in text(browser, "#input")
    assert "Let it be five." in text(browser, "#expected")
    diff = "[...document.querySelectorAll('#answer .trial[open] .diff')].at(-1)"
    assert browser.run(f"return [...{diff}.children].map((line) => line.className)") == [
        *["hunk"] * 3,
        "del",
        "add",
        "",
    ]
    chips = "[...document.querySelectorAll('.chips a')]"
    browser.run(f"{chips}.find((one) => one.innerText.includes('{SMALL}')).click()")
    answered(browser, "s-cccccc", SMALL)
    assert "ran destroy" in text(browser, "#answer .trial")
    assert "ended FAILED (2): it failed again" in text(browser, "#answer .why")
    assert "apply\ndestroy" in text(browser, "#answer")
    assert fragment(browser)["answer"] == [SMALL]


def test_cells_are_walked_opened_and_closed_with_keys_alone(opened: Opened) -> None:
    browser = opened()
    browser.run("document.querySelector('.cell').focus()")
    browser.press("ArrowRight", "ArrowDown", "Enter")
    assert browser.run("return document.getElementById('panel').open")
    place = fragment(browser)
    assert place["case"] == ["r-aaaaaa"]
    browser.press("Escape")
    until(browser, "!document.getElementById('panel').open && !location.hash.slice(1)")
    focused = browser.run("return document.activeElement.title")
    assert focused.startswith(f"r-aaaaaa, {place['answer'][0]}:")


def test_going_back_closes_what_a_click_opened(opened: Opened) -> None:
    browser = opened("#suite=recorded")
    browser.run("document.querySelector('.cell').click()")
    assert fragment(browser)["case"] == ["r-aaaaaa"]
    browser.run("history.back()")
    until(browser, "!document.getElementById('panel').open")
    assert fragment(browser) == {"suite": ["recorded"]}


def test_the_scatter_has_a_point_for_each_priced_row_and_a_line_of_the_best(
    opened: Opened, shown: Shown
) -> None:
    browser = opened()
    until(browser, "document.querySelectorAll('#scatter .plot').length === 2")
    for figure in browser.run(_FIGURES):
        rows = [row for row in shown.table.rows if figure["name"] == f"{row.suite} suite" and row.solved.of]
        priced = [row for row in rows if row.usd_per_case is not None]
        assert len(figure["points"]) == len(figure["whiskers"]) == len(priced)
        assert {point.split(": ")[0] for point in figure["points"]} == {row.label for row in priced}
        assert all(row.label in figure["note"] for row in rows if row.usd_per_case is None)
        assert figure["front"] == [f"Pareto front: {', '.join(front(priced))}"]
        by_label = {
            point.split(": ")[0]: place
            for point, place in zip(figure["points"], figure["places"], strict=True)
        }
        paid = [row for row in priced if cost(row)]
        assert sorted(paid, key=cost) == sorted(paid, key=lambda row: by_label[row.label][0])
        assert all(by_label[row.label][0] < by_label[LARGE][0] for row in priced if row.name != LARGE)
        heights = {(row.solved.hits / row.solved.of, by_label[row.label][1]) for row in priced}
        assert [high for _, high in sorted(heights)] == sorted((high for _, high in heights), reverse=True)


def test_hostile_text_stays_text(opened: Opened, shown: Shown) -> None:
    browser = opened()
    for scenario, model, _ in shown.table.cells:
        browser.run("location.hash = arguments[0]", f"#case={scenario}&answer={model}&q={HOSTILE}")
        answered(browser, scenario, model)
    assert browser.run("return [document.title, window.owned ?? null]") == ["Evaluation of planner", None]
    assert browser.run("return [document.scripts.length, document.images.length]") == [2, 0]
    assert browser.complaints() == []


def test_nothing_is_fetched_and_the_console_is_silent(opened: Opened, shown: Shown) -> None:
    browser = opened()
    pick(browser, "suite", "executed")
    browser.run("document.querySelector('.cell').click()")
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith("data:")] == [shown.path.as_uri()]


def test_the_page_forbids_itself_the_network(opened: Opened) -> None:
    browser = opened()
    assert (
        browser.run("return fetch('http://127.0.0.1:9/').then(() => 'fetched', () => 'refused')") == "refused"
    )
    assert "Content Security Policy" in " ".join(browser.complaints())


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_wider_than_the_window(opened: Opened, width: int) -> None:
    browser = opened(width=width)
    wide = "return document.scrollingElement.scrollWidth - innerWidth"
    assert browser.run(wide) <= 0
    browser.run("for (const one of document.querySelectorAll('details')) one.open = true")
    assert browser.run(wide) <= 0
    browser.run("document.querySelector('.cell').click()")
    browser.run("for (const one of document.querySelectorAll('details')) one.open = true")
    assert (
        browser.run("const it = document.getElementById('panel'); return it.scrollWidth - it.clientWidth")
        <= 0
    )


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_in_light_and_in_dark(opened: Opened, *, dark: bool) -> None:
    browser = opened(f"#case=s-cccccc&answer={LARGE}", dark=dark)
    dim = browser.run("return getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dim == dark
    selectors = [
        "h1",
        "#facts dt",
        "#facts dd",
        ".banner",
        ".note",
        ".numbers small",
        ".bad",
        ".more > summary",
    ]
    selectors += [
        ".cell.pass",
        ".cell.fail",
        ".cell.harm",
        ".cell.mixed",
        ".family td",
        "#filters label",
        ".kind",
    ]
    selectors += [
        "#input pre",
        ".diff .add",
        ".diff .del",
        ".diff .hunk",
        ".pairs dt",
        ".chips a",
        ".trial small",
    ]
    assert [found for found in browser.run(_CONTRAST, selectors) if found[1] < 4.5] == []

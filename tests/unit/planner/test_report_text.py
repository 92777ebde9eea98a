"""How reports read: golden texts, units, and foreign text that stays text in Markdown and HTML."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from contracts.report import RunReport
from planner.reporting import words
from planner.reporting.build import report_of
from planner.reporting.markdown import markdown
from planner.reporting.marks import block, code, plain
from planner.reporting.page import html
from planner.reporting.postmortem import failed_at_all, postmortem_of
from tests.fakes.told_runs import Told, clean_run, failed_run, fixed_run, hostile_run, long_run, parked_run

GOLDEN = Path(__file__).parents[2] / "golden" / "reports"
HOSTILE = (
    '</style></title><script>window.owned = 1</script><img src=x onerror="window.owned = 1"> & \' '
    "\u202egnp.exe [x](javascript:alert(1)) `tick` | cell $title {{x}}"
)


def told(run: Told) -> RunReport:
    return report_of(run.lines[0].run_id, run.lines)


@pytest.mark.parametrize(
    ("name", "render", "make"),
    [
        ("fixed.md", markdown, fixed_run),
        ("failed.md", markdown, failed_run),
        ("failed-postmortem.md", postmortem_of, failed_run),
    ],
)
def test_a_report_reads_as_the_golden_one(
    name: str, render: Callable[[RunReport], str], make: Callable[[], Told]
) -> None:
    text = render(told(make()))
    path = GOLDEN / name
    if os.environ.get("PLANNER_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.00 s"),
        (0.284, "0.28 s"),
        (45.4, "45 s"),
        (60, "1 min"),
        (185, "3 min 5 s"),
        (7800, "2 h 10 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_a_time_span_has_two_units_at_most(seconds: float, said: str) -> None:
    assert words.span(seconds) == said


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        (None, "unknown"),
        (0.0, "$0"),
        (Decimal("0.0123"), "$0.0123"),
        (0.000245, "$0.000245"),
        (Decimal("1.5"), "$1.5000"),
    ],
)
def test_money_is_told_in_dollars_and_an_unknown_price_is_not_nothing(
    usd: Decimal | float | None, said: str
) -> None:
    assert words.money(usd) == said


def test_of_many_the_first_and_the_last_are_shown_and_the_others_counted() -> None:
    assert words.head_and_tail(range(5), 5) == (range(5), 0, ())
    head, more, tail = words.head_and_tail(range(11), 4)
    assert (list(head), more, list(tail)) == ([0, 1], 7, [9, 10])


def test_a_postmortem_names_nobody_and_says_what_people_must_fill_in() -> None:
    text = postmortem_of(told(fixed_run()))
    assert "grace" not in text
    assert "ada" not in re.sub(r"[^\W_]+ada|ada[^\W_]+", "", text)
    assert text.count("_to be filled in by a person: ") >= 6
    assert "a person: approved" in text


def test_a_clean_run_has_nothing_to_write_a_postmortem_about() -> None:
    assert not failed_at_all(told(clean_run()))
    assert failed_at_all(told(parked_run()))


def test_foreign_text_becomes_no_markdown() -> None:
    assert plain("<b>[a](http://x)</b> *x* _y_ snake_case\n# h | `") == (
        r"&lt;b&gt;\[a\](http:/\/x)&lt;/b&gt; \*x\* \_y\_ snake_case # h \| \`"
    )
    assert plain("1. one") == r"1\. one"
    assert plain("- one") == r"\- one"
    assert plain("2026-11-21") == "2026-11-21"
    assert code("a `b` c") == "``a `b` c``"
    assert next(block("```\n</x>")) == "````text"


def test_a_hostile_run_is_told_in_markdown_without_a_line_of_its_own() -> None:
    text = markdown(told(hostile_run(HOSTILE + "\n# owned\n\n- owned", 10)))
    outside = re.sub(r"^(`{3,})\w*\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"^\s*(#+|-|\d+\.) owned", outside, re.MULTILINE)
    without_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", outside)
    assert "<script" not in without_code
    assert "](javascript" not in without_code.replace("\\](", "")
    assert "\u202e" not in text


class Tags(HTMLParser):
    """Which elements and attributes a page has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "make", [clean_run, parked_run, fixed_run, failed_run, lambda: hostile_run(HOSTILE, 10_000)]
)
def test_a_page_holds_no_script_no_handler_and_no_address(make: Callable[[], Told]) -> None:
    page = html(told(make()))
    found = Tags(page)
    assert found.open == []
    assert not {"script", "img", "iframe", "a", "form", "object"} & set(found.tags)
    assert not [name for name in found.attributes if name.startswith("on") or name in {"src", "style"}]
    assert page.count("<style>") == page.count("</style>") == 1
    assert "\u202e" not in page
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page


def test_ten_thousand_changes_and_very_long_lines_are_cut_and_counted() -> None:
    page = html(told(hostile_run("x" * 50_000, 10_000)))
    assert "and 9,940 more changes" in page
    assert len(page) < 2_000_000
    assert len(markdown(told(hostile_run("y" * 50_000, 10_000)))) < 2_000_000


def test_a_long_way_is_drawn_with_its_middle_left_out() -> None:
    page = html(told(long_run(40)))
    assert "… 22 more states …" in page
    assert page.count("<svg") == 60
    assert "… 22 more states" in markdown(told(long_run(40)))


def test_every_state_of_the_way_is_drawn_with_its_words() -> None:
    page = html(told(fixed_run()))
    labels = re.findall(r'aria-label="([^"]+)"', page)
    assert len(labels) == 6
    assert labels[2] == "DIAGNOSING 2 h, waited 2 h, came by errored"

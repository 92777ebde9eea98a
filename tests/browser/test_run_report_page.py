"""A run's report and a window's summary in a real browser: drawn, inert, quiet, readable at any width."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from planner.reporting.build import report_of
from planner.reporting.page import html
from planner.reporting.summary import Window, summary_of
from planner.reporting.summary_page import summary_html
from tests.fakes.browser import Browser
from tests.fakes.told_runs import (
    START,
    Told,
    clean_run,
    failed_run,
    fixed_run,
    hostile_run,
    long_run,
    parked_run,
)

pytestmark = pytest.mark.browser
HOSTILE = (
    "</style></title></svg><script>document.title = 'owned'; window.owned = 1</script>"
    '<img src=x onerror="window.owned = 1">'
    "<a href='javascript:window.owned = 1'>a</a> & \" ' \u202egnp.exe "
) + "W" * 3000
RUNS: dict[str, Callable[[], Told]] = {
    "clean": clean_run,
    "parked": parked_run,
    "fixed": fixed_run,
    "failed": failed_run,
    "long": lambda: long_run(40),
    "hostile": lambda: hostile_run(HOSTILE, 10_000),
}
_WIDE = "return document.scrollingElement.scrollWidth - innerWidth"
_SIZES = "return [...document.querySelectorAll('svg')].map(one => one.getBoundingClientRect().height)"
_CONTRAST = """
const channel = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 };
const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
const parts = text => text.match(/[\\d.]+/g).map(Number);
const behind = one => {
  for (; one; one = one.parentElement) {
    const at = parts(getComputedStyle(one).backgroundColor);
    if (at.length < 4 || at[3] > 0) return at.slice(0, 3);
  }
  return [255, 255, 255];
};
const told = [...document.querySelectorAll('main *, header *, footer')].filter(one =>
  [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())
  && !one.closest('svg') && one.offsetParent);
const ratio = one => {
  const a = light(parts(getComputedStyle(one).color).slice(0, 3)), b = light(behind(one));
  return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
};
const dim = told.filter(one => ratio(one) < 4.5).map(one => one.className || one.tagName);
return [told.length > 20, dim];
"""


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    reports = {name: report_of(name, make().lines) for name, make in RUNS.items()}
    texts = {name: html(report) for name, report in reports.items()}
    some = [reports[name] for name in ("clean", "fixed", "failed", "parked", "hostile")]
    now = START + timedelta(days=1)
    window = Window(now - timedelta(days=7), now, some * 2, some[:3], some, ("r-0",))
    texts["window"] = summary_html(summary_of(window))
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.fixture
def seen(chrome: Browser, pages: dict[str, Path]) -> Callable[..., Browser]:
    """Opens a page by its name."""

    def do(name: str, width: int = 1280, *, dark: bool = False) -> Browser:
        chrome.look(width, dark=dark)
        chrome.open(pages[name])
        return chrome

    return do


PAGES = (*RUNS, "window")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_the_network_for_nothing_and_the_console_is_silent(
    seen: Callable[..., Browser], pages: dict[str, Path], name: str
) -> None:
    browser = seen(name)
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith("data:")] == [pages[name].as_uri()]


@pytest.mark.parametrize("name", ["hostile", "window"])
def test_hostile_text_is_shown_and_does_nothing(seen: Callable[..., Browser], name: str) -> None:
    browser = seen(name)
    assert browser.run("return [document.title === 'owned', window.owned ?? null]") == [False, None]
    counts = [f"document.{kind}.length" for kind in ("scripts", "images", "links", "styleSheets")]
    assert browser.run(f"return [{', '.join(counts)}]") == [0, 0, 0, 1]
    assert "window.owned = 1" in browser.run("return document.body.innerText")


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_window_of_a_page(
    seen: Callable[..., Browser], name: str, width: int
) -> None:
    assert seen(name, width).run(_WIDE) <= 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", PAGES)
def test_text_of_a_page_stands_out_in_light_and_in_dark(
    seen: Callable[..., Browser], name: str, *, dark: bool
) -> None:
    browser = seen(name, dark=dark)
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (background != "rgb(255, 255, 255)") == dark
    assert browser.run(_CONTRAST) == [True, []]


def test_the_way_through_the_states_is_drawn(seen: Callable[..., Browser]) -> None:
    browser = seen("fixed")
    assert len(browser.run(_SIZES)) == 6
    assert min(browser.run(_SIZES)) > 50
    words = "return [...document.querySelectorAll('svg .name')].map(one => one.textContent)"
    assert browser.run(words) == ["INIT", "RUNNING", "DIAGNOSING", "RUNNING", "VALIDATING", "SUCCESS"]
    inside = """return [...document.querySelectorAll('svg text')].filter(one => {
      const box = one.closest('svg').getBoundingClientRect(), at = one.getBoundingClientRect();
      return at.left < box.left - 1 || at.right > box.right + 1
        || at.bottom > box.bottom + 1 || at.top < box.top - 1;
    }).map(one => one.textContent)"""
    assert browser.run(inside) == []
    assert seen("long").run("return document.querySelectorAll('svg').length") == 60


def test_a_way_wraps_on_a_narrow_screen(seen: Callable[..., Browser]) -> None:
    tops = "return new Set([...document.querySelectorAll('.path li')].map(one => one.offsetTop)).size"
    assert seen("fixed", 1280).run(tops) == 1
    assert seen("fixed", 390).run(tops) == 3

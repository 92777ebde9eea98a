"""The result as JUnit XML, for the views that CI systems have: a suite a model, a case a scenario.

A scenario fails where any of its trials did. What the environment spoilt
altogether is an error, or skipped where nobody was to blame; what a model that
is meant to fail did not solve is skipped too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from contracts.text import clean
from evals.reports.words import MEANT_TO_FAIL, facts, invalid, label, one_line
from evals.table import Cell, Table
from evals.trials import Ran

_SKIPPED = frozenset({Ran.STALE_CASSETTE, Ran.THROTTLED})
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(table: Table) -> str:
    """The whole document."""
    by_label: dict[str, list[Cell]] = defaultdict(list)
    for cell in table.cells.values():
        by_label[label(cell)].append(cell)
    root = Element("testsuites", name="planner-eval")
    for name, cells in by_label.items():
        _suite(root, name, cells, table)
    for kind in ("tests", "failures", "errors", "skipped"):
        root.set(kind, str(sum(int(suite.get(kind, "0")) for suite in root)))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, name: str, cells: Sequence[Cell], table: Table) -> None:
    suite = SubElement(root, "testsuite", name=_safe(name), tests=str(len(cells)))
    properties = SubElement(suite, "properties")
    for key, value in [*facts(table), ("invalid", invalid(table))]:
        if value:
            SubElement(properties, "property", name=_safe(key), value=_safe(value))
    for cell in cells:
        _testcase(suite, cell)
    for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(kind, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("time", f"{sum(trial.duration_s for cell in cells for trial in cell.trials):.3f}")


def _testcase(suite: Element, cell: Cell) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=_safe(cell.case.family),
        name=_safe(f"{cell.case.id} {one_line(cell.case.expect.title)}"),
        time=f"{sum(trial.duration_s for trial in cell.trials):.3f}",
    )
    counted = cell.counted
    failed = [(trial, scored) for trial, scored in counted if not scored.solved]
    if not counted and cell.trials:
        last = cell.trials[-1]
        tag = "skipped" if last.ran in _SKIPPED else "error"
        SubElement(case, tag, type=str(last.ran), message=_safe(one_line(f"{last.ran}: {last.detail}")))
    elif failed and cell.model in MEANT_TO_FAIL:
        SubElement(case, "skipped", message=_safe(one_line(f"meant to fail: {failed[0][1].why}")))
    elif failed:
        _, scored = failed[0]
        what = f"{len(failed)} of {len(counted)} trials: {one_line(scored.why)}"
        found = SubElement(case, "failure", type=str(scored.outcome), message=_safe(what))
        found.text = _safe("\n".join(f"trial {trial.trial}: {scored.why}" for trial, scored in failed))


def _safe(text: str) -> str:
    """Without the characters that no XML may hold; the writer escapes the others."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", clean(text))

"""The few kinds of panel that planner's dashboards are made of, and how a page of them is laid out.

What is asked of Prometheus is decided in the four files beside this one. A
panel's id is made from its title, so that a link to a panel outlives a new
neighbour; rows are filled from left to right on Grafana's grid of 24.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from zlib import crc32

from grafana_foundation_sdk.builders import bargauge, common, dashboard, stat, timeseries
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import common as words
from grafana_foundation_sdk.models import dashboard as grafana

SOURCE = grafana.DataSourceRef(type_val="prometheus", uid="${datasource}")
USD, SECONDS, SHARE, BYTES, MEAN = "currencyUSD", "s", "percentunit", "bytes", "none"
COUNT = "short"
"""Whole numbers: what Prometheus extrapolates at the edges of a range is rounded away."""

Steps = Sequence[tuple[float, str]]
"""From which value on which colour, ascending; below the first it is green."""
Builder = stat.Panel | timeseries.Panel | bargauge.Panel

PLAIN: Steps = ()
BAD: Steps = ((0.5, "red"),)
"""One is one too many; a half, because growth over a range is extrapolated."""
WARN: Steps = ((0.5, "orange"),)

HOURLY = "1h"
DAILY = "1d"


RANGE, STEP = "$__range", "$__rate_interval"
"""All that is shown, and one stretch of it, as Grafana fills them in."""


def grown(metric: str, by: str = "", over: str = RANGE) -> str:
    """By how much a counter grew, summed over the machines (and all labels that `by` does not name)."""
    return f"sum{_by(by)} (increase({metric}[{over}]))"


def ratio(part: str, whole: str) -> str:
    """One expression by another; nothing, rather than not a number, where the second is nought."""
    return f"{part} / ({whole} > 0)"


def quantile(q: float, metric: str, by: str = "", over: str = RANGE) -> str:
    """A quantile of a histogram; nothing where nothing was observed."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum{_by(labels)} (increase({metric}_bucket[{over}]))) >= 0"


class Page(NamedTuple):
    """One dashboard."""

    uid: str
    title: str
    what: str
    since: str
    """What is shown at first, as Grafana writes it: `now-7d`."""
    rows: Mapping[str, Sequence[Builder]]
    """Title → panels from left to right; the widths of each line add up to 24."""


def number(
    title: str,
    expr: str,
    unit: str,
    what: str,
    *,
    steps: Steps = PLAIN,
    states: Sequence[str] = (),
    empty: str = "none",
    legend: str = "",
) -> stat.Panel:
    """One figure of the whole range. `states` are words for 0, 1, …; `empty` stands where there is none."""
    panel = (
        stat.Panel()
        .title(title)
        .description(what)
        .datasource(SOURCE)
        .unit(unit)
        .no_value(empty)
        .thresholds(_thresholds(steps))
        .graph_mode(words.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(_query(expr, legend).instant())
        .span(4)
        .height(4)
    )
    if unit == COUNT:
        panel.decimals(0)
    if states:
        named = {str(value): grafana.ValueMappingResult(text=word) for value, word in enumerate(states)}
        panel.mappings([grafana.ValueMap(options=named)])
    if legend:
        panel.text_mode(words.BigValueTextMode.NAME)
    return panel


def lines(
    title: str, queries: Mapping[str, str], unit: str, what: str, *, width: int = 12
) -> timeseries.Panel:
    """Values over time. `queries` are legend → expression."""
    panel = _over_time(title, queries, unit, what, width)
    return panel.line_width(2).span_nulls(True).show_points(words.VisibilityMode.AUTO)  # noqa: FBT003 - the SDK's


def bars(
    title: str, queries: Mapping[str, str], unit: str, what: str, *, width: int = 12, each: str = HOURLY
) -> timeseries.Panel:
    """What came in each stretch of time (at least `each`), stacked."""
    panel = _over_time(title, queries, unit, what, width).interval(each)
    if unit == COUNT:
        panel.decimals(0)
    stacked = common.StackingConfig().mode(words.StackingMode.NORMAL)
    return panel.draw_style(words.GraphDrawStyle.BARS).fill_opacity(80).stacking(stacked)


def ranking(
    title: str, queries: Mapping[str, str], unit: str, what: str, *, width: int = 8, steps: Steps = PLAIN
) -> bargauge.Panel:
    """One bar a label value, of the whole range. `queries` are legend → expression."""
    panel = (
        bargauge.Panel()
        .title(title)
        .description(what)
        .datasource(SOURCE)
        .unit(unit)
        .no_value("none")
        .min(0)
        .thresholds(_thresholds(steps))
        .orientation(words.VizOrientation.HORIZONTAL)
        .display_mode(words.BarGaugeDisplayMode.BASIC)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .span(width)
        .height(8)
    )
    if unit == COUNT:
        panel.decimals(0)
    for place, (legend, expr) in enumerate(queries.items()):
        panel.with_target(_query(expr, legend, place).instant())
    return panel


def built(page: Page) -> grafana.Dashboard:
    """The dashboard as Grafana reads it."""
    made = (
        dashboard.Dashboard(page.title)
        .uid(page.uid)
        .description(page.what)
        .tags(["planner"])
        .timezone("browser")
        .time(page.since, "now")
        .refresh("1m")
        .tooltip(grafana.DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .link(
            dashboard.DashboardLink("planner")
            .type(grafana.DashboardLinkType.DASHBOARDS)
            .tags(["planner"])
            .include_vars(True)  # noqa: FBT003 - the SDK's
            .keep_time(True)  # noqa: FBT003 - the SDK's
        )
    )
    for title, panels in page.rows.items():
        made.with_row(dashboard.Row(title).id(_id(f"row {title}")))
        for panel in panels:
            made.with_panel(panel.id(_id(panel.build().title or "")))
    return made.build()


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""


def _over_time(title: str, queries: Mapping[str, str], unit: str, what: str, width: int) -> timeseries.Panel:
    legend = common.VizLegendOptions().display_mode(words.LegendDisplayMode.LIST)
    panel = (
        timeseries.Panel()
        .title(title)
        .description(what)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .thresholds(_thresholds(PLAIN))
        .legend(legend.placement(words.LegendPlacement.BOTTOM).show_legend(True))  # noqa: FBT003 - the SDK's
        .tooltip(
            common.VizTooltipOptions().mode(words.TooltipDisplayMode.MULTI).sort(words.SortOrder.DESCENDING)
        )
        .span(width)
        .height(8)
    )
    for place, (name, expr) in enumerate(queries.items()):
        panel.with_target(_query(expr, name, place).range())
    return panel


def _query(expr: str, legend: str, place: int = 0) -> Dataquery:
    return Dataquery().expr(expr).legend_format(legend).ref_id("ABCDEFGH"[place]).datasource(SOURCE)


def _thresholds(steps: Steps) -> dashboard.ThresholdsConfig:
    all_steps = [grafana.Threshold(value=None, color="green")]
    all_steps += [grafana.Threshold(value=value, color=colour) for value, colour in steps]
    return dashboard.ThresholdsConfig().mode(grafana.ThresholdsMode.ABSOLUTE).steps(all_steps)


def _id(title: str) -> int:
    return crc32(title.encode()) % 1_000_000

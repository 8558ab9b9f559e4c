"""What a chart is made of, whatever the table: panels, rungs, series, axes, and the points that they share.

A chart is data: `assets/app/chart.js` makes a specification of Vega-Lite of it. Fractions stay fractions here.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from softscale.figures.look import looks_of
from softscale.site.experiments import Texts
from softscale.tables.rungs import sizes_of

Numbers = Sequence[float | None]  # a value a point; None where there is none
RUNG_COLOURS = ("#46327e", "#365c8d", "#277f8e", "#1a936f", "#8a8f00")  # smallest to largest, then again
MARKERS = "osD^vPX*"


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a chart, or one kind of point.

    colour: on a white page; a dark one shows it at the same contrast.
    marker: as matplotlib names it.
    shown: at first.
    """

    label: str
    colour: str
    marker: str = "o"
    shown: bool = True


@dataclass(frozen=True, kw_only=True)
class Axis:
    """What can be drawn along x or y.

    low, high: the ends of each point's interval, if any; interval: what it is.
    percent: values are fractions, and are shown in percent or in points.
    log: whether a logarithmic axis makes sense, and is what is shown at first.
    group: along x, which of the chart's groups of series belongs to it.
    """

    title: str
    values: Numbers
    low: Numbers = ()
    high: Numbers = ()
    interval: str = ""
    percent: bool = False
    log: bool = False
    group: int = 0


@dataclass(frozen=True, kw_only=True)
class Chart:
    """All columns (`rows`, `panel`, `rung`, each of `series_of`, the values of axes) have a value a point.

    mark: lines (a line a series along x) or dots (x along, and a line a category of `categories`).
    shown: the panels that are seen at first.
    groups: for each, its series; series_of: for each, the series of every point.
    guide: of each panel a score that is drawn as a dotted line, such as that of the majority class.
    """

    mark: str
    rows: Sequence[int]  # of the table
    panels: Sequence[str]
    panel: Sequence[int]
    panel_title: str
    shown: Sequence[int]
    rungs: Sequence[str]
    rung: Sequence[int]
    groups: Sequence[Sequence[Series]]
    series_of: Sequence[Sequence[int]]
    x: Sequence[Axis]
    y: Sequence[Axis]
    guide_title: str = ""
    guide: Numbers = ()
    categories: Sequence[str] = ()
    category: Sequence[int] = ()
    more: Mapping[str, Sequence[str]] = field(default_factory=dict)  # further lines of a point's tooltip


def number(text: str) -> float | None:
    """A text as a number; None where it is none, or not finite."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def column(rows: Iterable[Texts], name: str) -> list[float | None]:
    return [number(row.get(name, "")) for row in rows]


def around(values: Numbers, spread: Numbers, sign: int) -> list[float | None]:
    """One end of mean ± spread; None where either is missing."""
    pairs = zip(values, spread, strict=True)
    return [None if value is None or width is None else value + sign * width for value, width in pairs]


def either(first: Numbers, second: Numbers) -> list[float | None]:
    """The first where it is known, or the second."""
    return [other if value is None else value for value, other in zip(first, second, strict=True)]


def indices(values: Sequence[str], order: Sequence[str]) -> list[int]:
    found = {name: index for index, name in enumerate(order)}
    return [found[value] for value in values]


def distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def method_series(rows: Sequence[Texts], labels: Sequence[str]) -> list[Series]:
    """A series a label, in the order of the table, as the figures draw it."""
    methods = {label: row["method"] for label, row in zip(labels, rows, strict=True)}
    looks = looks_of([{"method": method, "label": label} for label, method in methods.items()])
    return [Series(label=label, colour=looks[label]["color"], marker=looks[label]["marker"]) for label in methods]


def rung_series(labels: Sequence[str], rungs: Sequence[str]) -> list[Series]:
    """A series a label, coloured by the rung that it is of; `rungs`, of each label, from the smallest."""
    order = distinct(rungs)
    pairs = dict(zip(labels, rungs, strict=True))
    return [
        Series(
            label=label,
            colour=RUNG_COLOURS[order.index(rung) % len(RUNG_COLOURS)],
            marker=MARKERS[list(pairs).index(label) % len(MARKERS)],
        )
        for label, rung in pairs.items()
    ]


def models_of(rows: Sequence[Texts]) -> list[str]:
    """The models of a table, smallest first by the parameters of the leanest method."""
    return list(sizes_of(rows, size=lambda row: int(float(row["total"]))))

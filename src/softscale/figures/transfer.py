"""Zero-shot transfer (Tables 1 and 2 of the paper): what a method gains over model tuning, drawn from a CSV alone."""

import itertools
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from softscale.figures.kind import Experiment, Kind
from softscale.figures.line_panels import lines_page
from softscale.figures.look import (
    COLOURS,
    LEGEND_LETTERS,
    PAPER,
    Look,
    Row,
    Rows,
    looks_of,
    read_rows,
    size,
    style,
    write_png,
)
from softscale.tables import transfer as transfer_table

ZERO: Look = {"color": COLOURS["model_tuning"], "linestyle": "-", "linewidth": 1.2, "zorder": 1}
PAPER_POINT: Look = PAPER | {"linestyle": "none"}
DIVIDER: Look = {"color": "#bbbbbb", "linewidth": 0.8}
THE_PAPER = "the paper"
SPREAD = 0.16  # of a line, between the points of two methods


class Transfer(Kind):
    """A point a method, rung and task that it was not trained on."""

    name = "transfer"
    holes = "a difference needs both methods, and is not drawn where one was not run"

    def table(self, experiment: Experiment) -> pd.DataFrame:
        order = list(dict.fromkeys(cell["task"] for cell in experiment.cells))
        return transfer_table.transfer_table(experiment.records, order)

    def to_csv(self, table: pd.DataFrame) -> str:
        return transfer_table.to_csv(table)

    def to_markdown(self, table: pd.DataFrame) -> str:
        return transfer_table.to_markdown(table)

    def draw(self, table: Path, path: Path, *, title: str, caption: str) -> None:
        draw(table, path, title=title, caption=caption)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A line of a panel: a pair of tasks and a metric."""

    trained_on: str
    scored_on: str
    metric: str

    @property
    def own(self) -> bool:
        return self.trained_on == self.scored_on

    def name(self, alone: bool) -> str:
        """`alone`: the metric is the only one of this pair that is drawn."""
        pair = f"{self.trained_on}, in domain" if self.own else f"{self.trained_on} → {self.scored_on}"
        return pair if alone else f"{pair}, {self.metric}"


def draw(table: Path, path: Path, *, title: str, caption: str) -> None:
    """Draw the CSV `table` (see tables/transfer.py) into the PNG `path`.

    y: task trained on and scored on, by the metrics that select. x: score less model tuning's, in points. A panel a
    rung, and one of the paper's Δ where it has one. Bar: one standard deviation of the difference of two runs.
    """
    rows = [row for row in read_rows(table) if row["selecting"]]
    with style():
        write_png(_draw(rows, title, " ".join([caption, *_footnotes(rows)])), path)


def _footnotes(rows: Rows) -> list[str]:
    """What a reader must know of these numbers, in sentences."""
    compared = [row for row in rows if not math.isnan(row["delta"])]
    notes = ["Points right of the line: better than model tuning of the same size on that task."]
    if not compared:
        notes.append("No rung has both model tuning and another method yet.")
    if any(not math.isnan(row["delta_std"]) for row in compared):
        notes.append("Bar: one standard deviation of the difference of two runs.")
    if any(row["dirty"] for row in compared):
        notes.append("Hollow: at least one run is not known to come from committed code.")
    if any(row["miniature"] for row in rows):
        notes.append("Miniature ladder: small models and a generated world, not the paper's models and data.")
    if any(not math.isnan(row["paper_delta"]) for row in rows):
        notes.append("The paper's Δ: Tables 1 and 2; the size of its models is not printed, XXL is likely.")
    return notes


def _draw(rows: Rows, title: str, caption: str) -> Figure:
    """A panel a rung, and one of the paper where it has numbers; a line a pair of tasks and metric."""
    places = list(dict.fromkeys(_place(row) for row in rows))
    pairs = [(place.trained_on, place.scored_on) for place in places]
    names = [place.name(pairs.count(pair) == 1) for place, pair in zip(places, pairs, strict=True)]
    panels = list(dict.fromkeys(row["rung"] for row in rows))
    panels += [THE_PAPER] if any(not math.isnan(row["paper_delta"]) for row in rows) else []
    looks = looks_of([row for row in rows if row["method"] != transfer_table.REFERENCE])
    figure, axes = lines_page(
        [_head(panel, rows) for panel in panels],
        names,
        _legend(looks, THE_PAPER in panels),
        title=title,
        caption=caption,
        label=("points over model tuning", "Δ, points"),
    )
    for panel, place in zip(panels, axes, strict=True):
        _panel(place, panel, rows, places, looks)
    return figure


def _place(row: Row) -> Place:
    return Place(trained_on=row["trained_on"], scored_on=row["scored_on"], metric=row["metric"])


def _head(panel: str, rows: Rows) -> str:
    """The models of a rung, one a line, and their size."""
    sizes = [row["backbone"] for row in rows if row["rung"] == panel]
    return "\n".join([*panel.split(", "), size(sizes[0])]) if sizes else "the paper"


def _panel(axes: Axes, panel: str, rows: Rows, places: Sequence[Place], looks: dict[str, Look]) -> None:
    """The differences of one rung, or those of the paper."""
    axes.axvline(0, **ZERO)
    for index, (place, following) in enumerate(itertools.pairwise(places)):
        if place.trained_on != following.trained_on:
            axes.axhline(index + 0.5, **DIVIDER)
    for row in rows:
        y = places.index(_place(row))
        if panel == THE_PAPER and not math.isnan(row["paper_delta"]):
            axes.plot(100 * row["paper_delta"], y, **PAPER_POINT)
        elif row["rung"] == panel and not math.isnan(row["delta"]):
            look: Look = looks[row["label"]] | {"linestyle": "none", "markersize": 6}
            look |= {"markerfacecolor": "white"} if row["dirty"] else {}
            y += SPREAD * (list(looks).index(row["label"]) - (len(looks) - 1) / 2)
            spread = 0 if math.isnan(row["delta_std"]) else 100 * row["delta_std"]
            axes.errorbar(100 * row["delta"], y, xerr=spread, fmt="none", ecolor=look["color"], capsize=2)
            axes.plot(100 * row["delta"], y, **look)


def _legend(looks: dict[str, Look], paper: bool) -> list[Line2D]:
    told: dict[str, Look] = {
        textwrap.fill(label, LEGEND_LETTERS): look | {"linestyle": "none"} for label, look in looks.items()
    }
    told["model tuning"] = ZERO
    if paper:
        told["the paper, prompt tuning"] = PAPER_POINT
    return [Line2D([], [], label=label, **look) for label, look in told.items()]

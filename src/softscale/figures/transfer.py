"""Zero-shot transfer (Tables 1 and 2 of the paper): what a method gains over model tuning, drawn from a CSV alone."""

import itertools
import math
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from softscale.figures.kind import Experiment, Kind
from softscale.figures.line_panels import line_panels
from softscale.figures.look import (
    DIRTY,
    MINIATURE,
    PALE,
    PAPER,
    Look,
    Row,
    Rows,
    hollow,
    looks_of,
    read_rows,
    size,
    style,
    write_png,
)
from softscale.figures.palette import METHODS
from softscale.figures.sheet import LEGEND_LETTERS, Sheet
from softscale.tables import transfer as transfer_table

ZERO: Look = {"color": METHODS["model_tuning"].colour, "linestyle": "-", "linewidth": 1.4, "zorder": 1}
PAPER_POINT: Look = PAPER | {"linestyle": "none"}
DIVIDER: Look = {"color": PALE, "linewidth": 0.8}
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

    def reading(self, table: Path) -> list[str]:
        return reading(table)

    def draw(self, table: Path, path: Path, *, title: str, caption: str) -> None:
        draw(table, path, title=title, caption=caption)


@dataclass(frozen=True, kw_only=True)
class Pair:
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
    rows = _rows(table)
    pairs = list(dict.fromkeys(_pair(row) for row in rows))
    metrics = Counter((pair.trained_on, pair.scored_on) for pair in pairs)
    names = [pair.name(metrics[pair.trained_on, pair.scored_on] == 1) for pair in pairs]
    rungs = list(dict.fromkeys(row["rung"] for row in rows))
    rungs += [THE_PAPER] if any(not math.isnan(row["paper_delta"]) for row in rows) else []
    looks = looks_of([row for row in rows if row["method"] != transfer_table.REFERENCE])
    with style():
        sheet = Sheet(title)
        heads = [_head(rung, rows) for rung in rungs]
        panels = line_panels(sheet, heads, names, ("points over model tuning", "Δ, points"))
        for rung, panel in zip(rungs, panels, strict=True):
            _panel(panel.axes, rung, rows, pairs, looks)
        sheet.legend(_legend(looks, THE_PAPER in rungs))
        write_png(sheet.finish(caption, reading(table)), path)


def _rows(table: Path) -> list[Row]:
    return [row for row in read_rows(table) if row["selecting"]]


def reading(table: Path) -> list[str]:
    """What a reader must know of these numbers, in sentences."""
    rows = _rows(table)
    compared = [row for row in rows if not math.isnan(row["delta"])]
    notes = ["Points right of the line: better than model tuning of the same size on that task."]
    if not compared:
        notes.append("No rung has both model tuning and another method yet.")
    if any(not math.isnan(row["delta_std"]) for row in compared):
        notes.append("Bar: one standard deviation of the difference of two runs.")
    if any(row["dirty"] for row in compared):
        notes.append(DIRTY)
    if any(row["miniature"] for row in rows):
        notes.append(MINIATURE)
    if any(not math.isnan(row["paper_delta"]) for row in rows):
        notes.append("The paper's Δ: Tables 1 and 2; the size of its models is not printed, XXL is likely.")
    return notes


def _pair(row: Row) -> Pair:
    return Pair(trained_on=row["trained_on"], scored_on=row["scored_on"], metric=row["metric"])


def _head(rung: str, rows: Rows) -> str:
    """The models of a rung, one a line, and their size."""
    sizes = [row["backbone"] for row in rows if row["rung"] == rung]
    return "\n".join([*rung.split(", "), size(sizes[0])]) if sizes else THE_PAPER


def _panel(axes: Axes, rung: str, rows: Rows, pairs: Sequence[Pair], looks: dict[str, Look]) -> None:
    """The differences of one rung, or those of the paper."""
    axes.axvline(0, **ZERO)
    for index, (pair, following) in enumerate(itertools.pairwise(pairs)):
        if pair.trained_on != following.trained_on:
            axes.axhline(index + 0.5, **DIVIDER)
    for row in rows:
        y = pairs.index(_pair(row))
        if rung == THE_PAPER and not math.isnan(row["paper_delta"]):
            axes.plot(100 * row["paper_delta"], y, **PAPER_POINT)
        elif row["rung"] == rung and not math.isnan(row["delta"]):
            look: Look = looks[row["label"]] | {"linestyle": "none"}
            y += SPREAD * (list(looks).index(row["label"]) - (len(looks) - 1) / 2)
            spread = 0 if math.isnan(row["delta_std"]) else 100 * row["delta_std"]
            axes.errorbar(100 * row["delta"], y, xerr=spread, fmt="none", ecolor=look["color"], capsize=2)
            axes.plot(100 * row["delta"], y, **(hollow(look) if row["dirty"] else look))


def _legend(looks: dict[str, Look], paper: bool) -> list[Line2D]:
    shown: dict[str, Look] = {
        textwrap.fill(label, LEGEND_LETTERS): look | {"linestyle": "none"} for label, look in looks.items()
    }
    shown["model tuning"] = ZERO
    if paper:
        shown["the paper, prompt tuning"] = PAPER_POINT
    return [Line2D([], [], label=label, **look) for label, look in shown.items()]

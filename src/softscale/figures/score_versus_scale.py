"""Score versus scale: a panel for the average, small ones for the tasks, drawn from a CSV alone.

Anybody can redraw a figure from the committed table, and the same CSV gives the same bytes.
"""

import math
import textwrap
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

import pandas as pd
from matplotlib.lines import Line2D

from softscale.figures.curves import Plot, curve_ends, draw_curves, score_limits
from softscale.figures.direct_labels import AWAY, fit, name_ends
from softscale.figures.kind import Experiment, Kind
from softscale.figures.look import (
    DIRTY,
    MAJORITY,
    MINIATURE,
    PAPER,
    Rows,
    looks_of,
    read_rows,
    size,
    span_words,
    style,
    write_png,
)
from softscale.figures.rung_axis import by_rung, limits, rung_axis
from softscale.figures.sheet import LETTER, RIGHT, Sheet
from softscale.tables import scores as tables
from softscale.tables.collapsed import WORDS as COLLAPSED_WORDS
from softscale.tables.paper import ANCHORS, Anchor
from softscale.tables.rungs import sizes_of

Anchors = Sequence[Anchor]
MAIN_HEIGHT, SMALL_HEIGHT, COLUMNS = 3.4, 1.4, 4
NAME_LETTERS = 26  # in a line beside the panel
HANDLE = 0.5  # inches of a line in a legend, before its name
MAJORITY_NAME, PAPER_NAME = "majority class", "the paper"


class ScoreVersusScale(Kind):
    """One curve a method and variant over the rungs (figures 1 and 3 of the paper)."""

    name = "score_versus_scale"
    holes = "a line breaks where a rung has no score"

    def table(self, experiment: Experiment) -> pd.DataFrame:
        tasks = experiment.tasks()
        return tables.score_table(tables.runs_frame(experiment.records), tasks, experiment.majority)

    def to_csv(self, table: pd.DataFrame) -> str:
        return tables.to_csv(table)

    def to_markdown(self, table: pd.DataFrame) -> str:
        return tables.to_markdown(table)

    def reading(self, table: Path) -> list[str]:
        return reading(table, paper=ANCHORS)

    def draw(self, table: Path, path: Path, *, title: str, caption: str) -> None:
        draw(table, path, title=title, caption=caption, paper=ANCHORS)


def draw(table: Path, path: Path, *, title: str, caption: str, paper: Anchors = ()) -> None:
    """Draw the CSV `table` (see tables.score_table) into the PNG `path`; checkpoints of one model as curves.

    x: parameters of the backbone, logarithmic, the curves a little apart at each rung. y: dev score in percent. A
    colour and a marker a method; shades tell its variants apart. Band: the 95 % interval where it is known, one
    standard deviation over seeds otherwise. Beside a point with runs that collapsed: how many of how many. A rung that
    was not run breaks the line. The certain ones among `paper` are drawn where they lie in the range of our rungs, and
    told in `reading` otherwise.
    """
    rows = by_rung(read_rows(table))
    drawn, _ = _comparable(paper, rows)
    with style():
        sheet = _draw(Plot(rows=rows, rungs=sizes_of(rows), looks=looks_of(rows), anchors=drawn), title)
        write_png(sheet.finish(caption, reading(table, paper=paper)), path)


def reading(table: Path, *, paper: Anchors = ()) -> list[str]:
    """What a reader must know of these numbers, in sentences."""
    rows = by_rung(read_rows(table))
    counts = [row["n"] for row in rows]
    spread, *how = _spread_words(rows, max(counts))
    notes = [f"Mean over seeds, n = {span_words(counts)}; {spread}."]
    if any(row["collapsed"] > 0 for row in rows):
        notes.append("✕ k/n: k of n runs collapsed.")
    if any(row["dirty"] for row in rows):
        notes.append(DIRTY)
    if any(row["miniature"] for row in rows):
        notes.append(MINIATURE)
    notes += how
    if any(row["collapsed"] > 0 for row in rows):
        notes.append(COLLAPSED_WORDS)
    if len({row["label"] for row in rows}) > 1:
        notes.append("At each rung the curves stand a little apart, so that none hides another.")
    _, apart = _comparable(paper, rows)
    if apart:
        values = ", ".join(f"{anchor.task} {100 * anchor.score:.1f}" for anchor in apart)
        whose = {f"{anchor.model} ({size(anchor.total)}), {anchor.method.replace('_', ' ')}" for anchor in apart}
        notes.append(f"The paper, on real data, {' and '.join(sorted(whose))}: {values}.")
    return notes


def _comparable(paper: Anchors, rows: Rows) -> tuple[list[Anchor], list[Anchor]]:
    """The certain numbers of the methods and tasks that the table has: those in the range of its rungs, and others."""
    ours = {(row["method"], row["task"]) for row in rows}
    known = [anchor for anchor in paper if anchor.certain and (anchor.method, anchor.task) in ours]
    low, high = limits(sizes_of(rows))
    drawn = [anchor for anchor in known if low <= anchor.total <= high]
    return drawn, [anchor for anchor in known if anchor not in drawn]


def _spread_words(rows: Rows, most: int) -> list[str]:
    """What a band is, in short; then how it is made, in sentences."""
    known = [row for row in rows if not math.isnan(row["low"])]
    if not known:
        return ["band or bar: one standard deviation" if most > 1 else "one seed has no spread"]
    words = "The interval is a bootstrap over seeds and examples"
    if len(known) == len(rows):
        return ["band or bar: 95 % interval", f"{words}."]
    return [
        "band or bar: 95 % interval or one standard deviation",
        f"{words}, where the records have resamples; elsewhere a band is one standard deviation.",
    ]


def _draw(plot: Plot, title: str) -> Sheet:
    """The main panel with the names of its curves beside it, rows of small panels."""
    main, *small = plot.tasks()
    shared, names = short_names(list(plot.looks))
    ends = curve_ends(plot, main, names, MAJORITY_NAME, PAPER_NAME)
    direct = {end.name for end in ends} >= set(names.values()) and fit(ends, MAIN_HEIGHT)
    longest = max(len(line) for name in [*names.values(), MAJORITY_NAME] for line in name.split("\n"))
    room = AWAY + LETTER * longest + (0 if direct else HANDLE)
    sheet = Sheet(title)
    head = ", ".join(filter(None, (_head(main, plot.rows), shared)))
    (panel,) = sheet.panels([head], MAIN_HEIGHT, right=RIGHT + room, foot=0.65)
    if rung_axis(panel.axes, plot.rungs, panel.width, named=True):
        sheet.skip(0.3)
    panel.axes.set_xlabel("parameters of the model (log scale)")
    panel.axes.set_ylabel("dev score (%)")
    draw_curves(panel, plot, main, score_limits(plot, [main]), counts=True)
    if direct:
        name_ends(panel, ends)
    else:  # a curve ends early, or there is no room for all names
        sheet.legend_beside(panel, _legend(plot, names), AWAY)
    if small:
        panels = sheet.panels([_head(task, plot.rows) for task in small], SMALL_HEIGHT, columns=COLUMNS, foot=0.35)
        scores = score_limits(plot, small)
        for panel, task in zip(panels, small, strict=True):
            rung_axis(panel.axes, plot.rungs, panel.width, named=False)
            panel.axes.tick_params("y", labelsize=8)
            draw_curves(panel, plot, task, scores, counts=False)
    return sheet


def _head(task: str, rows: Rows) -> str:
    count = next(row["tasks"] for row in rows if row["task"] == task)
    return {"superglue": "SuperGLUE score", "average": f"average of {count} tasks"}.get(task, task)


def short_names(labels: Sequence[str]) -> tuple[str, dict[str, str]]:
    """What all labels begin with, and for each label what is left, in lines; nothing is cut where nothing were left."""
    parts = [label.split(", ") for label in labels]
    shared = [words[0] for words in takewhile(lambda words: len(set(words)) == 1, zip(*parts, strict=False))]
    if len(labels) == 1 or any(len(words) == len(shared) for words in parts):
        shared = []
    short = {label: ", ".join(words[len(shared) :]) for label, words in zip(labels, parts, strict=True)}
    return ", ".join(shared), {label: textwrap.fill(name, NAME_LETTERS) for label, name in short.items()}


def _legend(plot: Plot, names: dict[str, str]) -> list[Line2D]:
    looks = {names[label]: look for label, look in plot.looks.items()}
    if any(not math.isnan(row["majority"]) for row in plot.rows):
        looks[MAJORITY_NAME] = MAJORITY
    if plot.anchors:
        looks[PAPER_NAME] = PAPER
    return [Line2D([], [], label=name, **look) for name, look in looks.items()]

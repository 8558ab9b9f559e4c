"""Score versus scale: a panel for the average, small ones for the tasks, drawn from a CSV alone.

Anybody can redraw a figure from the committed table, and the same CSV gives the same bytes.
"""

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from softscale.figures.kind import Experiment, Kind
from softscale.figures.look import (
    CAPTION_LETTERS,
    COLUMN_GAP,
    COLUMNS,
    LEFT,
    LEGEND_LETTERS,
    LINE,
    MAIN_GAP,
    MAIN_HEIGHT,
    MAIN_WIDTH,
    MAJORITY,
    PAPER,
    RIGHT,
    ROW_GAP,
    SMALL_HEIGHT,
    TITLE_LETTERS,
    WIDTH,
    Look,
    Row,
    Rows,
    Rungs,
    Sheet,
    limits,
    looks_of,
    read_rows,
    rung_axis,
    rung_labels,
    rungs_of,
    size,
    style,
    write_png,
)
from softscale.figures.rungs import by_rung
from softscale.tables import scores as tables
from softscale.tables.collapsed import WORDS as COLLAPSED_WORDS
from softscale.tables.paper import ANCHORS, Anchor

Anchors = Sequence[Anchor]
COLLAPSED: Look = {"color": "black", "marker": "x", "markersize": 6, "markeredgewidth": 1.1, "zorder": 6}
BESIDE: Look = {
    "xytext": (4, -9),
    "textcoords": "offset points",
    "fontsize": 7,
    "zorder": 6,
    "path_effects": [withStroke(linewidth=2, foreground="white")],  # readable on another curve
}


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

    def draw(self, table: Path, path: Path, *, title: str, caption: str) -> None:
        draw(table, path, title=title, caption=caption, paper=ANCHORS)


def draw(table: Path, path: Path, *, title: str, caption: str, paper: Anchors = ()) -> None:
    """Draw the CSV `table` (see tables.score_table) into the PNG `path`; checkpoints of one model as curves.

    x: total parameters, logarithmic. y: dev score in percent. A colour a method; shades and markers
    tell its variants apart. Band: the 95 % interval where it is known, one standard deviation over seeds
    otherwise. A cross stands over a point with runs that collapsed, and beside it how many of how many. A
    rung that was not run breaks the line. The certain ones among `paper` are drawn where they lie in
    the range of our rungs, and told in the caption otherwise.
    """
    rows = by_rung(read_rows(table))
    rungs = rungs_of(rows)
    low, high = limits(rungs)
    anchors = _comparable(paper, rows)
    drawn = [anchor for anchor in anchors if low <= anchor.total <= high]
    told = [anchor for anchor in anchors if anchor not in drawn]
    caption = textwrap.fill(" ".join([caption, *_footnotes(rows, told)]), CAPTION_LETTERS)
    with style():
        write_png(_draw(rows, rungs, drawn, textwrap.fill(title, TITLE_LETTERS), caption), path)


def _comparable(paper: Anchors, rows: Rows) -> list[Anchor]:
    """The certain numbers of the methods and tasks that the table has."""
    ours = {(row["method"], row["task"]) for row in rows}
    return [anchor for anchor in paper if anchor.certain and (anchor.method, anchor.task) in ours]


def _footnotes(rows: Rows, told: Anchors) -> list[str]:
    """What a reader must know of these numbers, in sentences."""
    least, most = min(row["n"] for row in rows), max(row["n"] for row in rows)
    seeds = f"n = {least}" + (f" to {most}" if most > least else "")
    notes = [f"Mean over seeds, {seeds}; {_spread_words(rows, most)}."]
    if any(row["collapsed"] > 0 for row in rows):
        notes.append(f"Cross: k of n runs collapsed. {COLLAPSED_WORDS}")
    if any(row["dirty"] for row in rows):
        notes.append("Hollow: at least one run is not known to come from committed code.")
    if any(row["miniature"] for row in rows):
        notes.append("Miniature ladder: small models and a generated world, not the paper's models and data.")
    if told:
        values = ", ".join(f"{anchor.task} {100 * anchor.score:.1f}" for anchor in told)
        whose = {f"{anchor.model} ({size(anchor.total)}), {anchor.method.replace('_', ' ')}" for anchor in told}
        notes.append(f"The paper, on real data, {' and '.join(sorted(whose))}: {values}.")
    return notes


def _spread_words(rows: Rows, most: int) -> str:
    known = [row for row in rows if not math.isnan(row["low"])]
    told = "band or bar: 95 % interval, a bootstrap over seeds and examples"
    if len(known) == len(rows):
        return told
    if known:
        return f"{told}, where the records have resamples; elsewhere one standard deviation"
    return "band or bar: one standard deviation" if most > 1 else "one seed has no spread"


def _draw(rows: Rows, rungs: Rungs, drawn: Anchors, title: str, caption: str) -> Figure:
    """Title, main panel with the legend beside it, rows of small panels, caption."""
    main, *small = [task for _, task in sorted({(-row["tasks"], row["task"]) for row in rows})]
    looks = looks_of(rows)
    labels = rung_labels(rungs, MAIN_WIDTH, named=True)
    lowered = 0.3 if any(label.startswith("\n") for label in labels) else 0.0
    top = 0.45 + 0.22 * (title.count("\n") + 1)
    small_top = top + MAIN_HEIGHT + MAIN_GAP + lowered
    caption_top = small_top + math.ceil(len(small) / COLUMNS) * (SMALL_HEIGHT + ROW_GAP) - 0.15
    page = Sheet(caption_top + LINE * (caption.count("\n") + 1) + 0.15)
    page.title(title)
    page.caption(caption_top, caption)
    axes = page.panel(LEFT, top, MAIN_WIDTH, MAIN_HEIGHT)
    _panel(axes, main, rows, rungs, looks, drawn)
    rung_axis(axes, rungs, labels)
    axes.set_xlabel("total parameters (log scale)")
    axes.set_ylabel("dev score (%)")
    page.legend(LEFT + MAIN_WIDTH + 0.2, top, _legend(rows, looks, bool(drawn)))
    columns = min(COLUMNS, len(small))
    panels: list[Axes] = []
    for index, task in enumerate(small):
        row, column = divmod(index, columns)
        width = (WIDTH - LEFT - RIGHT - COLUMN_GAP * (columns - 1)) / columns
        below = small_top + row * (SMALL_HEIGHT + ROW_GAP)
        axes = page.panel(LEFT + column * (width + COLUMN_GAP), below, width, SMALL_HEIGHT)
        if panels:
            axes.sharey(panels[0])
        panels.append(axes)
        _panel(axes, task, rows, rungs, looks, drawn)
        axes.tick_params("x", labelsize=7.5)
        rung_axis(axes, rungs, rung_labels(rungs, width, named=False))
    return page.figure


def _panel(axes: Axes, task: str, rows: Rows, rungs: Rungs, looks: dict[str, Look], drawn: Anchors) -> None:
    """The curves of one task or average, over all rungs of the table."""
    rows = [row for row in rows if row["task"] == task]
    average = f"average of {rows[0]['tasks']} tasks"
    axes.set_title({"superglue": "SuperGLUE score", "average": average}.get(task, task))
    axes.axhline(100 * rows[0]["majority"], **MAJORITY)
    for label, look in looks.items():
        points = {row["model"]: row for row in rows if row["label"] == label}
        _curve(axes, [points.get(model) for model in rungs], list(rungs.values()), look, len(looks))
    for method in sorted({anchor.method for anchor in drawn if anchor.task == task}):
        ours = [anchor for anchor in drawn if (anchor.task, anchor.method) == (task, method)]
        told = sorted((anchor.total, 100 * anchor.score) for anchor in ours)
        axes.plot([total for total, _ in told], [score for _, score in told], **PAPER)


def _curve(axes: Axes, points: Sequence[Row | None], x: Sequence[float], look: Look, num_curves: int) -> None:
    """One curve over all rungs; None, where a rung was not run, breaks it."""
    mean = [100 * point["mean"] if point else math.nan for point in points]
    ends = [_ends(point) if point else (math.nan, math.nan) for point in points]
    axes.plot(x, mean, **look)
    around = [(math.nan, math.nan), *ends, (math.nan, math.nan)]
    for place, point in enumerate(points):
        if math.isnan(around[place][0]) and math.isnan(around[place + 2][0]):  # a band needs a neighbour
            axes.plot([x[place]] * 2, ends[place], color=look["color"])
        if point and point["dirty"]:
            axes.plot(x[place], mean[place], markerfacecolor="white", **look)
        if point and point["collapsed"] > 0:
            axes.plot(x[place], mean[place], **COLLAPSED)
            axes.annotate(_collapsed_words(point), (x[place], mean[place]), color=look["color"], **BESIDE)
    axes.fill_between(
        x,
        [low for low, _ in ends],
        [high for _, high in ends],
        color=look["color"],
        alpha=0.15 if num_curves <= 3 else 0.08,
        linewidth=0,
    )


def _ends(point: Row) -> tuple[float, float]:
    """In percent: the 95 % interval or, where it is not known, one standard deviation around the mean."""
    if math.isnan(point["low"]):
        return 100 * (point["mean"] - point["std"]), 100 * (point["mean"] + point["std"])
    return 100 * point["low"], 100 * point["high"]


def _collapsed_words(point: Row) -> str:
    """How many of how many runs: 1/3; of an average, the runs of all its tasks."""
    runs = point["n"] * point["tasks"]
    return f"{round(point['collapsed'] * runs)}/{runs}"


def _legend(rows: Rows, looks: dict[str, Look], paper: bool) -> list[Line2D]:
    told = {textwrap.fill(label, LEGEND_LETTERS): look for label, look in looks.items()}
    if any(not math.isnan(row["majority"]) for row in rows):
        told["majority class"] = MAJORITY
    if any(row["collapsed"] > 0 for row in rows):
        told["k/n runs collapsed"] = COLLAPSED | {"linestyle": "none"}
    if paper:
        told["the paper"] = PAPER
    return [Line2D([], [], label=label, **look) for label, look in told.items()]

"""Score versus scale: a panel for the average, small ones for the tasks, drawn from a CSV alone.

Anybody can redraw a figure from the committed table, and the same CSV gives the same bytes. The
look is in the constants below, nowhere else.
"""

import io
import math
import textwrap
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.style
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from softscale.files import write_atomically
from softscale.paper import Anchor

Row = dict[str, Any]
Rows = Sequence[Row]
Rungs = dict[str, float]  # parameters by model, smallest first
Anchors = Sequence[Anchor]
Look = dict[str, Any]

STYLE: dict[str, Any] = {
    "figure.dpi": 100,
    "savefig.dpi": 150,
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "legend.frameon": False,
}
COLOURS = {
    "prompt_tuning": "#1b7f5c",
    "model_tuning": "#c1471d",
    "prompt_design": "#4a62a8",
    "prefix_tuning": "#8c5aa8",
    "lora": "#b8860b",
}
# Methods without a colour of their own take these, in alphabetical order.
OTHERS = ("#2a8fa8", "#b03a6f", "#6b7a1f", "#7a5230")
MARKERS = "osD^vP*X"
GREY = "#777777"
MAJORITY: Look = {"color": GREY, "linestyle": ":", "linewidth": 0.9}
PAPER: Look = {
    "color": GREY,
    "linestyle": "--",
    "marker": "d",
    "markersize": 7,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "zorder": 5,
}

# The page, in inches: margins, then rows from the top.
WIDTH, LEFT, RIGHT = 10.0, 0.75, 0.2
MAIN_WIDTH, MAIN_HEIGHT = 6.3, 3.3
SMALL_HEIGHT, MAIN_GAP, ROW_GAP, COLUMN_GAP = 1.45, 1.0, 0.65, 0.5
LINE = 0.17  # a line of the caption
COLUMNS, CAPTION_LETTERS, TITLE_LETTERS, LEGEND_LETTERS = 4, 145, 85, 30


def score_versus_scale(table: Path, path: Path, *, title: str, caption: str, paper: Anchors = ()) -> None:
    """Draw the CSV `table` (see tables.score_table) into the PNG `path`.

    x: total parameters, logarithmic. y: dev score in percent. A colour a method; shades and markers
    tell its variants apart. Band: one standard deviation over seeds. A rung that was not run breaks
    the line. The certain ones among `paper` are drawn where they lie in the range of our rungs, and
    told in the caption otherwise.
    """
    rows = _rows(table)
    rungs = _rungs(rows)
    low, high = _limits(rungs)
    anchors = _comparable(paper, rows)
    drawn = [anchor for anchor in anchors if low <= anchor.total <= high]
    told = [anchor for anchor in anchors if anchor not in drawn]
    caption = textwrap.fill(" ".join([caption, *_footnotes(rows, told)]), CAPTION_LETTERS)
    with matplotlib.style.context(["default", STYLE]):
        figure = _draw(rows, rungs, drawn, textwrap.fill(title, TITLE_LETTERS), caption)
        png = io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": None})  # no version: stable bytes
    write_atomically(path, png.getvalue())


def _rows(table: Path) -> list[Row]:
    told = pd.read_csv(table).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in told]


def _rungs(rows: Rows) -> Rungs:
    """With each model's leanest method: its parameters are those of the backbone."""
    totals: Rungs = {}
    for row in rows:
        totals[row["model"]] = min(row["total"], totals.get(row["model"], row["total"]))
    return dict(sorted(totals.items(), key=lambda rung: rung[1]))


def _limits(rungs: Rungs) -> tuple[float, float]:
    """The ends of the horizontal axis."""
    return min(rungs.values()) / 1.35, max(rungs.values()) * 1.35


def _comparable(paper: Anchors, rows: Rows) -> list[Anchor]:
    """The certain numbers of the methods and tasks that the table has."""
    ours = {(row["method"], row["task"]) for row in rows}
    return [anchor for anchor in paper if anchor.certain and (anchor.method, anchor.task) in ours]


def _footnotes(rows: Rows, told: Anchors) -> list[str]:
    """What a reader must know of these numbers, in sentences."""
    least, most = min(row["n"] for row in rows), max(row["n"] for row in rows)
    seeds = f"n = {least}" + (f" to {most}" if most > least else "")
    spread = "band or bar: one standard deviation" if most > 1 else "one seed has no spread"
    notes = [f"Mean over seeds, {seeds}; {spread}."]
    if any(row["dirty"] for row in rows):
        notes.append("Hollow: at least one run is not known to come from committed code.")
    if any(row["miniature"] for row in rows):
        notes.append("Miniature ladder: small models and a generated world, not the paper's models and data.")
    if told:
        values = ", ".join(f"{anchor.task} {100 * anchor.score:.1f}" for anchor in told)
        whose = {f"{anchor.model} ({_size(anchor.total)}), {anchor.method.replace('_', ' ')}" for anchor in told}
        notes.append(f"The paper, on real data, {' and '.join(sorted(whose))}: {values}.")
    return notes


class _Page:
    """A figure laid out in inches from the top left corner."""

    def __init__(self, height: float) -> None:
        self.height = height
        self.figure = Figure(figsize=(WIDTH, height))

    def panel(self, left: float, top: float, width: float, height: float) -> Axes:
        left, width = left / WIDTH, width / WIDTH
        top, height = top / self.height, height / self.height
        return self.figure.add_axes((left, 1 - top - height, width, height))

    def text(self, left: float, top: float, words: str, **look: Any) -> None:
        self.figure.text(left / WIDTH, 1 - top / self.height, words, va="top", **look)


def _draw(rows: Rows, rungs: Rungs, drawn: Anchors, title: str, caption: str) -> Figure:
    """Title, main panel with the legend beside it, rows of small panels, caption."""
    main, *small = [task for _, task in sorted({(-row["tasks"], row["task"]) for row in rows})]
    looks = _looks(rows)
    labels = _rung_labels(rungs, MAIN_WIDTH, named=True)
    lowered = 0.3 if any(label.startswith("\n") for label in labels) else 0.0
    top = 0.45 + 0.22 * (title.count("\n") + 1)
    small_top = top + MAIN_HEIGHT + MAIN_GAP + lowered
    caption_top = small_top + math.ceil(len(small) / COLUMNS) * (SMALL_HEIGHT + ROW_GAP) - 0.15
    page = _Page(caption_top + LINE * (caption.count("\n") + 1) + 0.15)
    page.text(LEFT, 0.15, title, fontsize=12, weight="bold")
    page.text(LEFT, caption_top, caption, fontsize=8.5, color="#333333", linespacing=1.35)
    axes = page.panel(LEFT, top, MAIN_WIDTH, MAIN_HEIGHT)
    _panel(axes, main, rows, rungs, looks, drawn)
    _scale(axes, rungs, labels)
    axes.set_xlabel("total parameters (log scale)")
    axes.set_ylabel("dev score (%)")
    page.figure.legend(
        handles=_legend(rows, looks, bool(drawn)),
        loc="upper left",
        bbox_to_anchor=((LEFT + MAIN_WIDTH + 0.2) / WIDTH, 1 - top / page.height),
        borderaxespad=0,
    )
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
        _scale(axes, rungs, _rung_labels(rungs, width, named=False))
    return page.figure


def _looks(rows: Rows) -> dict[str, Look]:
    """Colour and marker by label: the method's colour, from light to full over its variants."""
    others = sorted({row["method"] for row in rows} - set(COLOURS))
    colours = COLOURS | {name: OTHERS[place % len(OTHERS)] for place, name in enumerate(others)}
    variants: dict[str, dict[str, None]] = defaultdict(dict)  # a set in the table's order
    for row in rows:
        variants[row["method"]][row["label"]] = None
    looks: dict[str, Look] = {}
    for method, labels in sorted(variants.items()):
        for missing, label in zip(range(len(labels) - 1, -1, -1), labels, strict=True):
            strength = 1 - 0.65 * missing / max(1, len(labels) - 1)
            colour = tuple(1 - strength * (1 - part) for part in to_rgb(colours[method]))
            looks[label] = {"color": colour, "marker": MARKERS[len(looks) % len(MARKERS)]}
    return looks


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
    spread = [100 * point["std"] if point else math.nan for point in points]
    axes.plot(x, mean, **look)
    around = [math.nan, *spread, math.nan]
    for place, point in enumerate(points):
        if math.isnan(around[place]) and math.isnan(around[place + 2]):  # a band needs a neighbour
            axes.errorbar(x[place], mean[place], spread[place], fmt="none", ecolor=look["color"])
        if point and point["dirty"]:
            axes.plot(x[place], mean[place], markerfacecolor="white", **look)
    axes.fill_between(
        x,
        [middle - half for middle, half in zip(mean, spread, strict=True)],
        [middle + half for middle, half in zip(mean, spread, strict=True)],
        color=look["color"],
        alpha=0.15 if num_curves <= 3 else 0.08,
        linewidth=0,
    )


def _rung_labels(rungs: Rungs, width: float, *, named: bool) -> list[str]:
    """Sizes, under names where `named`, for axes `width` inches wide.

    A label without room stands lower where `named`; one without room there either is left out.
    """
    low, high = _limits(rungs)
    ends = [-math.inf, -math.inf] if named else [-math.inf]
    labels = []
    for name, total in rungs.items():
        words = f"{name}\n{_size(total)}" if named else _size(total)
        half = (0.037 if named else 0.031) * max(map(len, words.split("\n"))) + 0.02
        place = width * math.log(total / low) / math.log(high / low)
        level = next((level for level, end in enumerate(ends) if place - half >= end), None)
        if level is not None:
            ends[level] = place + half
        labels.append("" if level is None else "\n\n" * level + words)
    return labels


def _scale(axes: Axes, rungs: Rungs, labels: list[str]) -> None:
    """A logarithmic axis with a tick a rung and no other."""
    axes.set_xscale("log")
    axes.set_xlim(*_limits(rungs))
    axes.set_xticks(list(rungs.values()), labels)
    axes.xaxis.set_minor_locator(NullLocator())


def _legend(rows: Rows, looks: dict[str, Look], paper: bool) -> list[Line2D]:
    told = {textwrap.fill(label, LEGEND_LETTERS): look for label, look in looks.items()}
    if any(not math.isnan(row["majority"]) for row in rows):
        told["majority class"] = MAJORITY
    if paper:
        told["the paper"] = PAPER
    return [Line2D([], [], label=label, **look) for label, look in told.items()]


def _size(count: float) -> str:
    """A number of parameters, short: 0.23 M, 2.8 B, 248 M."""
    number, unit = (count / 1e9, "B") if count >= 1e9 else (count / 1e6, "M")
    return f"{number:.{2 if number < 1 else 1 if number < 10 else 0}f} {unit}"

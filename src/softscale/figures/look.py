"""How every figure looks: style, colours, markers, the page in inches, an axis of rungs.

The look is here, nowhere else.
"""

import io
import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.style
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from softscale.files import write_atomically

Row = dict[str, Any]
Rows = Sequence[Row]
Rungs = dict[str, float]  # parameters by model, smallest first
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
    "ia3": "#2a8fa8",
    "bitfit": "#b03a6f",
    "per_layer_prompts": "#7fae3a",
    "warp": "#7a5230",
}
# Methods without a colour of their own take these, in alphabetical order.
OTHERS = ("#00686e", "#d17b0f", "#5b3b8c", "#5c6670")
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


class Sheet:
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

    def title(self, words: str) -> None:
        self.text(LEFT, 0.15, words, fontsize=12, weight="bold")

    def caption(self, top: float, words: str) -> None:
        self.text(LEFT, top, words, fontsize=8.5, color="#333333", linespacing=1.35)

    def legend(self, left: float, top: float, handles: Sequence[Any], columns: int = 1) -> None:
        place = (left / WIDTH, 1 - top / self.height)
        self.figure.legend(handles=handles, loc="upper left", bbox_to_anchor=place, borderaxespad=0, ncols=columns)


def style() -> Any:
    """The context in which everything is drawn; a user's own settings of matplotlib do not reach into it."""
    return matplotlib.style.context(["default", STYLE])


def write_png(figure: Figure, path: Path) -> None:
    """Within `style()`: the same figure gives the same bytes."""
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})  # no version: stable bytes
    write_atomically(path, png.getvalue())


def read_rows(table: Path) -> list[Row]:
    """The rows of a CSV as plain data."""
    told = pd.read_csv(table).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in told]


def looks_of(rows: Rows) -> dict[str, Look]:
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


def rungs_of(rows: Rows) -> Rungs:
    """With each model's leanest method: its parameters are those of the backbone."""
    totals: Rungs = {}
    for row in rows:
        totals[row["model"]] = min(row["total"], totals.get(row["model"], row["total"]))
    return dict(sorted(totals.items(), key=lambda rung: rung[1]))


def limits(rungs: Rungs) -> tuple[float, float]:
    """The ends of the horizontal axis."""
    return min(rungs.values()) / 1.35, max(rungs.values()) * 1.35


def rung_labels(rungs: Rungs, width: float, *, named: bool) -> list[str]:
    """Sizes, under names where `named`, for axes `width` inches wide.

    A label without room stands lower where `named`; one without room there either is left out.
    """
    low, high = limits(rungs)
    ends = [-math.inf, -math.inf] if named else [-math.inf]
    labels = []
    for name, total in rungs.items():
        words = f"{name}\n{size(total)}" if named else size(total)
        half = (0.037 if named else 0.031) * max(map(len, words.split("\n"))) + 0.02
        place = width * math.log(total / low) / math.log(high / low)
        level = next((level for level, end in enumerate(ends) if place - half >= end), None)
        if level is not None:
            ends[level] = place + half
        labels.append("" if level is None else "\n\n" * level + words)
    return labels


def rung_axis(axes: Axes, rungs: Rungs, labels: list[str]) -> None:
    """A logarithmic axis with a tick a rung and no other."""
    axes.set_xscale("log")
    axes.set_xlim(*limits(rungs))
    axes.set_xticks(list(rungs.values()), labels)
    axes.xaxis.set_minor_locator(NullLocator())


def size(count: float) -> str:
    """A number of parameters, short: 0.23 M, 2.8 B, 248 M."""
    number, unit = (count / 1e9, "B") if count >= 1e9 else (count / 1e6, "M")
    return f"{number:.{2 if number < 1 else 1 if number < 10 else 0}f} {unit}"

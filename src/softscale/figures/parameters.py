"""Task parameters against model parameters (figure 4 of the paper): counted, and drawn from a CSV alone."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from softscale.figures.kind import Experiment, Kind
from softscale.figures.look import (
    CAPTION_LETTERS,
    COLOURS,
    LEFT,
    LINE,
    TITLE_LETTERS,
    Look,
    Row,
    Rows,
    Rungs,
    Sheet,
    limits,
    read_rows,
    rung_axis,
    rung_labels,
    rungs_of,
    style,
    write_png,
)
from softscale.tables import parameters as parameter_table

# In inches: the panel, and the names of shares between it and the legend.
PANEL_WIDTH, PANEL_HEIGHT, SHARE_NAMES = 5.9, 4.6, 1.15
LEGEND_LETTERS = 24
SHARES = (1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)  # guides, as far as they lie on the page
LONGEST = 100  # the paper's bands are of 1 to 100 tokens
MIDDLE = 50  # the counted length next to it is drawn as the line
FORM: Look = {"marker": "x", "markersize": 4, "markeredgewidth": 0.9, "linestyle": "none", "zorder": 6}


class Parameters(Kind):
    """A curve and a band a method over the rungs; what is not counted is dashed."""

    name = "parameters"
    counted = True

    def table(self, experiment: Experiment) -> pd.DataFrame:
        return parameter_table.parameter_table(experiment.studies, experiment.variants)

    def to_csv(self, table: pd.DataFrame) -> str:
        return parameter_table.to_csv(table)

    def to_markdown(self, table: pd.DataFrame) -> str:
        return parameter_table.to_markdown(table)

    def draw(self, table: Path, path: Path, *, title: str, caption: str) -> None:
        draw(table, path, title=title, caption=caption)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A method of Figure 4, by the names and the order of its legend."""

    label: str
    method: str
    column: str  # of the table
    colour: str
    counted: bool = True  # or by closed form alone


CURVES = (
    Curve(label="Model Tuning", method="model_tuning", column="trained", colour=COLOURS["model_tuning"]),
    Curve(label="Prefix Tuning (Train)", method="prefix_tuning", column="trained", colour="#b58fd0"),
    Curve(label="Prefix Tuning (Infer)", method="prefix_tuning", column="stored", colour=COLOURS["prefix_tuning"]),
    Curve(label="WARP", method="warp", column="stored_form", colour=COLOURS["warp"], counted=False),
    Curve(label="Prompt Tuning", method="prompt_tuning", column="trained", colour=COLOURS["prompt_tuning"]),
    Curve(
        label="Prompt Design (token ids)",
        method="prompt_design",
        column="stored_form",
        colour=COLOURS["prompt_design"],
        counted=False,
    ),
)


def draw(table: Path, path: Path, *, title: str, caption: str) -> None:
    """Draw the CSV `table` (see tables/parameters.py) into the PNG `path`.

    x: parameters of the model; y: parameters of a task; both logarithmic. Slanted guides are shares of the model, told
    at the right. Line: the length next to 50; band: lengths up to 100; where the table has several variants of a
    method, the first. Crosses: closed forms.
    """
    rows = read_rows(table)
    rungs = rungs_of(rows)
    drawn = {curve: _points(curve, rows) for curve in CURVES}
    drawn = {curve: points for curve, points in drawn.items() if points}
    notes = " ".join([caption, *_footnotes(rows)])
    with style():
        figure = _draw(rungs, drawn, textwrap.fill(title, TITLE_LETTERS), textwrap.fill(notes, CAPTION_LETTERS))
        write_png(figure, path)


def _points(curve: Curve, rows: Rows) -> list[Row]:
    """The rows that a curve is made of: those of the method's first variant, up to the longest length of a band."""
    ours = [row for row in rows if row["method"] == curve.method]
    if curve.method == "prompt_design":  # its lengths are ids
        return [row for row in ours if row["variant"] == parameter_table.TOKEN_IDS]
    return [row for row in ours if str(row["variant"]) == str(ours[0]["variant"]) and not row["length"] > LONGEST]


def _footnotes(rows: Rows) -> list[str]:
    lengths = sorted({row["length"] for row in rows if row["method"] == "prompt_tuning" and row["length"] <= LONGEST})
    notes = ["Crosses: closed forms; dashed: closed forms only (WARP is not built here)."]
    if lengths:
        middle = min(lengths, key=lambda length: abs(length - MIDDLE))
        notes.append(f"Bands: lengths {lengths[0]:.0f} to {lengths[-1]:.0f}; lines: length {middle:.0f}.")
    variants = list(dict.fromkeys(str(row["variant"]) for row in rows if row["method"] == "prefix_tuning"))
    if variants:
        others = "; the table has other places" if variants[1:] else ""
        notes.append(f"Prefix tuning as drawn has prefixes in: {variants[0]}{others}.")
    return notes


def _draw(rungs: Rungs, drawn: dict[Curve, list[Row]], title: str, caption: str) -> Figure:
    """Title, panel with the legend beside it, caption."""
    labels = rung_labels(rungs, PANEL_WIDTH, named=True)
    lowered = 0.3 if any(label.startswith("\n") for label in labels) else 0.0
    top = 0.3 + 0.22 * (title.count("\n") + 1)
    caption_top = top + PANEL_HEIGHT + 0.85 + lowered
    sheet = Sheet(caption_top + LINE * (caption.count("\n") + 1) + 0.15)
    sheet.title(title)
    sheet.caption(caption_top, caption)
    axes = sheet.panel(LEFT, top, PANEL_WIDTH, PANEL_HEIGHT)
    axes.set_yscale("log")
    for curve, points in drawn.items():
        _curve(axes, curve, points, list(rungs))
    rung_axis(axes, rungs, labels)
    axes.set_xlabel("model parameters (log scale)")
    axes.set_ylabel("task parameters (log scale)")
    axes.yaxis.set_minor_locator(NullLocator())
    values = [row[curve.column] for curve, points in drawn.items() for row in points]
    axes.set_ylim(min(values) / 2, max(values) * 2)
    _shares(axes, limits(rungs))
    sheet.legend(LEFT + PANEL_WIDTH + SHARE_NAMES, top, _legend(drawn))
    return sheet.figure


def _curve(axes: Axes, curve: Curve, points: Sequence[Row], models: Sequence[str]) -> None:
    by_model = {model: [row for row in points if row["model"] == model] for model in models}
    by_model = {model: rows for model, rows in by_model.items() if rows}
    x = [rows[0]["total"] for rows in by_model.values()]
    values = [[row[curve.column] for row in rows] for rows in by_model.values()]
    look: Look = {"color": curve.colour, "linestyle": "-" if curve.counted else "--"}
    middle = [_middle(rows) for rows in by_model.values()]
    if curve.method != "prompt_design":
        axes.plot(x, [row[curve.column] for row in middle], **look)
    if curve.method != "warp":  # its band is prompt tuning's
        _band(axes, x, values, look, 1.6 if curve.method == "prompt_design" else 0.6)
    if curve.counted:
        ends = [end for rows in by_model.values() for end in (rows[0], rows[-1])]
        forms = [(row["total"], row[f"{curve.column}_form"]) for row in (*middle, *ends)]
        axes.plot([total for total, _ in forms], [form for _, form in forms], color=curve.colour, **FORM)


def _band(axes: Axes, x: Sequence[float], values: Sequence[Sequence[float]], look: Look, edge: float) -> None:
    """From the least to the most of `values` at each x, with edges `edge` points wide: bands lie over each other."""
    low, high = [min(told) for told in values], [max(told) for told in values]
    axes.fill_between(x, low, high, color=look["color"], alpha=0.13, linewidth=0)
    for side in (low, high):
        axes.plot(x, side, linewidth=edge, **look)


def _middle(rows: Rows) -> Row:
    return min(rows, key=lambda row: 0 if math.isnan(row["length"]) else abs(row["length"] - MIDDLE))


def _shares(axes: Axes, ends: tuple[float, float]) -> None:
    """Slanted guides of equal share, and their names on the right axis."""
    low, high = axes.get_ylim()
    told = [share for share in SHARES if low < share * ends[1] < high]
    for share in told:
        axes.plot(ends, [share * end for end in ends], color="#cccccc", linestyle=":", linewidth=0.8, zorder=0.5)
    right = axes.twinx()
    right.spines["right"].set_visible(True)
    right.set_yscale("log")
    right.set_ylim(low, high)
    right.set_yticks(
        [share * ends[1] for share in told], [f"{100 * share:.7f}".rstrip("0").rstrip(".") + " %" for share in told]
    )
    right.yaxis.set_minor_locator(NullLocator())
    right.grid(False)
    right.set_ylabel("share of the model (along the dotted lines)")


def _legend(drawn: dict[Curve, list[Row]]) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = []
    for curve in drawn:
        label = curve.label if curve.counted else f"{curve.label}, closed form only"
        look: Look = {"color": curve.colour, "linestyle": "-" if curve.counted else "--"}
        handles.append(Line2D([], [], label=textwrap.fill(label, LEGEND_LETTERS), **look))
    return [*handles, Line2D([], [], label="closed form", color="black", **FORM)]

"""Task parameters against model parameters (figure 4 of the paper): counted, and drawn from a CSV alone."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from softscale.figures.direct_labels import AWAY, End, name_ends
from softscale.figures.kind import Experiment, Kind
from softscale.figures.look import GREY, Look, Row, Rows, read_rows, style, write_png
from softscale.figures.palette import METHODS, shades
from softscale.figures.rung_axis import Rungs, limits, rung_axis
from softscale.figures.sheet import LETTER, RIGHT, Sheet
from softscale.tables import parameters as parameter_table
from softscale.tables.rungs import sizes_of

HEIGHT = 4.6  # of the panel, in inches
NAME_LETTERS = 16
GUTTER = 4.0  # the axis begins at the smallest rung less this factor: room for the names of the guides
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

    def reading(self, table: Path) -> list[str]:
        return reading(read_rows(table))

    def draw(self, table: Path, path: Path, *, title: str, caption: str) -> None:
        draw(table, path, title=title, caption=caption)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A method of Figure 4, by the names and the order of its legend."""

    label: str
    method: str
    column: str  # of the table
    pale: bool = False  # where a method has a second curve
    counted: bool = True  # or by closed form alone

    @property
    def colour(self) -> str:
        own = METHODS[self.method].colour
        return shades(own, 2)[0] if self.pale else own


CURVES = (
    Curve(label="Model Tuning", method="model_tuning", column="trained"),
    Curve(label="Prefix Tuning (Train)", method="prefix_tuning", column="trained", pale=True),
    Curve(label="Prefix Tuning (Infer)", method="prefix_tuning", column="stored"),
    Curve(label="WARP", method="warp", column="stored_form", counted=False),
    Curve(label="Prompt Tuning", method="prompt_tuning", column="trained"),
    Curve(label="Prompt Design (token ids)", method="prompt_design", column="stored_form", counted=False),
)


def draw(table: Path, path: Path, *, title: str, caption: str) -> None:
    """Draw the CSV `table` (see tables/parameters.py) into the PNG `path`.

    x: parameters of the model; y: parameters of a task; both logarithmic. Slanted guides are shares of the model,
    named at the left. Line: the length next to 50; band: lengths up to 100; where the table has several variants of a
    method, the first. Crosses: closed forms.
    """
    rows = read_rows(table)
    rungs = sizes_of(rows, itemgetter("total"))
    drawn = {curve: points for curve in CURVES if (points := _points(curve, rows))}
    with style():
        write_png(_draw(rungs, drawn, title).finish(caption, reading(rows)), path)


def _points(curve: Curve, rows: Rows) -> list[Row]:
    """The rows that a curve is made of: those of the method's first variant, up to the longest length of a band."""
    ours = [row for row in rows if row["method"] == curve.method]
    if curve.method == "prompt_design":  # its lengths are ids
        return [row for row in ours if row["variant"] == parameter_table.TOKEN_IDS]
    return [row for row in ours if str(row["variant"]) == str(ours[0]["variant"]) and not row["length"] > LONGEST]


def reading(rows: Rows) -> list[str]:
    """What a reader must know of the figure, in sentences."""
    lengths = sorted({row["length"] for row in rows if row["method"] == "prompt_tuning" and row["length"] <= LONGEST})
    notes = []
    if lengths:
        middle = min(lengths, key=lambda length: abs(length - MIDDLE))
        notes.append(f"Bands: lengths {lengths[0]:.0f} to {lengths[-1]:.0f}; lines: length {middle:.0f}.")
    notes += ["Crosses: closed forms.", "Dashed: closed forms only (WARP is not built here)."]
    variants = list(dict.fromkeys(str(row["variant"]) for row in rows if row["method"] == "prefix_tuning"))
    if variants:
        others = "; the table has other places" if variants[1:] else ""
        notes.append(f"Prefix tuning as drawn has prefixes in: {variants[0]}{others}.")
    return notes


def _draw(rungs: Rungs, drawn: dict[Curve, list[Row]], title: str) -> Sheet:
    """One panel, with the names of its curves beside it."""
    names = {curve: _name(curve) for curve in drawn}
    sheet = Sheet(title)
    longest = max(len(line) for name in names.values() for line in name.split("\n"))
    (panel,) = sheet.panels(
        ["dotted: equal shares of the parameters of the model"], HEIGHT, right=RIGHT + AWAY + LETTER * longest
    )
    axes = panel.axes
    axes.set_yscale("log")
    for curve, points in drawn.items():
        _curve(axes, curve, points, list(rungs))
    low, high = min(rungs.values()) / GUTTER, limits(rungs)[1]
    sheet.skip(0.45 if rung_axis(axes, rungs, panel.width, named=True, low=low) else 0.15)
    axes.set_xlabel("parameters of the model (log scale)")
    axes.set_ylabel("parameters of a task (log scale)")
    axes.yaxis.set_minor_locator(NullLocator())
    values = [row[curve.column] for curve, points in drawn.items() for row in points]
    axes.set_ylim(min(values) / 2, max(values) * 2)
    _shares(axes, (low, high))
    name_ends(panel, [_end(curve, points, names[curve]) for curve, points in drawn.items()])
    return sheet


def _name(curve: Curve) -> str:
    name = textwrap.fill(curve.label, NAME_LETTERS)
    return name if curve.counted else f"{name},\nclosed form only"


def _end(curve: Curve, points: Sequence[Row], name: str) -> End:
    """At the largest model: the line, or the upper edge of a band without one."""
    total = max(row["total"] for row in points)
    last = [row for row in points if row["total"] == total]
    row = last[-1] if curve.method == "prompt_design" else _middle(last)
    return End(x=total, y=row[curve.column], name=name, colour=curve.colour)


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
    low, high = [min(each) for each in values], [max(each) for each in values]
    axes.fill_between(x, low, high, color=look["color"], alpha=0.13, linewidth=0)
    for side in (low, high):
        axes.plot(x, side, linewidth=edge, **look)


def _middle(rows: Rows) -> Row:
    return min(rows, key=lambda row: 0 if math.isnan(row["length"]) else abs(row["length"] - MIDDLE))


def _shares(axes: Axes, ends: tuple[float, float]) -> None:
    """Slanted guides of equal share, and their names where they begin, left of the smallest rung."""
    low, high = axes.get_ylim()
    for share in SHARES:
        if low < share * ends[1] and share * ends[0] < high:
            axes.plot(ends, [share * end for end in ends], color="#c4c4c4", linestyle=":", linewidth=0.9, zorder=0.5)
        if low < share * ends[0] * 1.4 < high:
            name = f"{100 * share:.7f}".rstrip("0").rstrip(".") + " %"
            axes.annotate(name, (ends[0], share * ends[0]), (5, 8), textcoords="offset points", fontsize=8, color=GREY)

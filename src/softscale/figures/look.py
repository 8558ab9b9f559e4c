"""How every figure looks: style, the looks of curves and points, sizes in words; and how it is read and written."""

import io
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.style
import pandas as pd
from matplotlib.figure import Figure

from softscale.figures.palette import Colour, contrast, marks, shades
from softscale.files import write_atomically

Row = dict[str, Any]
Rows = Sequence[Row]
Look = dict[str, Any]

STYLE: dict[str, Any] = {
    "figure.dpi": 100,
    "savefig.dpi": 150,
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.7,
    "lines.markersize": 6,
    "legend.frameon": False,
}
INK, GREY, PALE = "#333333", "#666666", "#bbbbbb"
MAJORITY: Look = {"color": GREY, "linestyle": ":", "linewidth": 1.0}
PAPER: Look = {
    "color": GREY,
    "linestyle": "--",
    "marker": "d",
    "markersize": 7,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "zorder": 5,
}
MINIATURE = "Miniature ladder: small models and a generated world, not the paper's models and data."
DIRTY = "Hollow: at least one run is not known to come from committed code."


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
    rows = pd.read_csv(table).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def looks_of(rows: Rows) -> dict[str, Look]:
    """Colour and marker by label: the method's own, and shades of its colour where it has several variants."""
    known = marks([row["method"] for row in rows])
    variants: dict[str, dict[str, None]] = defaultdict(dict)  # a set in the table's order
    for row in rows:
        variants[row["method"]][row["label"]] = None
    return {
        label: {"color": colour, **_marker(known[method].marker)}
        for method, labels in sorted(variants.items())
        for label, colour in _colours(method.replace("_", " "), known[method].colour, list(labels)).items()
    }


def _marker(marker: str) -> Look:
    """With a white rim that tells one marker from another below it; all about as large to the eye."""
    return {
        "marker": marker,
        "markersize": {"*": 10.5, "X": 8, "P": 8, "^": 7.5, "v": 7.5, "p": 7.5, "D": 6}.get(marker, 6.5),
        "markeredgecolor": "white",
        "markeredgewidth": 0.6,
    }


def _colours(plain: str, colour: Colour, labels: Sequence[str]) -> dict[str, Colour]:
    """Shades in the order of the labels; one that is the method's name alone has the method's own colour."""
    steps = shades(colour, len(labels))
    if plain in labels:
        steps.remove(min(steps, key=lambda shade: abs(contrast(shade) - contrast(colour))))
        steps.insert(labels.index(plain), colour)
    return dict(zip(labels, steps, strict=True))


def hollow(look: Look) -> Look:
    """The same marker without its filling."""
    return look | {"markerfacecolor": "white", "markeredgecolor": look["color"], "markeredgewidth": 1.3}


def span_words(values: Sequence[int]) -> str:
    """How many, for people: `3`, or `1 to 3` where they differ."""
    least, most = min(values), max(values)
    return f"{least:,}" + (f" to {most:,}" if most > least else "")


def size(count: float) -> str:
    """A number of parameters, short: 75 k, 2.8 B, 248 M."""
    if count < 1e6:
        return f"{float(f'{count / 1e3:.2g}'):.0f} k"
    number, unit = (count / 1e9, "B") if count >= 1e9 else (count / 1e6, "M")
    return f"{number:.{1 if number < 10 else 0}f} {unit}"

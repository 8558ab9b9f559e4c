"""An axis of rungs, and checkpoints of one model: each a curve of its own over it (Figures 3c and 3d)."""

import math
from collections import defaultdict
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from softscale.figures.look import Row, Rows, size
from softscale.tables.rungs import rung_names, sizes_of

Rungs = Mapping[str, float]  # parameters of the backbone by rung, smallest first
MARGIN = 1.35  # the axis goes on beyond the smallest and the largest rung by this factor


def by_rung(rows: Rows) -> list[Row]:
    """The rows with the names of their rungs for the names of their models.

    Where a label has several models of one rung, what is left of each model's name stands in the label: `prompt tuning,
    span`, `prompt tuning, lm 10k`.
    """
    names = rung_names(sizes_of(rows))
    models: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        models[row["label"], names[row["model"]]].add(row["model"])
    alone = all(len(group) == 1 for group in models.values())
    joined = []
    for row in rows:
        rung = names[row["model"]]
        checkpoint = "" if alone else row["model"].removeprefix(rung).strip("_").replace("_", " ")
        label = f"{row['label']}, {checkpoint}" if checkpoint else row["label"]
        joined.append({**row, "model": rung, "label": label})
    return joined


def limits(rungs: Rungs) -> tuple[float, float]:
    """The ends of the horizontal axis."""
    return min(rungs.values()) / MARGIN, max(rungs.values()) * MARGIN


def rung_axis(axes: Axes, rungs: Rungs, width: float, *, named: bool, low: float | None = None) -> bool:
    """A logarithmic axis, `width` inches wide, with a tick a rung and no other; whether a label stands lower.

    Labels are sizes, under the rungs' names where `named`. A label without room stands lower where `named`; one without
    room there either is left out. `low`: where the axis begins, if not just before the smallest rung.
    """
    low, high = low or limits(rungs)[0], limits(rungs)[1]
    ends = [-math.inf, -math.inf] if named else [-math.inf]  # of the last label on each level, in inches
    labels = []
    for name, total in rungs.items():
        words = f"{name}\n{size(total)}" if named else size(total).replace(" ", "")
        half = (0.037 if named else 0.03) * max(map(len, words.split("\n"))) + 0.02
        x = width * math.log(total / low) / math.log(high / low)
        level = next((level for level, end in enumerate(ends) if x - half >= end), None)
        if level is not None:
            ends[level] = x + half
        labels.append("" if level is None else "\n\n" * level + words)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_xticks(list(rungs.values()), labels)
    axes.xaxis.set_minor_locator(NullLocator())
    if not named:
        axes.tick_params("x", labelsize=8)
    return any(label.startswith("\n") for label in labels)

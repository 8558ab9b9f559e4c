"""The curves of one task or average over the rungs, in one panel."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from softscale.figures.direct_labels import End, Mark, Point, write_marks
from softscale.figures.look import GREY, MAJORITY, PAPER, Look, Row, Rows, hollow
from softscale.figures.rung_axis import Rungs, limits
from softscale.figures.sheet import Panel
from softscale.tables.paper import Anchor

APART = 0.01  # of the axis: between the curves at a rung, at most
APART_ALL = 0.2  # of the smallest distance between two rungs: between the first and the last curve, at most


@dataclass(frozen=True, kw_only=True)
class Plot:
    """What the panels of a figure have in common."""

    rows: Rows  # of a score table, by rung
    rungs: Rungs
    looks: dict[str, Look]  # by label
    anchors: Sequence[Anchor]  # the paper's numbers that are drawn

    def tasks(self) -> list[str]:
        """The average first."""
        return [task for _, task in sorted({(-row["tasks"], row["task"]) for row in self.rows})]

    def points(self, task: str, label: str) -> list[Row | None]:
        """The rows of a curve, None where a rung was not run."""
        found = {row["model"]: row for row in self.rows if (row["task"], row["label"]) == (task, label)}
        return [found.get(rung) for rung in self.rungs]

    def x(self, label: str) -> list[float]:
        """Where a curve's points stand: at the rungs, a little left or right so that none hides another."""
        sizes = list(self.rungs.values())
        low, high = limits(self.rungs)
        gaps = [math.log(large / small) for small, large in itertools.pairwise(sizes)]
        apart = min([APART * math.log(high / low), *(APART_ALL * gap / max(1, len(self.looks) - 1) for gap in gaps)])
        shift = apart * (list(self.looks).index(label) - (len(self.looks) - 1) / 2)
        return [total * math.exp(shift) for total in sizes]


def score_limits(plot: Plot, tasks: Sequence[str]) -> tuple[float, float]:
    """The ends of the vertical axis of the panels of these tasks, in percent."""
    rows = [row for row in plot.rows if row["task"] in tasks]
    scores = [100 * anchor.score for anchor in plot.anchors if anchor.task in tasks]
    scores += [end for row in rows for end in (100 * row["mean"], 100 * row["majority"], *_ends(row))]
    known = [score for score in scores if not math.isnan(score)]
    low, high = min(known), max(known)
    margin = max(1.0, high - low)
    return low - 0.1 * margin, high + 0.08 * margin


def draw_curves(panel: Panel, plot: Plot, task: str, ends: tuple[float, float], *, counts: bool) -> None:
    """The curves of one task or average, over an axis of rungs, between `ends`.

    counts: whether the marks of collapsed runs say how many of how many.
    """
    axes = panel.axes
    axes.set_ylim(*ends)
    axes.axhline(_majority(plot, task), **MAJORITY)
    marks: list[Mark] = []
    curves: list[list[Point]] = []
    for label, look in plot.looks.items():
        points, x = plot.points(task, label), plot.x(label)
        _curve(panel, points, x, look, len(plot.looks))
        known = [(at, 100 * point["mean"], point) for at, point in zip(x, points, strict=True) if point]
        curves.append([(at, score) for at, score, _ in known])
        marks += [
            Mark(x=at, y=score, words=f"✕ {_collapsed_words(point)}" if counts else "✕", colour=look["color"])
            for at, score, point in known
            if point["collapsed"] > 0
        ]
    for method in sorted({anchor.method for anchor in plot.anchors if anchor.task == task}):
        ours = sorted(_paper_points(plot, task, method))
        axes.plot([total for total, _ in ours], [score for _, score in ours], **PAPER)
    write_marks(panel, marks, curves)


def curve_ends(plot: Plot, task: str, names: dict[str, str], majority: str, paper: str) -> list[End]:
    """Where the curves that reach the last rung end, the majority class and the paper's numbers, with their names."""
    ends = []
    for label, look in plot.looks.items():
        last = plot.points(task, label)[-1]
        if last:
            ends.append(End(x=plot.x(label)[-1], y=100 * last["mean"], name=names[label], colour=look["color"]))
    if not math.isnan(_majority(plot, task)):
        ends.append(End(x=limits(plot.rungs)[1], y=_majority(plot, task), name=majority, colour=GREY))
    anchors = sorted((anchor.total, 100 * anchor.score) for anchor in plot.anchors if anchor.task == task)
    if anchors:
        ends.append(End(x=anchors[-1][0], y=anchors[-1][1], name=paper, colour="black"))
    return ends


def _paper_points(plot: Plot, task: str, method: str) -> list[Point]:
    ours = [anchor for anchor in plot.anchors if (anchor.task, anchor.method) == (task, method)]
    return [(anchor.total, 100 * anchor.score) for anchor in ours]


def _majority(plot: Plot, task: str) -> float:
    """In percent; NaN where it is not known."""
    return 100 * next(row["majority"] for row in plot.rows if row["task"] == task)


def _curve(panel: Panel, points: Sequence[Row | None], x: Sequence[float], look: Look, count: int) -> None:
    """One curve of `count` over all rungs; None, where a rung was not run, breaks it."""
    axes = panel.axes
    mean = [100 * point["mean"] if point else math.nan for point in points]
    ends = [_ends(point) if point else (math.nan, math.nan) for point in points]
    axes.plot(x, mean, **look)
    around = [(math.nan, math.nan), *ends, (math.nan, math.nan)]
    for index, point in enumerate(points):
        if math.isnan(around[index][0]) and math.isnan(around[index + 2][0]):  # a band needs a neighbour
            axes.plot([x[index]] * 2, ends[index], color=look["color"])
        if point and point["dirty"]:
            axes.plot(x[index], mean[index], **hollow(look))
    axes.fill_between(
        x,
        [low for low, _ in ends],
        [high for _, high in ends],
        color=look["color"],
        alpha=0.15 if count <= 3 else 0.1,
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

"""Words beside curves in the place of a legend: names at their right ends, short marks beside their points.

Everything is placed by rule, so that the same numbers give the same picture.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from softscale.figures.sheet import Panel

LINE = 0.165  # inches: a line of a name
AWAY = 0.22  # inches from the axes to the names
MARK_LETTER, MARK_HEIGHT, MARKER = 0.06, 0.115, 0.09  # inches: a letter and the height of a mark, and of a marker
MARK_SIZE = 7.5
SAMPLES = 24  # points of a segment at which it may run through a mark
HALO = [withStroke(linewidth=2.2, foreground="white")]  # readable on another curve

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class End:
    """The right end of a curve, in data, and its name."""

    x: float
    y: float
    name: str
    colour: Any


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A word that belongs to a point, in data."""

    x: float
    y: float
    words: str
    colour: Any


def fit(ends: Sequence[End], height: float) -> bool:
    """Whether all names have room beside a panel of that height, in inches."""
    return sum(map(_height, ends)) <= height


def name_ends(panel: Panel, ends: Sequence[End]) -> None:
    """Each name right of the panel, as near to the height of its end as the others let it, a thin line between.

    Of ends at one height the left one's name stands lower: so their lines do not cross.
    """

    def height_of(end: End) -> float:
        return panel.height * fraction(panel.axes, end.x, end.y)[1]

    ordered = sorted(ends, key=lambda end: (round(height_of(end) / MARKER), end.x))
    wanted = [height_of(end) for end in ordered]
    heights = spread(wanted, [_height(end) for end in ordered], panel.height)
    for end, height in zip(ordered, heights, strict=True):
        panel.axes.annotate(
            end.name,
            (end.x, end.y),
            (1 + AWAY / panel.width, height / panel.height),
            textcoords="axes fraction",
            color=end.colour,
            va="center",
            linespacing=1.1,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": end.colour,
                "linewidth": 0.7,
                "alpha": 0.6,
                "shrinkA": 1,
                "shrinkB": 5,
                "relpos": (0, 0.5),
            },
        )


def spread(wanted: Sequence[float], sizes: Sequence[float], most: float) -> list[float]:
    """The middles of boxes, in this order upwards, that do not overlap in [0, most]: least squares from `wanted`."""
    middles = [sum(sizes[:index]) + size / 2 for index, size in enumerate(sizes)]  # all boxes from the bottom up
    groups: list[list[float]] = []  # boxes that touch, by how far they are above that
    for value, middle in zip(wanted, middles, strict=True):
        groups.append([value - middle])
        while len(groups) > 1 and _mean(groups[-2]) > _mean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    room = max(0.0, most - sum(sizes))
    shifts = [min(max(_mean(group), 0.0), room) for group in groups for _ in group]
    return [middle + shift for middle, shift in zip(middles, shifts, strict=True)]


def write_marks(panel: Panel, marks: Sequence[Mark], curves: Sequence[Sequence[Point]]) -> None:
    """Each mark above, below or beside its point, where it hides least of markers, of other marks and of curves."""
    scale = (panel.width, panel.height)

    def inches(x: float, y: float) -> Point:
        left, up = fraction(panel.axes, x, y)
        return left * scale[0], up * scale[1]

    markers = [inches(*point) for curve in curves for point in curve]
    lines = [along for curve in curves for along in _along([inches(*point) for point in curve])]
    taken: list[tuple[Point, float]] = []
    for mark in sorted(marks, key=lambda mark: (mark.x, mark.y)):
        half = MARK_LETTER * len(mark.words) / 2
        x, y = inches(mark.x, mark.y)

        def cost(step: Point, x: float = x, y: float = y, half: float = half) -> float:
            spot = (x + step[0], y + step[1])
            high = spot[1] + MARK_HEIGHT / 2 - panel.height, MARK_HEIGHT / 2 - spot[1]
            wide = spot[0] + half - panel.width - 0.3, half - spot[0]
            return (
                50 * (max(high) > 0.02 or max(wide) > 0)
                + 20 * sum(_meet(spot, half, other, width) for other, width in taken)
                + 10 * sum(_meet(spot, half, marker, MARKER / 2, MARKER) for marker in markers)
                + sum(_meet(spot, half, along, 0, 0) for along in lines) / 12
                + 4 * math.hypot(*step)
            )

        step = min(_steps(half), key=cost)
        taken.append(((x + step[0], y + step[1]), half))
        panel.axes.annotate(
            mark.words,
            (mark.x, mark.y),
            (72 * step[0], 72 * step[1]),
            textcoords="offset points",
            color=mark.colour,
            fontsize=MARK_SIZE,
            ha="center",
            va="center",
            zorder=6,
            path_effects=HALO,
        )


def fraction(axes: Axes, x: float, y: float) -> Point:
    """A point in data as a fraction of the axes, whose limits are set."""
    left, up = axes.transLimits.transform(axes.transScale.transform((x, y)))
    return float(left), float(up)


def _steps(half: float) -> list[Point]:
    """Where a mark may stand, in inches from its point, the best first."""
    near = MARKER / 2 + MARK_HEIGHT / 2 + 0.02
    aside = MARKER / 2 + half + 0.02
    rows = [near, -near, near + MARK_HEIGHT, -near - MARK_HEIGHT, near + 2 * MARK_HEIGHT, -near - 2 * MARK_HEIGHT]
    return [(0, near), (0, -near), (aside, 0), (-aside, 0), *itertools.product((0, aside, -aside), rows)]


def _meet(spot: Point, half: float, other: Point, width: float, height: float = MARK_HEIGHT) -> bool:
    near = abs(spot[0] - other[0]) < half + width
    return near and abs(spot[1] - other[1]) < (MARK_HEIGHT + height) / 2


def _along(points: Sequence[Point]) -> list[Point]:
    return [
        (a[0] + (b[0] - a[0]) * step / SAMPLES, a[1] + (b[1] - a[1]) * step / SAMPLES)
        for a, b in itertools.pairwise(points)
        for step in range(1, SAMPLES)
    ]


def _height(end: End) -> float:
    return LINE * (end.name.count("\n") + 1)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)

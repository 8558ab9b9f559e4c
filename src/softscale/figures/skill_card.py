"""What a ladder can do before it is adapted: a panel a skill, the share of right answers by rung, from a CSV alone.

The CSV has a row a model and skill: model, total (parameters), skill, right, count (questions), chance (a fraction;
empty where a guess is never right), example_question, example_answer.
"""

import math
import textwrap
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from softscale.errors import InputError
from softscale.figures.look import (
    CAPTION_LETTERS,
    COLUMN_GAP,
    COLUMNS,
    LEFT,
    LINE,
    MAJORITY,
    RIGHT,
    ROW_GAP,
    TITLE_LETTERS,
    WIDTH,
    Look,
    Row,
    Rows,
    Rungs,
    Sheet,
    read_rows,
    rung_axis,
    rung_labels,
    rungs_of,
    style,
    write_png,
)
from softscale.tables.scores import line, millions

NAMES = ("model", "total", "skill", "right", "count", "chance", "example_question", "example_answer")
HEIGHT = 1.6  # of a panel, in inches
Z = 1.959964  # of the normal distribution: 95 % lie within
CURVE: Look = {"color": "#4a62a8", "marker": "o"}
CHANCE: Look = MAJORITY | {"linestyle": "--"}


def draw(table: Path, path: Path, *, title: str, caption: str) -> None:
    """Draw the CSV `table` into the PNG `path`.

    x: parameters, logarithmic; y: share of right answers in percent, in panels in the order of the table. Bars:
    Wilson's 95 % interval. Dashed: chance. A rung at which a skill was not asked for breaks its line.

    Raises:
        InputError: the table is not as above.
    """
    skills = _skills(table)
    rungs = rungs_of([row for rows in skills.values() for row in rows])
    counts = [row["count"] for rows in skills.values() for row in rows]
    asked = f"{min(counts):,}" + (f" to {max(counts):,}" if max(counts) > min(counts) else "")
    notes = f"{caption} Bars: Wilson's 95 % interval of {asked} questions a skill and rung; dashed: chance.".strip()
    with style():
        title, notes = textwrap.fill(title, TITLE_LETTERS), textwrap.fill(notes, CAPTION_LETTERS)
        write_png(_draw(skills, rungs, title, notes), path)


def to_markdown(table: Path) -> str:
    """The CSV for people: a row a skill, a column a rung, `84.3 [79.2, 88.4]` in percent, and an example.

    Raises:
        InputError: the table is not as above.
    """
    skills = _skills(table)
    rungs = rungs_of([row for rows in skills.values() for row in rows])
    heads = [f"{model} ({millions(total)})" for model, total in rungs.items()]
    lines = [
        line(["skill", "chance", *heads, "asked", "answer"]),
        line(["---", "---:", *["---:"] * len(heads), "---", "---"]),
    ]
    for skill, rows in skills.items():
        shares = {row["model"]: _cell(row) for row in rows}
        first = rows[0]
        chance = "-" if math.isnan(first["chance"]) else f"{100 * first['chance']:.1f}"
        example = [_text(first[name]) for name in ("example_question", "example_answer")]
        lines.append(line([skill, chance, *(shares.get(model, "not asked") for model in rungs), *example]))
    words = "Right answers in percent, and Wilson's 95 % interval of that share; chance: of a guess; -: never right."
    return "\n".join([*lines, "", words]) + "\n"


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share, both ends in [0, 1] (Wilson 1927).

    Raises ValueError unless 0 <= right <= count and count > 0.
    """
    if not 0 <= right <= count or count == 0:
        raise ValueError(f"{right} of {count} is no share")
    share, square = right / count, Z * Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = Z / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    # At either end the interval ends there exactly; rounding would put it a little beyond.
    return (0.0 if right == 0 else middle - half), (1.0 if right == count else middle + half)


def _skills(table: Path) -> Mapping[str, Rows]:
    """The rows of each skill, in the order of the table. Raises InputError."""
    rows = read_rows(table)
    missing = [name for name in NAMES if not rows or name not in rows[0]]
    if missing:
        raise InputError(f"{table} is not a table of skills: it has no {', '.join(missing)}")
    skills: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if not 0 <= row["right"] <= row["count"] or row["count"] < 1:
            where = f"{table}: {row['model']} {row['skill']}"
            raise InputError(f"{where} has {row['right']} of {row['count']} right, but it must be a share of questions")
        if any(row["model"] == other["model"] for other in skills[row["skill"]]):
            raise InputError(f"{table} has {row['model']} {row['skill']} twice")
        skills[row["skill"]].append(row)
    for skill, told in skills.items():
        if len({str(row["chance"]) for row in told}) > 1:
            raise InputError(f"{table} has several chances for {skill}, but a skill must have one")
    return skills


def _text(cell: Any) -> str:
    """A cell of text as one of Markdown; pandas reads an empty one as NaN."""
    return "" if isinstance(cell, float) and math.isnan(cell) else str(cell).replace("|", "\\|")


def _cell(row: Row) -> str:
    low, high = wilson(row["right"], row["count"])
    return f"{100 * row['right'] / row['count']:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def _draw(skills: Mapping[str, Rows], rungs: Rungs, title: str, caption: str) -> Figure:
    """Title, panels, legend, caption."""
    columns = min(COLUMNS, len(skills))
    lines = math.ceil(len(skills) / columns)
    top = 0.45 + 0.22 * (title.count("\n") + 1)
    legend_top = top + lines * (HEIGHT + ROW_GAP) + 0.05
    caption_top = legend_top + 0.3
    sheet = Sheet(caption_top + LINE * (caption.count("\n") + 1) + 0.15)
    sheet.title(title)
    sheet.caption(caption_top, caption)
    handles = [Line2D([], [], label="share of right answers", **CURVE), Line2D([], [], label="chance", **CHANCE)]
    sheet.legend(LEFT, legend_top, handles, len(handles))
    width = (WIDTH - LEFT - RIGHT - COLUMN_GAP * (columns - 1)) / columns
    for index, (skill, rows) in enumerate(skills.items()):
        below, column = divmod(index, columns)
        axes = sheet.panel(LEFT + column * (width + COLUMN_GAP), top + below * (HEIGHT + ROW_GAP), width, HEIGHT)
        _panel(axes, rows, rungs)
        axes.set_title(skill)
        axes.tick_params("x", labelsize=7.5)
        rung_axis(axes, rungs, rung_labels(rungs, width, named=False))
        axes.set_xlabel("parameters" if index + columns >= len(skills) else "", fontsize=8)
        axes.set_ylabel("right (%)" if column == 0 else "")
    return sheet.figure


def _panel(axes: Axes, rows: Rows, rungs: Rungs) -> None:
    """One skill over all rungs."""
    told = {row["model"]: row for row in rows}
    axes.set_ylim(-4, 104)
    axes.set_yticks([0, 50, 100])
    if not math.isnan(rows[0]["chance"]):
        axes.axhline(100 * rows[0]["chance"], **CHANCE)
    shares = [100 * told[model]["right"] / told[model]["count"] if model in told else math.nan for model in rungs]
    axes.plot(list(rungs.values()), shares, **CURVE)
    for model, share in zip(rungs, shares, strict=True):
        if model in told:
            low, high = wilson(told[model]["right"], told[model]["count"])
            ends = [[max(0.0, share - 100 * low)], [max(0.0, 100 * high - share)]]
            axes.errorbar(rungs[model], share, ends, fmt="none", ecolor=CURVE["color"], capsize=2)

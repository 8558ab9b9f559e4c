"""What a ladder can do before it is adapted: a panel a skill, the share of right answers by rung, from a CSV alone.

The CSV has a row a model and skill: model, total (parameters), skill, right, count (questions), chance (a fraction;
empty where a guess is never right), example_question, example_answer.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from softscale.errors import InputError
from softscale.figures.look import INK, MAJORITY, Look, Row, Rows, read_rows, span_words, style, write_png
from softscale.figures.rung_axis import Rungs, rung_axis
from softscale.figures.sheet import Sheet
from softscale.tables.rungs import Sizes, sizes_of
from softscale.tables.scores import line, millions

NAMES = ("model", "total", "skill", "right", "count", "chance", "example_question", "example_answer")
HEIGHT, COLUMNS = 1.5, 4  # of a panel, in inches; and panels side by side
Z = 1.959964  # of the normal distribution: 95 % lie within
CURVE: Look = {"color": INK, "marker": "o", "markersize": 5}
CHANCE: Look = MAJORITY | {"linestyle": "--"}


def draw(table: Path, path: Path, *, title: str, caption: str) -> None:
    """Draw the CSV `table` into the PNG `path`.

    x: parameters, logarithmic; y: share of right answers in percent, in panels in the order of the table. Bars:
    Wilson's 95 % interval. Dashed: chance. A rung at which a skill was not asked for breaks its line.

    Raises:
        InputError: the table is not as above.
    """
    skills = _skills(table)
    rungs = _rungs(skills)
    with style():
        sheet = Sheet(title)
        panels = sheet.panels(list(skills), HEIGHT, columns=COLUMNS, foot=0.3)
        sheet.skip(0.2)
        for panel, rows in zip(panels, skills.values(), strict=True):
            rung_axis(panel.axes, rungs, panel.width, named=False)
            _panel(panel.axes, rows, rungs)
            panel.axes.set_xlabel("parameters" if panel.lowest else "")
            panel.axes.set_ylabel("right (%)" if panel.first else "")
        sheet.legend(
            [Line2D([], [], label="share of right answers", **CURVE), Line2D([], [], label="chance", **CHANCE)]
        )
        write_png(sheet.finish(caption, _reading(skills)), path)


def _rungs(skills: Mapping[str, Rows]) -> Sizes:
    return sizes_of((row for rows in skills.values() for row in rows), itemgetter("total"))


def _reading(skills: Mapping[str, Rows]) -> list[str]:
    asked = span_words([row["count"] for rows in skills.values() for row in rows])
    return [f"Bars: Wilson's 95 % interval of {asked} questions a skill and rung; dashed: chance."]


def to_markdown(table: Path) -> str:
    """The CSV for people: a row a skill, a column a rung, `84.3 [79.2, 88.4]` in percent, and an example.

    Raises:
        InputError: the table is not as above.
    """
    skills = _skills(table)
    rungs = _rungs(skills)
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
    reading = f"## Reading the figure\n\n{' '.join(_reading(skills))}"
    return "\n".join([*lines, "", words, "", reading]) + "\n"


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
    for skill, group in skills.items():
        if len({str(row["chance"]) for row in group}) > 1:
            raise InputError(f"{table} has several chances for {skill}, but a skill must have one")
    return skills


def _text(cell: Any) -> str:
    """A cell of text as one of Markdown; pandas reads an empty one as NaN."""
    return "" if isinstance(cell, float) and math.isnan(cell) else str(cell).replace("|", "\\|")


def _cell(row: Row) -> str:
    low, high = wilson(row["right"], row["count"])
    return f"{100 * row['right'] / row['count']:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def _panel(axes: Axes, rows: Rows, rungs: Rungs) -> None:
    """One skill over all rungs."""
    by_model = {row["model"]: row for row in rows}
    axes.set_ylim(-4, 104)
    axes.set_yticks([0, 50, 100])
    if not math.isnan(rows[0]["chance"]):
        axes.axhline(100 * rows[0]["chance"], **CHANCE)
    shares = [
        100 * by_model[model]["right"] / by_model[model]["count"] if model in by_model else math.nan for model in rungs
    ]
    axes.plot(list(rungs.values()), shares, **CURVE)
    for model, share in zip(rungs, shares, strict=True):
        if model in by_model:
            low, high = wilson(by_model[model]["right"], by_model[model]["count"])
            ends = [[max(0.0, share - 100 * low)], [max(0.0, 100 * high - share)]]
            axes.errorbar(rungs[model], share, ends, fmt="none", ecolor=CURVE["color"], capsize=2)

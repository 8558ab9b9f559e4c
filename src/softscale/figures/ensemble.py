"""The vote of several prompts (Table 3 of the paper) beside the single ones, drawn from a CSV alone."""

import math
import textwrap
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from softscale.figures.kind import Experiment, Kind
from softscale.figures.line_panels import line_panels
from softscale.figures.look import (
    DIRTY,
    MINIATURE,
    PALE,
    Look,
    Row,
    Rows,
    hollow,
    looks_of,
    read_rows,
    size,
    span_words,
    style,
    write_png,
)
from softscale.figures.sheet import LEGEND_LETTERS, Sheet
from softscale.tables import ensemble as ensemble_table
from softscale.tables.rungs import sizes_of

THE_PAPER = "the paper"
SPREAD = 0.3  # of a line, between two methods
SINGLE: Look = {"marker": "o", "markersize": 5, "linestyle": "none", "alpha": 0.35, "markeredgewidth": 0}
AVERAGE: Look = {"marker": "|", "markersize": 14, "markeredgewidth": 1.6, "linestyle": "none"}
ENSEMBLE: Look = {"marker": "D", "markersize": 6, "linestyle": "none", "zorder": 5}
WHATS = {"single": SINGLE, "average": AVERAGE, "ensemble": ENSEMBLE}
PAPER: Look = {"color": "black", "markerfacecolor": "white", "clip_on": False}


class Ensemble(Kind):
    """A line a task: the single runs, their mean, and their vote."""

    name = "ensemble"
    holes = "a vote is of those runs that there are"

    def table(self, experiment: Experiment) -> pd.DataFrame:
        studies = {cell["id"]: study for cell, study in zip(experiment.cells, experiment.studies, strict=True)}
        names = list(dict.fromkeys(cell["task"] for cell in experiment.cells))
        return ensemble_table.ensemble_table(experiment.records, studies, names, experiment.predictions)

    def to_csv(self, table: pd.DataFrame) -> str:
        return ensemble_table.to_csv(table)

    def to_markdown(self, table: pd.DataFrame) -> str:
        return ensemble_table.to_markdown(table)

    def reading(self, table: Path) -> list[str]:
        return reading(table)

    def draw(self, table: Path, path: Path, *, title: str, caption: str) -> None:
        draw(table, path, title=title, caption=caption)


def draw(table: Path, path: Path, *, title: str, caption: str) -> None:
    """Draw the CSV `table` (see tables/ensemble.py) into the PNG `path`.

    y: the mean over tasks, then each task. x: dev score in percent. A panel a model, and one of the paper's numbers
    where it has them. A vote that was not computed is not drawn, and the caption says so.
    """
    rows = _rows(table)
    names = [name for _, name in sorted({(-row["tasks"], row["task"]) for row in rows})]
    panels = {model: f"{model}, {size(total)}" for model, total in sizes_of(rows, itemgetter("total")).items()}
    panels |= {THE_PAPER: THE_PAPER} if any(not math.isnan(row["paper"]) for row in rows) else {}
    looks, score = looks_of(rows), "dev score (%)"
    with style():
        sheet = Sheet(title)
        drawn = line_panels(sheet, list(panels.values()), names, (score, score))
        for name, panel in zip(panels, drawn, strict=True):
            _panel(panel.axes, name, rows, names, looks)
        sheet.legend(_legend(looks))
        write_png(sheet.finish(caption, reading(table)), path)


def _rows(table: Path) -> list[Row]:
    rows = [row for row in read_rows(table) if row["metric"] == "score"]
    for row in rows:
        row["why"] = row["why"] if isinstance(row["why"], str) else ""  # an empty cell is read as NaN
    return rows


def reading(table: Path) -> list[str]:
    """What a reader must know of these numbers, in sentences."""
    rows = _rows(table)
    missing = sum(bool(row["why"]) for row in rows)
    votes = sum(row["what"] == "ensemble" and row["tasks"] == 1 for row in rows)
    notes = []
    if missing:
        notes.append(f"No diamond where the vote could not be computed ({missing} of {votes}; see the table).")
    runs = span_words([row["n"] for row in rows if row["what"] == "average"])
    notes.append(f"Pale: single runs; stroke: their mean; diamond: the majority vote of {runs}.")
    if any(row["dirty"] for row in rows):
        notes.append(DIRTY)
    if any(row["miniature"] for row in rows):
        notes.append(MINIATURE)
    if any(not math.isnan(row["paper"]) for row in rows):
        notes.append("The paper: Table 3, five prompts on T5 XXL.")
    return notes


def _panel(axes: Axes, panel: str, rows: Rows, names: Sequence[str], looks: dict[str, Look]) -> None:
    """The runs of one model, or the numbers of the paper."""
    if any(row["tasks"] > 1 for row in rows):
        axes.axhline(0.5, color=PALE, linewidth=0.8)
    for row in (row for row in rows if row["what"] in WHATS):
        y = names.index(row["task"])
        if panel == THE_PAPER and not math.isnan(row["paper"]):
            axes.plot(100 * row["paper"], y, **WHATS[row["what"]] | PAPER)
        elif row["model"] == panel and not math.isnan(row["score"]):
            y += SPREAD * (list(looks).index(row["label"]) - (len(looks) - 1) / 2)
            axes.plot(100 * row["score"], y, **_look(row, looks[row["label"]]))


def _look(row: Row, look: Look) -> Look:
    look = WHATS[row["what"]] | {"color": look["color"], "clip_on": False}
    return hollow(look) if row["dirty"] and row["what"] == "ensemble" else look


def _legend(looks: dict[str, Look]) -> list[Line2D]:
    first = next(iter(looks.values()))["color"]
    whats = {"a single run": SINGLE, "mean of the single runs": AVERAGE, "majority vote": ENSEMBLE}
    handles = [Line2D([], [], label=label, color=first, **look) for label, look in whats.items()]
    if len(looks) > 1:
        patches = {textwrap.fill(label, LEGEND_LETTERS): look["color"] for label, look in looks.items()}
        handles += [Line2D([], [], label=label, color=colour, linewidth=4) for label, colour in patches.items()]
    return handles

"""The vote of several prompts (Table 3 of the paper) beside the single ones, drawn from a CSV alone."""

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from softscale.figures.kind import Experiment, Kind
from softscale.figures.line_panels import lines_page
from softscale.figures.look import (
    LEGEND_LETTERS,
    Look,
    Row,
    Rows,
    looks_of,
    read_rows,
    rungs_of,
    size,
    style,
    write_png,
)
from softscale.tables import ensemble as ensemble_table

THE_PAPER = "the paper"
SPREAD = 0.3  # of a line, between two methods
SINGLE: Look = {"marker": "o", "markersize": 4.5, "linestyle": "none", "alpha": 0.35, "markeredgewidth": 0}
AVERAGE: Look = {"marker": "|", "markersize": 11, "markeredgewidth": 1.6, "linestyle": "none"}
ENSEMBLE: Look = {"marker": "D", "markersize": 6, "linestyle": "none", "zorder": 5}
WHATS = {"single": SINGLE, "average": AVERAGE, "ensemble": ENSEMBLE}
PAPER: Look = {"color": "black", "markerfacecolor": "white", "clip_on": False}


class Ensemble(Kind):
    """A line a task: the single runs, their mean, and their vote."""

    name = "ensemble"
    holes = "a vote is of those runs that there are"

    def table(self, experiment: Experiment) -> pd.DataFrame:
        told = zip(experiment.cells, experiment.studies, strict=True)
        studies = {cell["id"]: study for cell, study in told}
        names = list(dict.fromkeys(cell["task"] for cell in experiment.cells))
        return ensemble_table.ensemble_table(experiment.records, studies, names, experiment.predictions)

    def to_csv(self, table: pd.DataFrame) -> str:
        return ensemble_table.to_csv(table)

    def to_markdown(self, table: pd.DataFrame) -> str:
        return ensemble_table.to_markdown(table)

    def draw(self, table: Path, path: Path, *, title: str, caption: str) -> None:
        draw(table, path, title=title, caption=caption)


def draw(table: Path, path: Path, *, title: str, caption: str) -> None:
    """Draw the CSV `table` (see tables/ensemble.py) into the PNG `path`.

    y: the mean over tasks, then each task. x: dev score in percent. A panel a model, and one of the paper's numbers
    where it has them. A vote that was not computed is not drawn, and the caption says so.
    """
    rows = [row for row in read_rows(table) if row["metric"] == "score"]
    for row in rows:
        row["why"] = row["why"] if isinstance(row["why"], str) else ""  # an empty cell is read as NaN
    with style():
        write_png(_draw(rows, title, " ".join([caption, *_footnotes(rows)])), path)


def _footnotes(rows: Rows) -> list[str]:
    """What a reader must know of these numbers, in sentences."""
    averages = [row for row in rows if row["what"] == "average"]
    least, most = min(row["n"] for row in averages), max(row["n"] for row in averages)
    votes = f"{least}" + (f" to {most}" if most > least else "")
    notes = [f"Pale: single runs; stroke: their mean; diamond: the majority vote of {votes}."]
    missing = [row["task"] for row in rows if row["why"]]
    if missing:
        notes.append(
            f"No diamond where the vote could not be computed ({len(missing)} of {_votes(rows)}; see the table)."
        )
    if any(row["dirty"] for row in rows):
        notes.append("Hollow: at least one run is not known to come from committed code.")
    if any(row["miniature"] for row in rows):
        notes.append("Miniature ladder: small models and a generated world, not the paper's models and data.")
    if any(not math.isnan(row["paper"]) for row in rows):
        notes.append("The paper: Table 3, five prompts on T5 XXL.")
    return notes


def _votes(rows: Rows) -> int:
    return sum(row["what"] == "ensemble" and row["tasks"] == 1 for row in rows)


def _draw(rows: Rows, title: str, caption: str) -> Figure:
    """A panel a model, and one of the paper where it has numbers; a line a task."""
    names = [name for _, name in sorted({(-row["tasks"], row["task"]) for row in rows})]
    panels = {model: f"{model}, {size(total)}" for model, total in rungs_of(rows).items()}
    panels |= {THE_PAPER: THE_PAPER} if any(not math.isnan(row["paper"]) for row in rows) else {}
    looks = looks_of(rows)
    score = "dev score (%)"
    figure, axes = lines_page(
        list(panels.values()), names, _legend(looks), title=title, caption=caption, label=(score, score)
    )
    for panel, place in zip(panels, axes, strict=True):
        _panel(place, panel, rows, names, looks)
    return figure


def _panel(axes: Axes, panel: str, rows: Rows, names: Sequence[str], looks: dict[str, Look]) -> None:
    """The runs of one model, or the numbers of the paper."""
    if any(row["tasks"] > 1 for row in rows):
        axes.axhline(0.5, color="#bbbbbb", linewidth=0.8)
    for row in (row for row in rows if row["what"] in WHATS):
        y = names.index(row["task"])
        if panel == THE_PAPER and not math.isnan(row["paper"]):
            axes.plot(100 * row["paper"], y, **WHATS[row["what"]] | PAPER)
        elif row["model"] == panel and not math.isnan(row["score"]):
            y += SPREAD * (list(looks).index(row["label"]) - (len(looks) - 1) / 2)
            axes.plot(100 * row["score"], y, **_look(row, looks[row["label"]]))


def _look(row: Row, look: Look) -> Look:
    told: Look = WHATS[row["what"]] | {"color": look["color"], "clip_on": False}
    return told | ({"markerfacecolor": "white"} if row["dirty"] and row["what"] == "ensemble" else {})


def _legend(looks: dict[str, Look]) -> list[Line2D]:
    first = next(iter(looks.values()))["color"]
    told = {"a single run": SINGLE, "mean of the single runs": AVERAGE, "majority vote": ENSEMBLE}
    handles = [Line2D([], [], label=label, color=first, **look) for label, look in told.items()]
    if len(looks) > 1:
        patches = {textwrap.fill(label, LEGEND_LETTERS): look["color"] for label, look in looks.items()}
        handles += [Line2D([], [], label=label, color=colour, linewidth=4) for label, colour in patches.items()]
    return handles

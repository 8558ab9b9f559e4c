"""Score versus trained parameters: what each method reaches for what it trains, drawn from a CSV alone."""

import math
import statistics
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from softscale.figures.kind import Experiment, Kind
from softscale.figures.look import (
    CAPTION_LETTERS,
    COLOURS,
    COLUMN_GAP,
    LEFT,
    LINE,
    MAJORITY,
    RIGHT,
    TITLE_LETTERS,
    WIDTH,
    Look,
    Row,
    Rows,
    Sheet,
    looks_of,
    read_rows,
    rungs_of,
    size,
    style,
    write_png,
)
from softscale.runs.record import Record
from softscale.tables import scores as tables

# In inches, and panels and legend entries side by side.
PANEL_HEIGHT, ROW_GAP, COLUMNS = 2.7, 0.75, 3
LEGEND_LINE, LEGEND_COLUMNS, LEGEND_LETTERS = 0.2, 4, 34
GUIDE: Look = {"color": COLOURS["model_tuning"], "linestyle": "--", "linewidth": 0.9, "zorder": 1}
COSTS = ("stored", "bytes", "step_seconds", "peak_memory_bytes")
COSTS_WORDS = (
    "Trained: parameters, and their share of all that were there; stored: values that a task keeps beside the shared "
    "backbone, and the bytes of their file; step: median time of a training step without evaluation; peak memory: of "
    "the tensors of a step, weights and optimiser state included; -: not measured."
)


class ScoreVersusParameters(Kind):
    """A point a method and variant: mean score over seeds against trained parameters."""

    name = "score_versus_parameters"
    holes = "a method without a score on a rung is not drawn there"

    def table(self, experiment: Experiment) -> pd.DataFrame:
        """As tables.score_table, and what each method costs.

        `stored` values and `bytes`; `step_seconds`, the median over runs, and `peak_memory_bytes`, the most of any run,
        are NaN where no record has them.
        """
        frame = tables.runs_frame(experiment.records)
        table = tables.score_table(frame, experiment.tasks(), experiment.majority)
        costs = _costs(tables.table_rows(frame), experiment.records)
        places = [(row["model"], row["label"]) for row in tables.table_rows(table)]
        return table.assign(**{name: [costs[place][name] for place in places] for name in COSTS})

    def to_csv(self, table: pd.DataFrame) -> str:
        return tables.to_csv(table)

    def to_markdown(self, table: pd.DataFrame) -> str:
        return to_markdown(tables.table_rows(table))

    def draw(self, table: Path, path: Path, *, title: str, caption: str) -> None:
        draw(table, path, title=title, caption=caption)


def _costs(runs: Sequence[Row], records: Iterable[Record]) -> dict[tuple[str, str], Row]:
    """What the runs of each model and label cost."""
    by_id = {record.id: record for record in records}
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for run in runs:
        groups[run["model"], run["label"]].append(by_id[run["id"]])
    return {
        place: {
            "stored": max(record.parameters["stored"] for record in group),
            "bytes": max(record.parameters["bytes"] for record in group),
            "step_seconds": statistics.median(_measured("step_seconds", group)),
            "peak_memory_bytes": max(_measured("peak_memory_bytes", group)),
        }
        for place, group in groups.items()
    }


def _measured(name: str, group: Sequence[Record]) -> list[float]:
    """What was measured, in those runs where it was; runs of no steps and older records have none."""
    told = [record.provenance[name] for record in group if record.provenance.get(name) is not None]
    return told or [math.nan]


def to_markdown(rows: Rows) -> str:
    """A row a model and method: scores of the tasks and their average in percent, then what they cost."""
    columns = sorted({(row["tasks"], row["task"]) for row in rows})
    usual = max(row["n"] for row in rows)
    heads = ["trained", "stored", "bytes", "step (ms)", "peak memory (MB)"]
    lines = [
        tables.line(["model", "parameters", "method", *(task for _, task in columns), *heads]),
        tables.line(["---", "---:", "---", *["---:"] * (len(columns) + len(heads))]),
    ]
    totals = rungs_of(rows)
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["model"], row["label"]].append(row)
    for (model, label), group in groups.items():
        cells = {row["task"]: tables.score_cell(row, usual) for row in group}
        scores = [cells.get(task, "not run" if num == 1 else "incomplete") for num, task in columns]
        first = group[0]
        costs = [
            tables.trained_share(first["trained"], first["total"]),
            f"{first['stored']:,}",
            f"{first['bytes']:,}",
            _told(1000 * first["step_seconds"]),
            _told(first["peak_memory_bytes"] / 1e6),
        ]
        lines.append(tables.line([model, tables.millions(totals[model]), label, *scores, *costs]))
    known = {row["task"]: row["majority"] for row in rows if not math.isnan(row["majority"])}
    if known:
        told = [tables.percent(known[task]) if task in known else "" for _, task in columns]
        lines.append(tables.line(["", "", "majority class", *told, *[""] * len(heads)]))
    return "\n".join([*lines, "", f"{tables.spread_words(usual)} {COSTS_WORDS}"]) + "\n"


def _told(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"


def draw(table: Path, path: Path, *, title: str, caption: str) -> None:
    """Draw the CSV `table` into the PNG `path`.

    x: trained parameters, logarithmic, with a place at the left for methods that train nothing. y: dev score in
    percent, of the average where there are several tasks (of the first task where no method has all). Bar: one
    standard deviation over seeds. A colour a method; model tuning's score and the majority class's go across.
    """
    rows = read_rows(table)
    _, task = min((-row["tasks"], row["task"]) for row in rows)
    main = [row for row in rows if row["task"] == task]
    notes = textwrap.fill(" ".join([caption, *_footnotes(main)]), CAPTION_LETTERS)
    with style():
        write_png(_draw(main, looks_of(main), textwrap.fill(title, TITLE_LETTERS), notes), path)


def _footnotes(rows: Rows) -> list[str]:
    least, most = min(row["n"] for row in rows), max(row["n"] for row in rows)
    seeds = f"n = {least}" + (f" to {most}" if most > least else "")
    score = f"average of {rows[0]['tasks']} tasks" if rows[0]["tasks"] > 1 else rows[0]["task"]
    notes = [f"Score: {score}, mean over seeds, {seeds}" + ("; bar: one standard deviation." if most > 1 else ".")]
    if any(row["dirty"] for row in rows):
        notes.append("Hollow: at least one run is not known to come from committed code.")
    if any(row["miniature"] for row in rows):
        notes.append("Miniature ladder: small models and a generated world, not the paper's models and data.")
    return notes


def _draw(rows: Rows, looks: dict[str, Look], title: str, caption: str) -> Figure:
    """Title, panels, the legend below them, caption."""
    rungs = rungs_of(rows)
    handles = _legend(rows, looks)
    columns = min(COLUMNS, len(rungs))
    lines = math.ceil(len(rungs) / columns)
    top = 0.45 + 0.22 * (title.count("\n") + 1)
    legend_top = top + lines * (PANEL_HEIGHT + ROW_GAP)
    entries = math.ceil(len(handles) / LEGEND_COLUMNS) * (1 + max(str(h.get_label()).count("\n") for h in handles))
    caption_top = legend_top + LEGEND_LINE * entries + 0.2
    sheet = Sheet(caption_top + LINE * (caption.count("\n") + 1) + 0.15)
    sheet.title(title)
    sheet.caption(caption_top, caption)
    sheet.legend(LEFT, legend_top, handles, LEGEND_COLUMNS)
    width = (WIDTH - LEFT - RIGHT - COLUMN_GAP * (columns - 1)) / columns
    first: Axes | None = None
    for place, model in enumerate(rungs):
        line, column = divmod(place, columns)
        left, below = LEFT + column * (width + COLUMN_GAP), top + line * (PANEL_HEIGHT + ROW_GAP)
        axes = sheet.panel(left, below, width, PANEL_HEIGHT)
        if first:
            axes.sharey(first)
        first = first or axes
        _panel(axes, [row for row in rows if row["model"] == model], looks, _zero(rows))
        axes.set_title(f"{model}, {size(rungs[model])}")
        if column == 0:
            axes.set_ylabel("dev score (%)")
        if place + columns >= len(rungs):
            axes.set_xlabel("trained parameters")
        _axis(axes, rows, _zero(rows))
    return sheet.figure


def _zero(rows: Rows) -> float:
    """Where on a logarithmic axis nothing trained stands: a decade and a half left of the least."""
    return min((row["trained"] for row in rows if row["trained"] > 0), default=10) / 30


def _panel(axes: Axes, rows: Rows, looks: dict[str, Look], zero: float) -> None:
    """The methods on one rung."""
    axes.axhline(100 * rows[0]["majority"], **MAJORITY)
    for row in rows:
        if row["method"] == "model_tuning":
            axes.axhline(100 * row["mean"], **GUIDE)
        look: Look = looks[row["label"]] | {"linestyle": "none", "markersize": 6}
        x, y = max(row["trained"], zero), 100 * row["mean"]
        spread = 0 if math.isnan(row["std"]) else 100 * row["std"]
        axes.errorbar(x, y, spread, fmt="none", ecolor=look["color"], capsize=2)
        if row["dirty"]:
            look["markerfacecolor"] = "white"
        axes.plot(x, y, **look)


def _axis(axes: Axes, rows: Rows, zero: float) -> None:
    """Powers of ten, and 0 at the left, behind a line, where a method trains nothing."""
    trained = [row["trained"] for row in rows]
    some = [value for value in trained if value > 0] or [30 * zero]
    least, most = min(some), max(some)
    powers = [10**power for power in range(math.ceil(math.log10(least)), math.floor(math.log10(most)) + 1)]
    axes.set_xscale("log")
    names = [f"$10^{{{round(math.log10(power))}}}$" for power in powers]
    if 0 in trained:
        axes.axvline(zero * 5, color="#bbbbbb", linewidth=0.8, linestyle=(0, (2, 2)))
        powers, names = [zero, *powers], ["0", *names]
        axes.set_xlim(zero / 3, most * 3)
    else:
        axes.set_xlim(least / 3, most * 3)
    axes.set_xticks(powers, names)
    axes.xaxis.set_minor_locator(NullLocator())


def _legend(rows: Rows, looks: dict[str, Look]) -> list[Line2D]:
    told: dict[str, Look] = {
        textwrap.fill(label, LEGEND_LETTERS): look | {"linestyle": "none"} for label, look in looks.items()
    }
    if any(row["method"] == "model_tuning" for row in rows):
        told["model tuning's score"] = GUIDE
    if any(not math.isnan(row["majority"]) for row in rows):
        told["majority class"] = MAJORITY
    return [Line2D([], [], label=label, **look) for label, look in told.items()]

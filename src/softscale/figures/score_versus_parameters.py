"""Score versus trained parameters: what each method reaches for what it trains, drawn from a CSV alone."""

import math
import statistics
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from softscale.figures.direct_labels import fraction
from softscale.figures.kind import Experiment, Kind
from softscale.figures.look import (
    DIRTY,
    MAJORITY,
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
from softscale.figures.palette import METHODS
from softscale.figures.sheet import LEGEND_LETTERS, Panel, Sheet
from softscale.runs.record import Record
from softscale.tables import scores as tables
from softscale.tables.rungs import sizes_of

HEIGHT, COLUMNS = 2.4, 3  # of a panel, in inches; and panels side by side
MARKER = 0.095  # inches: so far apart stand points that would hide one another
GUIDE: Look = {"color": METHODS["model_tuning"].colour, "linestyle": "--", "linewidth": 1.0, "zorder": 1}
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
        groups = [(row["model"], row["label"]) for row in tables.table_rows(table)]
        return table.assign(**{name: [costs[group][name] for group in groups] for name in COSTS})

    def to_csv(self, table: pd.DataFrame) -> str:
        return tables.to_csv(table)

    def to_markdown(self, table: pd.DataFrame) -> str:
        return to_markdown(tables.table_rows(table))

    def reading(self, table: Path) -> list[str]:
        return reading(_main(table))

    def draw(self, table: Path, path: Path, *, title: str, caption: str) -> None:
        draw(table, path, title=title, caption=caption)


def _costs(runs: Sequence[Row], records: Iterable[Record]) -> dict[tuple[str, str], Row]:
    """What the runs of each model and label cost."""
    by_id = {record.id: record for record in records}
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for run in runs:
        groups[run["model"], run["label"]].append(by_id[run["id"]])
    return {
        key: {
            "stored": max(record.parameters["stored"] for record in group),
            "bytes": max(record.parameters["bytes"] for record in group),
            "step_seconds": statistics.median(_measured("step_seconds", group)),
            "peak_memory_bytes": max(_measured("peak_memory_bytes", group)),
        }
        for key, group in groups.items()
    }


def _measured(name: str, group: Sequence[Record]) -> list[float]:
    """What was measured, in those runs where it was; runs of no steps and older records have none."""
    values = [record.provenance[name] for record in group if record.provenance.get(name) is not None]
    return values or [math.nan]


def to_markdown(rows: Rows) -> str:
    """A row a model and method: scores of the tasks and their average in percent, then what they cost."""
    columns = sorted({(row["tasks"], row["task"]) for row in rows})
    usual = max(row["n"] for row in rows)
    heads = ["trained", "stored", "bytes", "step (ms)", "peak memory (MB)"]
    lines = [
        tables.line(["model", "parameters", "method", *(task for _, task in columns), *heads]),
        tables.line(["---", "---:", "---", *["---:"] * (len(columns) + len(heads))]),
    ]
    totals = sizes_of(rows)
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
            _tenths(1000 * first["step_seconds"]),
            _tenths(first["peak_memory_bytes"] / 1e6),
        ]
        lines.append(tables.line([model, tables.millions(totals[model]), label, *scores, *costs]))
    known = {row["task"]: row["majority"] for row in rows if not math.isnan(row["majority"])}
    if known:
        majority = [tables.percent(known[task]) if task in known else "" for _, task in columns]
        lines.append(tables.line(["", "", "majority class", *majority, *[""] * len(heads)]))
    return "\n".join([*lines, "", f"{tables.spread_words(usual)} {COSTS_WORDS}"]) + "\n"


def _tenths(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"


def draw(table: Path, path: Path, *, title: str, caption: str) -> None:
    """Draw the CSV `table` into the PNG `path`.

    x: trained parameters, logarithmic, with 0 at the left for methods that train nothing. y: dev score in
    percent, of the average where there are several tasks (of the first task where no method has all). Bar: one
    standard deviation over seeds. A colour a method; model tuning's score and the majority class's go across.
    """
    rows = _main(table)
    rungs, looks = sizes_of(rows), looks_of(rows)
    with style():
        sheet = Sheet(title)
        heads = [f"{model}, {size(total)}" for model, total in rungs.items()]
        panels = sheet.panels(heads, HEIGHT, columns=COLUMNS, foot=0.4)
        sheet.skip(0.15)
        for model, panel in zip(rungs, panels, strict=True):
            _axes(panel, rows)
            _points(panel, [row for row in rows if row["model"] == model], looks, _zero(rows))
        sheet.legend(_legend(rows, looks), columns=3)
        write_png(sheet.finish(caption, reading(rows)), path)


def _main(table: Path) -> list[Row]:
    """The rows that are drawn: the average's or, where there is none, the first task's."""
    rows = read_rows(table)
    _, task = min((-row["tasks"], row["task"]) for row in rows)
    return [row for row in rows if row["task"] == task]


def reading(rows: Rows) -> list[str]:
    """What a reader must know of these numbers, in sentences."""
    counts = [row["n"] for row in rows]
    score = f"average of {rows[0]['tasks']} tasks" if rows[0]["tasks"] > 1 else rows[0]["task"]
    bar = "; bar: one standard deviation." if max(counts) > 1 else "."
    notes = [f"Score: {score}, mean over seeds, n = {span_words(counts)}{bar}"]
    if any(row["dirty"] for row in rows):
        notes.append(DIRTY)
    if any(row["miniature"] for row in rows):
        notes.append(MINIATURE)
    notes.append("Points that would hide one another stand side by side.")
    return notes


def _zero(rows: Rows) -> float:
    """Where on a logarithmic axis nothing trained stands: a decade and a half left of the least."""
    return min((row["trained"] for row in rows if row["trained"] > 0), default=10) / 30


def _axes(panel: Panel, rows: Rows) -> None:
    """The same for all panels. Powers of ten and, behind a line, 0 at the left where a method trains nothing."""
    axes, zero = panel.axes, _zero(rows)
    trained = [row["trained"] for row in rows]
    some = [value for value in trained if value > 0] or [30 * zero]
    least, most = min(some), max(some)
    powers = [10**power for power in range(math.ceil(math.log10(least)), math.floor(math.log10(most)) + 1)]
    names = [f"$10^{{{round(math.log10(power))}}}$" for power in powers]
    axes.set_xscale("log")
    axes.set_xlim((zero if 0 in trained else least) / 3, most * 3)
    if 0 in trained:
        axes.axvline(zero * 5, color=PALE, linewidth=0.8, linestyle=(0, (2, 2)))
        powers, names = [zero, *powers], ["0", *names]
    axes.set_xticks(powers, names)
    axes.xaxis.set_minor_locator(NullLocator())
    spreads = [0 if math.isnan(row["std"]) else row["std"] for row in rows]
    ends = [row["mean"] + sign * std for row, std in zip(rows, spreads, strict=True) for sign in (-1, 1)]
    low, high = 100 * min(ends), 100 * max(ends)
    margin = 0.06 * max(1.0, high - low)
    axes.set_ylim(low - margin, high + margin)
    if panel.first:
        axes.set_ylabel("dev score (%)")
    if panel.lowest:
        axes.set_xlabel("trained parameters")


def _points(panel: Panel, rows: Rows, looks: dict[str, Look], zero: float) -> None:
    """The methods on one rung; those that would lie on another move to the right."""
    axes = panel.axes
    axes.axhline(100 * rows[0]["majority"], **MAJORITY)
    taken: list[tuple[float, float]] = []  # in inches
    for row in sorted(rows, key=lambda row: (row["trained"], row["label"])):
        if row["method"] == "model_tuning":
            axes.axhline(100 * row["mean"], **GUIDE)
        x, y = max(row["trained"], zero), 100 * row["mean"]
        left, up = fraction(axes, x, y)
        left, up = left * panel.width, up * panel.height
        shift = _shift(left, up, taken)
        taken.append((left + shift, up))
        low, high = (math.log(end) for end in axes.get_xlim())
        x *= math.exp(shift / panel.width * (high - low))
        look: Look = looks[row["label"]] | {"linestyle": "none"}
        spread = 0 if math.isnan(row["std"]) else 100 * row["std"]
        axes.errorbar(x, y, spread, fmt="none", ecolor=look["color"], capsize=2)
        axes.plot(x, y, **(hollow(look) if row["dirty"] else look))


def _shift(left: float, up: float, taken: Sequence[tuple[float, float]]) -> float:
    """How far to the right a point has room."""
    level = sorted(other for other, height in taken if abs(height - up) < MARKER)
    x = left
    for other in level:
        if abs(other - x) < MARKER:
            x = other + MARKER
    return x - left


def _legend(rows: Rows, looks: dict[str, Look]) -> list[Line2D]:
    shown: dict[str, Look] = {
        textwrap.fill(label, LEGEND_LETTERS): look | {"linestyle": "none"} for label, look in looks.items()
    }
    if any(row["method"] == "model_tuning" for row in rows):
        shown["model tuning's score"] = GUIDE
    if any(not math.isnan(row["majority"]) for row in rows):
        shown["majority class"] = MAJORITY
    return [Line2D([], [], label=label, **look) for label, look in shown.items()]

"""The chart of a table of scores (tables/scores.py): score against parameters, or against what varies."""

from collections.abc import Sequence

from softscale.figures.rung_axis import by_rung
from softscale.site.charts.chart import (
    Axis,
    Chart,
    Series,
    around,
    column,
    distinct,
    either,
    indices,
    method_series,
    number,
    rung_series,
)
from softscale.site.experiments import Table, Texts

COLUMNS = {"model", "method", "label", "task", "tasks", "total", "trained", "mean", "std", "n"}
RATE = "optim.lr"
FEWEST = 3  # values of a field for which it is an axis
INTERVAL = "95 % interval"


def chart(table: Table) -> Chart:
    """A panel a task, their average first; a line a method and variant, or a rung where x is what varies."""
    rows = table.rows
    named = by_rung([{**row, **{name: number(row[name]) or 0.0 for name in ("total", "trained")}} for row in rows])
    models, labels = [row["model"] for row in named], [row["label"] for row in named]
    panels = [task for _, task in sorted({(-int(row["tasks"]), row["task"]) for row in rows})]
    averages = [
        index for index, task in enumerate(panels) if any(r["task"] == task and r["tasks"] != "1" for r in rows)
    ]
    rungs = distinct(model for _, model in sorted(zip([row["total"] for row in named], models, strict=True)))
    series = method_series(rows, labels)
    groups, series_of = [series], [indices(labels, [each.label for each in series])]
    x = [
        Axis(title="total parameters", values=column(rows, "total"), log=True),
        Axis(title="trained parameters", values=column(rows, "trained"), log=True),
    ]
    first = 1 if "stored" in table.columns else 0
    for name in _varying(table):
        variants, of_rows = _by_rung_and_rest(rows, models, labels, name, rungs)
        axis = Axis(title=name, values=column(rows, name), log=True, group=len(groups))
        first = len(x) if name == RATE and len({row["method"] for row in rows}) == 1 else first
        x, groups, series_of = [*x, axis], [*groups, variants], [*series_of, of_rows]
    majority = {row["task"]: number(row.get("majority", "")) for row in rows}
    return Chart(
        mark="lines",
        rows=range(len(rows)),
        panels=panels,
        panel=indices([row["task"] for row in rows], panels),
        panel_title="tasks",
        shown=averages[:1] or range(len(panels)),
        rungs=rungs,
        rung=indices(models, rungs),
        groups=groups,
        series_of=series_of,
        x=[x[first], *x[:first], *x[first + 1 :]],
        y=_heights(table),
        guide_title="majority class",
        guide=[majority[task] for task in panels],
    )


def _varying(table: Table) -> list[str]:
    """The fields of studies that are numbers with several values."""
    fields = [name for name in table.columns if "." in name]
    return [name for name in fields if len(set(column(table.rows, name)) - {None}) >= FEWEST]


def _by_rung_and_rest(
    rows: Sequence[Texts], models: Sequence[str], labels: Sequence[str], name: str, rungs: Sequence[str]
) -> tuple[list[Series], list[int]]:
    """Series where `name` is along x: a rung, and what else the label says where that varies."""
    short = name.rpartition(".")[2]
    rests = [label.replace(f", {short} {row[name]}", "") for label, row in zip(labels, rows, strict=True)]
    several = len(set(rests)) > 1
    texts = [f"{model}, {rest}" if several else model for model, rest in zip(models, rests, strict=True)]
    ordered = sorted(zip(texts, models, strict=True), key=lambda pair: rungs.index(pair[1]))
    series = rung_series([text for text, _ in ordered], [model for _, model in ordered])
    return series, indices(texts, [each.label for each in series])


def _heights(table: Table) -> list[Axis]:
    """What can be up: the score first."""
    rows = table.rows
    mean, spread = column(rows, "mean"), column(rows, "std")
    low, high = column(rows, "low"), column(rows, "high")
    known = any(value is not None for value in low)
    axes = [
        Axis(
            title="dev score (%)",
            values=mean,
            low=either(low, around(mean, spread, -1)),
            high=either(high, around(mean, spread, 1)),
            interval=INTERVAL if known else "± one standard deviation over seeds",
            percent=True,
        )
    ]
    gap = column(rows, "gap")
    if any(value is not None for value in gap):
        ends = {"low": column(rows, "gap_low"), "high": column(rows, "gap_high"), "interval": INTERVAL}
        axes.append(Axis(title="model tuning less this (points)", values=gap, percent=True, **ends))
    for name, title, percent in (
        ("illegal", "answers that are no label (%)", True),
        ("collapsed", "runs that collapsed (%)", True),
        ("stored", "stored values", False),
        ("step_seconds", "seconds a training step", False),
        ("peak_memory_bytes", "peak memory (bytes)", False),
    ):
        values = column(rows, name)
        if any(values):
            axes.append(Axis(title=title, values=values, percent=percent, log=not percent))
    return axes

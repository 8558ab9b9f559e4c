"""The chart of counted parameters (tables/parameters.py): trained or stored against the model's size."""

from dataclasses import replace

from softscale.site.charts.chart import Axis, Chart, column, indices, method_series, models_of
from softscale.site.experiments import Table, Texts

COLUMNS = {"model", "total", "method", "variant", "length", "trained", "stored", "bytes", "share"}
LENGTHS = ("", "1", "100")  # the ends of the paper's bands; the others are there to be switched on


def chart(table: Table) -> Chart:
    """A line a method, variant and length; both axes are logarithmic."""
    rows, models = table.rows, models_of(table.rows)
    labels = [_label(row) for row in rows]
    shown = {label: row["length"] in LENGTHS for label, row in zip(labels, rows, strict=True)}
    series = [replace(each, shown=shown[each.label]) for each in method_series(rows, labels)]
    return Chart(
        mark="lines",
        rows=range(len(rows)),
        panels=["all methods"],
        panel=[0] * len(rows),
        panel_title="",
        shown=[0],
        rungs=models,
        rung=indices([row["model"] for row in rows], models),
        groups=[series],
        series_of=[indices(labels, [each.label for each in series])],
        x=[Axis(title="total parameters of the model", values=column(rows, "total"), log=True)],
        y=[
            Axis(title="trained parameters", values=column(rows, "trained"), log=True),
            Axis(title="stored parameters of a task", values=column(rows, "stored"), log=True),
            Axis(title="bytes of the stored file", values=column(rows, "bytes"), log=True),
            Axis(title="stored share of the model", values=column(rows, "share"), log=True),
        ],
    )


def _label(row: Texts) -> str:
    parts = [row["method"].replace("_", " "), row["variant"], f"length {row['length']}" if row["length"] else ""]
    return ", ".join(part for part in parts if part)

"""The chart of a table of any other shape: its numbers against each other, coloured by what tells its rows apart."""

from softscale.site.charts.chart import Axis, Chart, Series, column, distinct, indices, rung_series
from softscale.site.experiments import Table

MOST = 12  # series that a reader can tell apart
LIKELY = ("label", "method", "model", "task")  # columns that tell rows apart, where there are such
LOG = 50.0  # a column whose values span this factor is easier to read on a logarithmic axis


def chart(table: Table) -> Chart | None:
    """None where there are no two columns of numbers."""
    rows = table.rows
    axes = [axis for name in table.columns if (axis := _axis(table, name))]
    if len(axes) < 2:
        return None
    group = _telling(table)
    labels = [row[group] if group else "rows" for row in rows]
    models = [row.get("model", "") for row in rows]
    rungs = distinct(models)
    series = rung_series(labels, labels) if group else [Series(label="rows", colour="#3b6fb6")]
    return Chart(
        mark="lines",
        rows=range(len(rows)),
        panels=[group or "all rows"],
        panel=[0] * len(rows),
        panel_title="",
        shown=[0],
        rungs=rungs if len(rungs) > 1 else [],
        rung=indices(models, rungs),
        groups=[series],
        series_of=[indices(labels, [each.label for each in series])],
        x=axes,
        y=[*axes[1:], axes[0]],
    )


def _axis(table: Table, name: str) -> Axis | None:
    """The column as an axis, where all that stands there is numbers, and not one number alone."""
    values = column(table.rows, name)
    known = [value for value in values if value is not None]
    texts = [row[name] for row in table.rows if row[name]]
    if len(known) < len(texts) or len(set(known)) < 2:
        return None
    return Axis(title=name, values=values, log=min(known) > 0 and max(known) / min(known) >= LOG)


def _telling(table: Table) -> str:
    """The column of texts that tells rows apart; nothing where there is none with few values."""
    names = [*(name for name in LIKELY if name in table.columns), *table.columns]
    for name in names:
        values = {row[name] for row in table.rows}
        if 1 < len(values) <= MOST and not _axis(table, name):
            return name
    return ""

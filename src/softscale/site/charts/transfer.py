"""The chart of zero-shot transfer (tables/transfer.py): a panel a pair of tasks, score against the backbone's size."""

from softscale.site.charts.chart import Axis, Chart, around, column, distinct, indices, method_series, number
from softscale.site.experiments import Table, Texts

COLUMNS = {"rung", "backbone", "label", "trained_on", "scored_on", "metric", "selecting", "mean", "std", "delta"}


def chart(table: Table) -> Chart:
    """Of each pair of tasks the metric that selects, or the mean of those."""
    means = {_pair(row) for row in table.rows if row["metric"] == "score"}
    chosen = [index for index, row in enumerate(table.rows) if _counts(row, means)]
    rows = [table.rows[index] for index in chosen]
    panels, rungs = distinct(map(_words, rows)), distinct(row["rung"] for row in rows)
    series = method_series(rows, [row["label"] for row in rows])
    mean, spread = column(rows, "mean"), column(rows, "std")
    delta, wide = column(rows, "delta"), column(rows, "delta_std")
    spreads = "± one standard deviation over seeds"
    majority = {_words(row): number(row["majority"]) for row in rows}
    return Chart(
        mark="lines",
        rows=chosen,
        panels=panels,
        panel=indices(list(map(_words, rows)), panels),
        panel_title="tasks",
        shown=range(len(panels)),
        rungs=rungs,
        rung=indices([row["rung"] for row in rows], rungs),
        groups=[series],
        series_of=[indices([row["label"] for row in rows], [each.label for each in series])],
        x=[Axis(title="parameters of the backbone", values=column(rows, "backbone"), log=True)],
        y=[
            Axis(
                title="score (%)",
                values=mean,
                low=around(mean, spread, -1),
                high=around(mean, spread, 1),
                interval=spreads,
                percent=True,
            ),
            Axis(
                title="ahead of model tuning (points)",
                values=delta,
                low=around(delta, wide, -1),
                high=around(delta, wide, 1),
                interval="± one standard deviation of the difference",
                percent=True,
            ),
        ],
        guide_title="best constant answer",
        guide=[majority[name] for name in panels],
        more={"metric": [row["metric"] for row in rows]},
    )


def _pair(row: Texts) -> tuple[str, str]:
    return row["trained_on"], row["scored_on"]


def _counts(row: Texts, means: set[tuple[str, str]]) -> bool:
    return row["metric"] == "score" if _pair(row) in means else row["selecting"] == "True"


def _words(row: Texts) -> str:
    return f"{row['trained_on']}, in domain" if row["in_domain"] == "True" else " → ".join(_pair(row))

"""The chart of a vote (tables/ensemble.py): a line a task; single runs, their mean and the best, and their vote."""

from softscale.site.charts.chart import Axis, Chart, Series, around, column, distinct, indices, method_series, models_of
from softscale.site.experiments import Table

COLUMNS = {"model", "label", "task", "tasks", "metric", "what", "seed", "score"}
WHATS = ("single", "average", "best", "ensemble")


def chart(table: Table) -> Chart:
    """The selecting score of each task; the mean over tasks on the first line."""
    chosen = [index for index, row in enumerate(table.rows) if row["metric"] == "score" and row["what"] in WHATS]
    rows = [table.rows[index] for index in chosen]
    tasks = [task for _, task in sorted({(-int(row["tasks"]), row["task"]) for row in rows})]
    names = [f"{row['model']}, {row['label']}" for row in rows]
    panels, models = distinct(names), models_of(table.rows)
    score, spread = column(rows, "score"), column(rows, "std")
    return Chart(
        mark="dots",
        rows=chosen,
        panels=panels,
        panel=indices(names, panels),
        panel_title="models",
        shown=range(len(panels)),
        rungs=models,
        rung=indices([row["model"] for row in rows], models),
        groups=[_series(method_series(rows, [row["label"] for row in rows])[0].colour)],
        series_of=[indices([row["what"] for row in rows], WHATS)],
        x=[
            Axis(
                title="dev score (%)",
                values=score,
                low=around(score, spread, -1),
                high=around(score, spread, 1),
                interval="± one standard deviation over seeds",
                percent=True,
            )
        ],
        y=[Axis(title="task", values=[None] * len(rows))],
        categories=tasks,
        category=indices([row["task"] for row in rows], tasks),
        more={"seed": [row["seed"] for row in rows]},
    )


def _series(colour: str) -> list[Series]:
    """What is shown of a task, in the order of WHATS; `colour`: of the method."""
    return [
        Series(label="a single run", colour="#8b929b"),
        Series(label="mean of the single runs", colour=colour, marker="s"),
        Series(label="best of the single runs", colour="#8a8f00", marker="^", shown=False),
        Series(label="majority vote", colour="#1c2127", marker="D"),
    ]

"""The chart of a vote (tables/ensemble.py): a line a task; single runs, their mean and the best, and their vote."""

from softscale.site.charts.chart import Axis, Chart, Series, around, column, distinct, indices, sizes
from softscale.site.experiments import Table

COLUMNS = {"model", "label", "task", "tasks", "metric", "what", "seed", "score"}
WHATS = {
    "single": Series(label="a single run", colour="#7f8a99", strength=0.7, marker="o"),
    "average": Series(label="mean of the single runs", colour="#c2412d", marker="s"),
    "best": Series(label="best of the single runs", colour="#c98a00", marker="^", shown=False),
    "ensemble": Series(label="majority vote", colour="#1b7f5c", marker="D"),
}


def chart(table: Table) -> Chart:
    """The selecting score of each task; the mean over tasks on the first line."""
    places = [place for place, row in enumerate(table.rows) if row["metric"] == "score" and row["what"] in WHATS]
    rows = [table.rows[place] for place in places]
    tasks = [task for _, task in sorted({(-int(row["tasks"]), row["task"]) for row in rows})]
    names = [f"{row['model']}, {row['label']}" for row in rows]
    panels, models = distinct(names), sizes(table, "total")
    score, spread = column(rows, "score"), column(rows, "std")
    return Chart(
        mark="dots",
        rows=places,
        panels=panels,
        panel=indices(names, panels),
        panel_title="models",
        shown=range(len(panels)),
        rungs=models,
        rung=indices([row["model"] for row in rows], models),
        groups=[list(WHATS.values())],
        series_of=[indices([row["what"] for row in rows], list(WHATS))],
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

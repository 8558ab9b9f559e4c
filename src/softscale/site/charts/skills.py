"""The chart of skill cards (figures/skill_card.py): a panel a skill, the share of right answers by rung."""

from softscale.figures.skill_card import wilson
from softscale.site.charts.chart import Axis, Chart, Series, column, distinct, indices, models_of, number
from softscale.site.experiments import Table

COLUMNS = {"model", "total", "skill", "right", "count", "chance"}


def chart(table: Table) -> Chart:
    rows, models = table.rows, models_of(table.rows)
    skills = distinct(row["skill"] for row in rows)
    counts = [(int(row["right"]), int(row["count"])) for row in rows]
    intervals = [wilson(right, count) for right, count in counts]
    chance = {row["skill"]: number(row["chance"]) for row in rows}
    return Chart(
        mark="lines",
        rows=range(len(rows)),
        panels=skills,
        panel=indices([row["skill"] for row in rows], skills),
        panel_title="skills",
        shown=range(len(skills)),
        rungs=models,
        rung=indices([row["model"] for row in rows], models),
        groups=[[Series(label="right answers", colour="#4a62a8")]],
        series_of=[[0] * len(rows)],
        x=[Axis(title="total parameters", values=column(rows, "total"), log=True)],
        y=[
            Axis(
                title="right answers (%)",
                values=[right / count for right, count in counts],
                low=[low for low, _ in intervals],
                high=[high for _, high in intervals],
                interval="Wilson's 95 % interval",
                percent=True,
            )
        ],
        guide_title="chance",
        guide=[chance[skill] for skill in skills],
        more={"questions": [row["count"] for row in rows]},
    )

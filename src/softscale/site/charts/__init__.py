"""Which chart shows a table, by its columns: one file a shape of table, and any other table by its numbers."""

from softscale.site.charts import any_table, ensemble, parameters, scores, skills, transfer
from softscale.site.charts.chart import Chart
from softscale.site.experiments import Table

SHAPES = (scores, transfer, ensemble, parameters, skills)


def chart_of(table: Table) -> Chart | None:
    """The chart of a table; None where it has no two columns of numbers."""
    for shape in SHAPES:
        if set(table.columns) >= shape.COLUMNS and table.rows:
            return shape.chart(table)
    return any_table.chart(table)

"""How the columns of a table are shown: title, what kind of value they have, and whether they are seen at first."""

from collections.abc import Sequence
from dataclasses import dataclass

from softscale.site.charts.chart import number
from softscale.site.experiments import Table

FRACTIONS = {
    *("mean", "std", "low", "high", "illegal", "collapsed", "majority", "gap", "gap_low", "gap_high", "delta"),
    *("delta_std", "paper_mean", "paper_std", "paper_delta", "score", "paper", "share", "chance"),
}
TITLES = {
    "total": "parameters",
    "low": "interval from",
    "high": "to",
    "std": "± seeds",
    "majority": "majority class",
    "gap": "gap to model tuning",
    "gap_low": "gap from",
    "gap_high": "gap to",
    "illegal": "no label",
    "n": "seeds",
    "label": "method",
    "method": "method (key)",
}
LATER = {
    *("miniature", "dirty", "tasks", "selecting", "in_domain", "paper_std", "delta_std", "gap", "gap_low", "gap_high"),
    *("illegal", "collapsed", "majority", "rung", "trained_form", "stored_form", "agrees"),
}


@dataclass(frozen=True)
class Column:
    """kind: text | whole | number | percent (a fraction)."""

    name: str
    title: str
    kind: str
    shown: bool


def columns_of(table: Table) -> list[Column]:
    return [_column(table, name) for name in table.columns]


def _column(table: Table, name: str) -> Column:
    values = [row[name] for row in table.rows]
    told_twice = name == "method" and "label" in table.columns
    fields = "." in name and "label" in table.columns  # the label says them
    shown = name not in LATER and not told_twice and not fields and any(values)
    title = TITLES.get(name, name.replace("_", " ")) if "label" in table.columns or name != "method" else name
    return Column(name, title, _kind(name, [value for value in values if value]), shown)


def _kind(name: str, values: Sequence[str]) -> str:
    numbers = [number(value) for value in values]
    if not numbers or any(value is None for value in numbers):
        return "text"
    if name in FRACTIONS:
        return "percent"
    return "whole" if all(value is not None and value == int(value) for value in numbers) else "number"

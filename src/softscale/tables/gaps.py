"""The gap to model tuning on the same rung: what tuning every weight has over a soft prompt (paper, Figure 1)."""

import math
from collections.abc import Sequence
from typing import Any

from softscale.markdown import line, percent
from softscale.metrics.bootstrap import Estimate
from softscale.tables.labels import MIXED
from softscale.tables.rungs import backbone_size

Row = dict[str, Any]
COLUMNS = ("gap", "gap_low", "gap_high")
WORDS = (
    "The gap: model tuning less prompt tuning on the same rung, in points; in brackets its 95 % interval, a bootstrap "
    "over seeds and examples that both methods share, where every record has resamples of its dev set."
)


def gaps(rows: Sequence[Row], estimates: Sequence[Estimate]) -> list[Row]:
    """For each row of a score table the columns `gap`, `gap_low` and `gap_high`, fractions.

    NaN but for prompt tuning on a rung where model tuning of that task alone was run, in one variant.

    Args:
        rows: with model, method, label, task, total and trained.
        estimates: of each row.
    """
    columns = []
    for row, estimate in zip(rows, estimates, strict=True):
        reference = _reference(row, rows) if row["method"] == "prompt_tuning" else None
        if reference is None:
            columns.append(dict.fromkeys(COLUMNS, math.nan))
        else:
            gap = estimates[reference] - estimate
            columns.append(dict(zip(COLUMNS, (gap.value, *gap.interval()), strict=True)))
    return columns


def _reference(row: Row, rows: Sequence[Row]) -> int | None:
    """The index of model tuning on the same model or, where that was not tuned, on the only one of the same size."""
    alike = [
        index
        for index, other in enumerate(rows)
        if other["method"] == "model_tuning"
        and other["task"] == row["task"]
        and not isinstance(other.get(MIXED), str)
        and backbone_size(other) == backbone_size(row)
    ]
    found = [index for index in alike if rows[index]["model"] == row["model"]] or alike
    return found[0] if len(found) == 1 else None


def to_markdown(rows: Sequence[Row]) -> str:
    """A row a model and prompt, a column a task, `12.3 [10.1, 14.6]` in points; empty where there is no gap."""
    known = [row for row in rows if not math.isnan(row["gap"])]
    if not known:
        return ""
    columns = sorted({(row["tasks"], row["task"]) for row in known})
    lines = [
        line(["model", "model tuning less", *(task for _, task in columns)]),
        line(["---", "---", *["---:"] * len(columns)]),
    ]
    for model, label in dict.fromkeys((row["model"], row["label"]) for row in known):
        cells = {row["task"]: _cell(row) for row in known if (row["model"], row["label"]) == (model, label)}
        lines.append(line([model, label, *(cells.get(task, "") for _, task in columns)]))
    return "\n".join([*lines, "", WORDS]) + "\n"


def _cell(row: Row) -> str:
    gap = percent(row["gap"])
    return gap if math.isnan(row["gap_low"]) else f"{gap} [{percent(row['gap_low'])}, {percent(row['gap_high'])}]"

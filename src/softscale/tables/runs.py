"""Which runs a table is made of: a row a run, and of a mixture of tasks a row a task.

A table has one row for several seeds; this file beside it says which records these are, so that a reader of `results/`
finds them without composing the experiment again.
"""

from collections.abc import Sequence

from softscale.runs.record import Record
from softscale.tables.scores import runs_frame

NAME = "runs.csv"
COLUMNS = ["id", "model", "method", "label", "task", "seed", "score"]


def runs_csv(records: Sequence[Record]) -> str:
    """The runs of an experiment as CSV: smallest model first, then by method and variant, task and seed.

    `model`, `label` and `task` are those of the rows of the table; `score` is a fraction with six digits.
    """
    frame = runs_frame(records).sort_values(["total", "model", "method", "label", "task", "seed"], kind="stable")
    return frame[COLUMNS].to_csv(index=False, lineterminator="\n", float_format="%.6f")

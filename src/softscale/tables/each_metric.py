"""Each metric of the runs that several score: mean and interval over seeds and examples, a row a metric.

The table of a page has the score that selects the best step; this one stands below it. Only runs count that hold the
resamples of each metric, as those of tasks of one's own do.
"""

from collections import defaultdict
from collections.abc import Sequence

import pandas as pd

from softscale.markdown import line, percent
from softscale.metrics.bootstrap import over_seeds
from softscale.runs.record import Record
from softscale.tables.scores import Row, runs_frame, six_digits, table_rows

FRACTIONS = ("mean", "low", "high")
WORDS = (
    "Of the best step, in percent, mean over n seeds; in brackets the 95 % interval over seeds and examples. The score "
    "of the first table selects the step."
)


def each_metric(records: Sequence[Record]) -> pd.DataFrame:
    """A row a model, method and variant, task and metric, in the order of the runs; empty where no run has several.

    Columns: model, label, task, metric, mean, low, high (fractions), n.
    """
    by_id = {record.id: record for record in records}
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for run in table_rows(runs_frame(records)):
        groups[run["model"], run["label"], run["task"]].append(run)
    rows: list[Row] = []
    for (model, label, task), runs in sorted(groups.items(), key=lambda group: (group[1][0]["total"], group[0])):
        ordered = [by_id[run["id"]] for run in sorted(runs, key=lambda run: run["seed"])]
        for metric in _metrics(ordered, task):
            scores = [record.selected()[metric] for record in ordered]
            found = over_seeds(scores, [record.resampled[metric] for record in ordered], f"{model} {label}")
            low, high = found.interval()
            names = {"model": model, "label": label, "task": task, "metric": metric.rpartition("/")[2]}
            rows.append(names | {"mean": found.value, "low": low, "high": high, "n": len(ordered)})
    return pd.DataFrame(rows)


def _metrics(records: Sequence[Record], task: str) -> list[str]:
    """The full keys of the metrics whose resamples all of these runs have, in the order of the scores."""
    front = f"dev/{task}/" if "tasks" in records[0].study["task"] else "dev/"
    own = [key for key in records[0].best if key.startswith(front) and "/" not in key.removeprefix(front)]
    return [key for key in own if all(key in record.best and key in record.resampled for record in records)]


def to_csv(table: pd.DataFrame) -> str:
    """As CSV; fractions have six digits: the same records give the same bytes."""
    return pd.DataFrame(six_digits(table, FRACTIONS)).to_csv(index=False, lineterminator="\n")


def to_markdown(table: pd.DataFrame) -> str:
    lines = [line(["model", "method", "task", "metric", "score", "n"]), line([*["---"] * 4, "---:", "---:"])]
    lines += [
        line([*(row[name] for name in ("model", "label", "task", "metric")), _score(row), str(row["n"])])
        for row in table_rows(table)
    ]
    return "\n".join([*lines, "", WORDS]) + "\n"


def _score(row: Row) -> str:
    return f"{percent(row['mean'])} [{percent(row['low'])}, {percent(row['high'])}]"

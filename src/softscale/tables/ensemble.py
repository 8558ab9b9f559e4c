"""The ensemble of several runs as a table: their mean, the best of them, their majority vote (Table 3).

Pure functions of the records and of the published predictions. Scores are fractions in the table and its CSV, and
percent in the Markdown.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from softscale import tasks
from softscale.config import Study
from softscale.errors import InputError
from softscale.runs.record import Record
from softscale.tables.labels import SUPERGLUE, label_order
from softscale.tables.paper import table_3
from softscale.tables.rungs import backbone_size
from softscale.tables.scores import Row, line, millions, percent, runs_frame, six_digits, table_rows
from softscale.tables.vote import NoVote, vote_scores

WHATS = ("average", "best", "ensemble")
FRACTIONS = ("score", "std", "paper")
COLUMNS = (
    *("model", "method", "label", "task", "tasks", "metric", "what", "seed", "score", "std", "n", "paper"),
    *("total", "miniature", "dirty", "why"),
)
WORDS = (
    "Dev scores in percent; a task with several metrics tells each, as `metric` names them, and counts by their mean. "
    "Average: mean of the single runs ± one standard deviation over seeds (ddof = 1). Best: the run with the highest "
    "score on this same dev set, which favours it. Ensemble: the most common answer of the runs, in a tie that of the "
    "lowest seed; the paper does not give its rule for ties. The last row of a method is the mean over tasks."
)
PAPER_WORDS = "The paper: Table 3, five prompts on one frozen T5 XXL."


def ensemble_table(
    records: Sequence[Record], studies: Mapping[str, Study], names: Sequence[str], folder: Path | None
) -> pd.DataFrame:
    """A row a model, method and variant, task, metric and what: each `single` run, then `average`, `best`, `ensemble`.

    The metric `score` is a task's selecting score. Where there are two tasks or more and each was run, a task `average`
    (`superglue` for its eight) has the means over tasks. Where the vote could not be taken, `ensemble` is NaN and `why`
    says why. Smallest model first. `n` is the number of runs; of an average that of the seeds with every task.

    Args:
        studies: of the records, by id.
        names: the tasks of the experiment, run or not, in the order of the page.
        folder: the published predictions; None: there are none.

    Raises:
        InputError: a run is of a mixture of tasks; or published predictions are not those of the records.
    """
    by_id = {record.id: record for record in records}
    groups: dict[tuple[str, str], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for run in table_rows(runs_frame(records)):
        if "tasks" in by_id[run["id"]].study["task"]:
            raise InputError(
                f"report.kind=ensemble is not allowed with a mixture of tasks: run {run['id']} is of several, and a "
                "vote is on one"
            )
        groups[run["model"], run["label"]][run["task"]].append(run)
    rows: list[Row] = []
    for group in sorted(groups.values(), key=_order):
        own: list[Row] = []
        for name in (name for name in names if name in group):
            runs = sorted(group[name], key=lambda run: run["seed"])
            if len({run["seed"] for run in runs}) < len(runs):
                raise ValueError(f"the study of record {runs[0]['id']} has two records")
            own += _task_rows(runs, [by_id[run["id"]] for run in runs], studies, folder)
        rows += [*own, *(_average_rows(own, names) if len(names) > 1 and len(group) == len(names) else [])]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _order(group: Mapping[str, Sequence[Row]]) -> tuple[Any, ...]:
    first = min((runs[0] for runs in group.values()), key=lambda run: run["total"])
    return backbone_size(first), first["model"], label_order(first["label"])


def _task_rows(
    runs: Sequence[Row], records: Sequence[Record], studies: Mapping[str, Study], folder: Path | None
) -> Iterator[Row]:
    """The rows of one task, by seeds."""
    task = tasks.of(studies[records[0].id].task)
    best = max(records, key=lambda record: record.best["dev/score"])  # the first of equals
    why = ""
    try:
        votes = vote_scores(task, records, folder)
    except NoVote as error:
        votes, why = dict.fromkeys((*task.metrics, "score"), math.nan), str(error)
    for metric in (*task.metrics, "score"):
        scores = [record.best[f"dev/{metric}"] for record in records]
        for run, score in zip(runs, scores, strict=True):
            yield _row(run, task.name, metric, "single", score, dirty=run["dirty"], seed=run["seed"])
        every = {"n": len(runs), "dirty": any(run["dirty"] for run in runs)}
        yield _row(runs[0], task.name, metric, "average", statistics.fmean(scores), std=_spread(scores), **every)
        best_score = best.best[f"dev/{metric}"]
        yield _row(runs[0], task.name, metric, "best", best_score, seed=best.study["seed"], **every)
        yield _row(runs[0], task.name, metric, "ensemble", votes[metric], why=why, **every)


def _average_rows(rows: Sequence[Row], names: Sequence[str]) -> Iterator[Row]:
    """The means over tasks of the rows of one model and method; of single runs, for seeds with all tasks."""
    name = "superglue" if set(names) == SUPERGLUE else "average"
    scores = [row for row in rows if row["metric"] == "score"]
    seeds: dict[int, list[Row]] = defaultdict(list)
    for row in scores:
        if row["what"] == "single":
            seeds[row["seed"]].append(row)
    singles = {seed: _mean(each) for seed, each in seeds.items() if len(each) == len(names)}
    common = {"tasks": len(names), "dirty": any(row["dirty"] for row in rows)}
    for seed, score in sorted(singles.items()):
        yield _row(rows[0], name, "score", "single", score, seed=seed, **common)
    common["n"] = len(singles)
    every = list(singles.values())
    average = statistics.fmean(every) if every else math.nan
    yield _row(rows[0], name, "score", "average", average, std=_spread(every), **common)
    for what in ("best", "ensemble"):
        yield _row(rows[0], name, "score", what, _mean([row for row in scores if row["what"] == what]), **common)


def _mean(rows: Sequence[Row]) -> float:
    return statistics.fmean(row["score"] for row in rows)


def _spread(scores: Sequence[float]) -> float:
    return statistics.stdev(scores) if len(scores) > 1 else math.nan


def _row(run: Row, task: str, metric: str, what: str, score: float, **columns: object) -> Row:
    """A row of the table; `columns`: what is not as it is for a single run of one task."""
    printed = table_3().get((task, metric, what), math.nan) if run["method"] == "prompt_tuning" else math.nan
    return {
        **{name: run[name] for name in ("model", "method", "label", "total", "miniature")},
        **{"task": task, "tasks": 1, "metric": metric, "what": what, "seed": None},
        **{"score": score, "std": math.nan, "n": 1, "paper": printed, "why": ""},
        **columns,
    }


def to_csv(table: pd.DataFrame) -> str:
    """The table as CSV; fractions have six digits: the same records give the same bytes."""
    return pd.DataFrame(six_digits(table, FRACTIONS)).astype({"seed": "Int64"}).to_csv(index=False, lineterminator="\n")


def to_markdown(table: pd.DataFrame) -> str:
    """As Table 3, a block a model and method: a row a task, columns for average, best and ensemble, and the paper's."""
    rows = [row for row in table_rows(table) if row["what"] in WHATS]
    printed = any(not math.isnan(row["paper"]) for row in rows)
    heads = ["model", "parameters", "method", "task", "metric", "runs", *WHATS]
    heads += [f"the paper: {what}" for what in WHATS] if printed else []
    lines = [line(heads), line(["---", "---:", "---", "---", "---", "---:", *["---:"] * (len(heads) - 6)])]
    blocks: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        blocks[row["model"], row["label"], row["task"]].append(row)
    for (model, label, task), group in blocks.items():
        first = group[0]
        metrics = list(dict.fromkeys(row["metric"] for row in group))
        metrics = [metric for metric in metrics if metric != "score"] or metrics
        ours = [_cell(group, metrics, what, "score") for what in WHATS]
        paper = [_cell(group, metrics, what, "paper") for what in WHATS] if printed else []
        names = " / ".join(metrics)
        lines.append(line([model, millions(first["total"]), label, task, names, str(first["n"]), *ours, *paper]))
    words = [*whys(rows), f"{WORDS} {PAPER_WORDS}" if printed else WORDS]
    return "\n".join([*lines, "", "\n\n".join(words)]) + "\n"


def _cell(group: Sequence[Row], metrics: Sequence[str], what: str, column: str) -> str:
    """The metrics of one column: 65.7 ± 0.5 / 88.7 ± 0.2; not computed where there are none of ours."""
    rows = [next(row for row in group if (row["metric"], row["what"]) == (metric, what)) for metric in metrics]
    if any(math.isnan(row[column]) for row in rows):
        return "" if column == "paper" else "not computed"
    if what != "average" or column == "paper":
        return " / ".join(percent(row[column]) for row in rows)
    spreads = ["-" if math.isnan(row["std"]) else percent(row["std"]) for row in rows]
    return " / ".join(f"{percent(row['score'])} ± {spread}" for row, spread in zip(rows, spreads, strict=True))


def whys(rows: Sequence[Row]) -> list[str]:
    """A sentence for each vote that was not taken."""
    reasons = {(row["model"], row["label"], row["task"]): row["why"] for row in rows if row["why"]}
    return [f"{model}, {label}, {task}: {why}." for (model, label, task), why in reasons.items()]

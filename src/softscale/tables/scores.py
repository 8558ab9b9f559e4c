"""Records to tables: one row a run, then mean and spread over seeds, then CSV and Markdown.

Pure functions of the records; nothing here needs a model. Scores are fractions in frames and in the
CSV, and percent in the Markdown.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from softscale.markdown import line, percent
from softscale.metrics.bootstrap import Estimate, over_seeds
from softscale.runs.record import Record
from softscale.tables import gaps
from softscale.tables.collapsed import beginnings, collapsed
from softscale.tables.labels import SUPERGLUE, flat, label_of, varying_fields
from softscale.tables.rungs import sizes_of

Row = dict[str, Any]
FRACTIONS = ("mean", "std", "low", "high", "illegal", "collapsed", "majority", *gaps.COLUMNS)


def runs_frame(records: Iterable[Record]) -> pd.DataFrame:
    """One row a run, in the order of the ids; of a mixture of tasks a row a task, with its scores.

    Columns: id, model, method, label, task, data, seed, total, trained (parameters), score, last
    (fractions), resampled (the score on each resample of dev; none in older records), steps,
    illegal (share of predictions that are no label of the task; NaN where it has none), begun and begun_right (shares
    of those that begin with a label and go on, and with the right one; NaN where it is not known), collapsed (1, 0, or
    NaN where it is not known; collapsed.py), dirty (not known to come from committed code), miniature, seconds (of a
    mixture each task's equal share); `task.tasks` where there is a mixture; and one column such as `method.length` for
    every field of the studies that varies (see `varying_fields`).
    """
    ordered = sorted(records, key=lambda record: record.id)
    studies = [flat(record.study) for record in ordered]
    varying = varying_fields(studies)
    own = {method: varying_fields(group) for method, group in _by_method(studies).items()}
    labels = [label_of(study, own[study["method.name"]]) for study in studies]
    runs = zip(ordered, studies, labels, strict=True)
    return _frame([_row(record, study, label, varying, m) for record, study, label in runs for m in _mixed(record)])


def _by_method(studies: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for study in studies:
        groups[study["method.name"]].append(study)
    return groups


def _mixed(record: Record) -> list[Any]:
    """The tasks of a mixture; None for a run of one task."""
    return record.study["task"].get("tasks", [None])


def _frame(rows: Sequence[Row]) -> pd.DataFrame:
    """A frame whose varying columns keep the studies' values: 5 stays 5 beside rows without one."""
    kept = {name: pd.Series([row[name] for row in rows], dtype=object) for name in _variant(rows[0])}
    return pd.DataFrame(rows).assign(**kept)


def _row(record: Record, study: Mapping[str, Any], label: str, varying: Sequence[str], mixed: str | None) -> Row:
    """The row of a run, or of `mixed`, one of its tasks."""
    counts = record.predictions[mixed] if mixed else record.predictions
    begun, begun_right = beginnings(record, mixed)
    score = f"dev/{mixed}/score" if mixed else "dev/score"
    return {
        "id": record.id,
        "model": study["model.name"],
        "method": study["method.name"],
        "label": label,
        "task": mixed or study["task.name"],
        "data": study["data.name"],
        "seed": study["seed"],
        "total": record.parameters["total"],
        "trained": record.parameters["trained"],
        "score": record.best[score],
        "last": record.last[score],
        "resampled": tuple(record.resampled.get(f"dev/{mixed}" if mixed else "dev", ())),
        "steps": int(record.last["step"]),
        "illegal": counts["illegal"] / counts["count"] if counts["illegal"] >= 0 else math.nan,
        "begun": begun,
        "begun_right": begun_right,
        "collapsed": collapsed(record, mixed),
        "dirty": record.provenance["dirty"] is not False,
        "miniature": study["model.source"] == "miniature",
        "seconds": record.provenance["seconds"] / len(_mixed(record)),
        **{name: study.get(name) for name in varying},
    }


def score_table(
    frame: pd.DataFrame,
    tasks: Iterable[str] | None = None,
    majority: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Mean and standard deviation (ddof = 1; NaN for one seed) over seeds, a row a method and task.

    `low` and `high` are the ends of the mean's 95 % interval over seeds and examples (metrics/bootstrap.py; NaN
    where a record has no resamples), `collapsed` is the share of runs that collapsed, and `gap`,
    `gap_low` and `gap_high` say what model tuning on the same rung has over a prompt (gaps.py).
    Where there are two tasks or more, a row `average` (`superglue` for the eight tasks of
    SuperGLUE) is the mean over tasks of each seed first, then mean and deviation over seeds; a
    seed without all of `tasks` does not count, without any such seed there is no such row. Runs
    that differ in a varying field stand in different rows. Sorted by parameters.

    Args:
        tasks: the tasks of the experiment, run or not; default: those of the frame.
        majority: score of the majority class by task, where known.

    Raises:
        ValueError: two runs differ in nothing but their id.
    """
    runs = table_rows(frame)
    names = sorted(set(tasks) if tasks is not None else {run["task"] for run in runs})
    shares = dict(majority or {})
    average = "superglue" if set(names) == SUPERGLUE else "average"
    if set(names) <= set(shares):
        shares[average] = statistics.fmean(shares[name] for name in names)
    table, estimates = [], []
    for group in _groups(runs):
        parts = [(name, 1, [run for run in group if run["task"] == name]) for name in names]
        if len(names) > 1:
            parts.append((average, len(names), _seeds(group, names)))
        for name, count, part in parts:
            if part:
                estimates.append(_estimate(part))
                table.append(_table_row(group, name, count, part, estimates[-1], shares.get(name, math.nan)))
    return _frame([row | gap for row, gap in zip(table, gaps.gaps(table, estimates), strict=True)])


def _estimate(runs: Sequence[Row]) -> Estimate:
    """The mean of runs of one task that differ in their seed, or of the `_seeds` of an average."""
    ordered = sorted(runs, key=lambda run: run["seed"])
    name = f"{ordered[0]['model']} {ordered[0]['label']}"
    return over_seeds([run["score"] for run in ordered], [run["resampled"] for run in ordered], name)


def table_rows(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame or table as plain data."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def six_digits(table: pd.DataFrame, fractions: Iterable[str]) -> list[Row]:
    """The rows of a table as its CSV has them: these fractions with six digits, nothing for NaN."""
    rows = table_rows(table)
    for row in rows:
        row |= {name: "" if math.isnan(row[name]) else f"{row[name]:.6f}" for name in fractions}
    return rows


def _groups(runs: Sequence[Row]) -> list[list[Row]]:
    """Runs that differ in task and seed only; smallest model first, then by method and variant."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    sizes = sizes_of(runs)
    for run in runs:
        group = groups[run["model"], run["label"]]
        if any((run["task"], run["seed"]) == (other["task"], other["seed"]) for other in group):
            raise ValueError(f"the study of record {run['id']} has two records")
        group.append(run)

    def order(group: list[Row]) -> tuple[Any, ...]:
        first = group[0]
        numbers_first = [
            (0, value, "") if isinstance(value, int | float) else (1, 0, str(value))
            for value in _variant(first).values()
        ]
        return sizes[first["model"]], first["model"], first["method"], numbers_first

    return sorted(groups.values(), key=order)


def _variant(run: Row) -> Row:
    return {name: value for name, value in run.items() if "." in name}


def _seeds(group: Sequence[Row], tasks: Sequence[str]) -> list[Row]:
    """The means over tasks of every seed that has all of them."""
    seeds: dict[int, list[Row]] = defaultdict(list)
    for run in group:
        seeds[run["seed"]].append(run)
    return [
        {
            **{name: runs[0][name] for name in ("model", "label", "seed")},
            "score": statistics.fmean(run["score"] for run in runs),
            # Resample r of the average is resample r of each task.
            "resampled": tuple(map(statistics.fmean, zip(*(run["resampled"] for run in runs), strict=True)))
            if all(run["resampled"] for run in runs)
            else (),
            "illegal": _mean_known(run["illegal"] for run in runs),
            "collapsed": _mean_known(run["collapsed"] for run in runs),
            "dirty": any(run["dirty"] for run in runs),
        }
        for runs in seeds.values()
        if {run["task"] for run in runs} == set(tasks)
    ]


def _mean_known(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return statistics.fmean(known) if known else math.nan


def _table_row(
    group: Sequence[Row], task: str, num_tasks: int, runs: Sequence[Row], estimate: Estimate, majority: float
) -> Row:
    first, scores = group[0], [run["score"] for run in runs]
    low, high = estimate.interval()
    return {
        **{name: first[name] for name in ("model", "method", "label")},
        **_variant(first),
        "task": task,
        "tasks": num_tasks,
        **{name: max(run[name] for run in group) for name in ("total", "trained", "miniature")},
        "mean": statistics.fmean(scores),
        "std": statistics.stdev(scores) if len(scores) > 1 else math.nan,
        "low": low,
        "high": high,
        "n": len(scores),
        "illegal": _mean_known(run["illegal"] for run in runs),
        "collapsed": _mean_known(run["collapsed"] for run in runs),
        "dirty": any(run["dirty"] for run in runs),
        "majority": majority,
    }


def to_csv(table: pd.DataFrame) -> str:
    """The table as CSV; fractions have six digits: the same records give the same bytes."""
    return _frame(six_digits(table, FRACTIONS)).to_csv(index=False, lineterminator="\n")


def to_markdown(table: pd.DataFrame) -> str:
    """The table for people: a row a model and method, a column a task, `84.3 ± 1.2` in percent; then the gaps."""
    rows = table_rows(table)
    # Tasks in alphabetical order, their average last.
    columns = sorted({(row["tasks"], row["task"]) for row in rows})
    usual = max(row["n"] for row in rows)
    lines = [
        line(["model", "parameters", "method", "trained", *(task for _, task in columns)]),
        line(["---", "---:", "---", "---:", *["---:"] * len(columns)]),
    ]
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["model"], row["label"]].append(row)
    for (model, label), group in groups.items():
        total, trained = group[0]["total"], group[0]["trained"]
        cells = {row["task"]: score_cell(row, usual) for row in group}
        scores = [cells.get(task, "not run" if num == 1 else "incomplete") for num, task in columns]
        lines.append(line([model, millions(total), label, trained_share(trained, total), *scores]))
    known = {row["task"]: row["majority"] for row in rows if not math.isnan(row["majority"])}
    if known:
        shares = [percent(known[task]) if task in known else "" for _, task in columns]
        lines.append(line(["", "", "majority class", "", *shares]))
    gap = gaps.to_markdown(rows)
    return "\n".join([*lines, "", spread_words(usual), *(["", gap.rstrip("\n")] if gap else [])]) + "\n"


def spread_words(usual: int) -> str:
    """What mean and spread are, for the foot of a table."""
    return (
        f"Dev scores in percent, mean over n = {usual} seeds unless a cell says otherwise; "
        "± is one standard deviation over seeds (ddof = 1; - for a single seed)."
    )


def score_cell(row: Row, usual: int) -> str:
    """84.3 ± 1.2, with the number of seeds where it is not the usual one."""
    spread = "-" if math.isnan(row["std"]) else percent(row["std"])
    return f"{percent(row['mean'])} ± {spread}" + ("" if row["n"] == usual else f" (n = {row['n']})")


def millions(count: float) -> str:
    """A number of parameters as people say it: 0.2 M, 11.1 B."""
    return f"{count / 1e9:.1f} B" if count >= 1e9 else f"{count / 1e6:.1f} M"


def trained_share(trained: int, total: int) -> str:
    """2,560 (0.31 %), with two significant digits however small the share is."""
    share = 100 * trained / total
    digits = max(0, 1 - math.floor(math.log10(share))) if share else 0
    return f"{trained:,} ({share:.{digits}f} %)"

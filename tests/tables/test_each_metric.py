"""The metrics of a task that several score: a mean over seeds, and an interval, for each."""

from dataclasses import replace

import pytest
from test_score_table import find, record_of

from softscale.runs.record import Record
from softscale.tables.each_metric import each_metric, to_csv, to_markdown
from softscale.tables.scores import table_rows


def run(seed: int, **scores: float) -> Record:
    """A run whose resamples of a metric are its score and a tenth to either side."""
    first = next(iter(scores.values()))
    record = record_of("own", seed, first)
    spread = {name: [score - 0.1, score, score + 0.1] * 67 for name, score in scores.items()}
    best = {"step": 100, "dev/score": first, **{f"dev/{name}": score for name, score in scores.items()}}
    resampled = {"dev": spread[next(iter(scores))], **{f"dev/{name}": values for name, values in spread.items()}}
    return replace(record, best=best, resampled=resampled)


def test_each_metric_has_the_mean_over_seeds_and_an_interval_around_it() -> None:
    table = each_metric([run(0, chrf=0.5, bleu=0.2), run(1, chrf=0.7, bleu=0.4)])
    assert [row["metric"] for row in table_rows(table)] == ["chrf", "bleu"]
    row = find(table, metric="bleu")
    assert (row["mean"], row["n"], row["model"], row["task"]) == (pytest.approx(0.3), 2, "mini_1", "own")
    assert row["low"] < 0.2 < 0.4 < row["high"]
    assert "| mini_1 | prompt tuning | own | bleu | 30.0 [" in to_markdown(table)
    assert to_csv(table).splitlines()[0] == "model,label,task,metric,mean,low,high,n"


def test_a_metric_counts_where_all_seeds_have_it_and_older_runs_have_none() -> None:
    table = each_metric([run(0, chrf=0.5, bleu=0.2), run(1, chrf=0.7)])
    assert [row["metric"] for row in table_rows(table)] == ["chrf"]
    assert len(each_metric([record_of("own", spread=0.1)])) == 0


def test_of_a_mixture_each_task_has_its_own() -> None:
    record = record_of("superglue")
    record.study["task"]["tasks"] = ["cb", "rte"]
    best = {"step": 1, "dev/score": 0.5}
    best |= {
        "dev/cb/accuracy": 0.6,
        "dev/cb/f1": 0.4,
        "dev/cb/score": 0.5,
        "dev/rte/accuracy": 0.5,
        "dev/rte/score": 0.5,
    }
    values = {"dev/cb": [0.5], "dev/rte": [0.5], "dev/cb/accuracy": [0.6], "dev/cb/f1": [0.4]}
    counts = {name: record.predictions for name in ("cb", "rte")}
    data = record.data | {f"{name}/majority": 0.5 for name in ("cb", "rte")}
    mixed = replace(record, best=best, last=best, predictions=counts, data=data, resampled=values)
    rows = table_rows(each_metric([mixed]))
    assert [(row["task"], row["metric"], row["mean"]) for row in rows] == [("cb", "accuracy", 0.6), ("cb", "f1", 0.4)]

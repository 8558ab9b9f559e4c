"""The table of an ensemble: single runs, their mean, the best, the vote, and their means over tasks."""

import math
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

import pandas as pd
import pytest
from voters import noisy, voter

from softscale.config import Study
from softscale.errors import InputError
from softscale.runs.record import Record
from softscale.tables.ensemble import ensemble_table, to_csv, to_markdown
from softscale.tables.scores import SUPERGLUE, runs_frame, score_table, table_rows

Made = list[tuple[Record, Study]]


def table_of(made: Made, names: tuple[str, ...], folder: Path | None) -> pd.DataFrame:
    return ensemble_table([record for record, _ in made], {r.id: study for r, study in made}, names, folder)


def find(table: pd.DataFrame, task: str, metric: str = "score") -> dict[str, float]:
    """The scores of a task and metric by what they are of; single runs by their seeds."""
    rows = [row for row in table_rows(table) if (row["task"], row["metric"]) == (task, metric)]
    return {row["seed"] if row["what"] == "single" else row["what"]: row["score"] for row in rows}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("predictions")


@pytest.fixture(scope="module")
def made(folder: Path) -> Made:
    """Three runs of two tasks."""
    return [voter(folder, task, seed, noisy(task, seed)) for task in ("rte", "cb") for seed in range(3)]


def test_a_task_has_its_single_runs_their_mean_the_best_of_them_and_their_vote(made: Made, folder: Path) -> None:
    told = find(table_of(made, ("rte", "cb"), folder), "rte")
    scores = [record.best["dev/accuracy"] for record, study in made if study.task.name == "rte"]
    assert [told[seed] for seed in range(3)] == scores
    assert told["average"] == pytest.approx(fmean(scores))
    assert told["best"] == max(scores)
    assert told["ensemble"] > told["average"]  # of voters who err independently


def test_every_metric_of_the_best_is_that_of_one_run(made: Made, folder: Path) -> None:
    table = table_of(made, ("rte", "cb"), folder)
    best = max((record for record, study in made if study.task.name == "cb"), key=lambda r: r.best["dev/score"])
    for metric in ("accuracy", "f1", "score"):
        assert find(table, "cb", metric)["best"] == best.best[f"dev/{metric}"]


def test_the_average_over_tasks_is_that_of_other_pages_and_the_rest_are_means_over_tasks(
    made: Made, folder: Path
) -> None:
    table = table_of(made, ("rte", "cb"), folder)
    told, rte, cb = (find(table, task) for task in ("average", "rte", "cb"))
    (other,) = [r for r in table_rows(score_table(runs_frame([r for r, _ in made]))) if r["task"] == "average"]
    (row,) = [r for r in table_rows(table) if (r["task"], r["what"]) == ("average", "average")]
    assert (row["score"], row["std"], row["n"]) == (pytest.approx(other["mean"]), pytest.approx(other["std"]), 3)
    for what in ("best", "ensemble"):
        assert told[what] == pytest.approx((rte[what] + cb[what]) / 2)


def test_a_task_that_nobody_ran_leaves_no_mean_over_tasks(made: Made, folder: Path) -> None:
    assert find(table_of(made, ("rte", "cb", "wic"), folder), "average") == {}
    assert find(table_of(made, ("rte", "cb", "wic"), folder), "rte")


def test_the_paper_stands_beside_superglue(tmp_path: Path) -> None:
    made = [voter(tmp_path, task, seed, noisy(task, seed)) for task in sorted(SUPERGLUE) for seed in range(2)]
    table = table_of(made, tuple(sorted(SUPERGLUE)), tmp_path)
    told = {(r["task"], r["metric"], r["what"]): r["paper"] for r in table_rows(table)}
    assert told["superglue", "score", "average"] == 0.905
    assert told["superglue", "score", "ensemble"] == 0.913
    assert told["multirc", "em", "best"] == 0.663
    assert told["multirc", "f1", "best"] == 0.890
    assert math.isnan(told["rte", "accuracy", "single"])


def test_a_vote_without_predictions_is_said_for_its_task_and_not_averaged(made: Made, folder: Path) -> None:
    lacking = [record.id for record, study in made if study.task.name == "cb"]
    gone = folder.parent / "gone"
    gone.mkdir()
    for path in folder.iterdir():
        if path.name.partition(".")[0] not in lacking[1:]:
            (gone / path.name).write_bytes(path.read_bytes())
    table = table_of(made, ("rte", "cb"), gone)
    assert not math.isnan(find(table, "rte")["ensemble"])
    assert math.isnan(find(table, "cb")["ensemble"])
    assert math.isnan(find(table, "average")["ensemble"])
    assert not math.isnan(find(table, "average")["average"])
    sentence = f"mini_1, prompt tuning, cb: vote not computed: predictions of {', '.join(lacking[1:])} are missing."
    page = to_markdown(table)
    assert page.count(sentence) == 1
    assert page.count("not computed |") == 2


def test_predictions_of_another_run_stop_the_page(made: Made, folder: Path, tmp_path: Path) -> None:
    (first, _), (second, _), *_ = made
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / f"{first.id}.jsonl.gz").write_bytes((folder / f"{second.id}.jsonl.gz").read_bytes())
    with pytest.raises(InputError, match=rf"{first.id}\.jsonl\.gz does not hold the predictions"):
        table_of(made, ("rte", "cb"), tmp_path)


def test_a_mixture_of_tasks_is_refused(made: Made, folder: Path) -> None:
    record, study = made[0]
    told = {**record.study, "task": {**record.study["task"], "name": "superglue", "tasks": ["rte"]}}
    best = {**record.best, "dev/rte/score": 0.5}
    mixed = replace(
        record,
        study=told,
        best=best,
        last=best,
        predictions={"rte": record.predictions},
        data=record.data | {"rte/majority": 0.5},
    )
    with pytest.raises(InputError, match=rf"with a mixture of tasks: run {record.id} is of several"):
        table_of([(mixed, study)], ("rte",), folder)


def test_models_are_blocks_smallest_first(folder: Path) -> None:
    sizes = {"a_large": 900_000, "b_small": 70_000}
    made = [
        voter(folder, "rte", seed, noisy("rte", seed), model=m, total=t) for m, t in sizes.items() for seed in (0, 1)
    ]
    rows = [line for line in to_markdown(table_of(made, ("rte",), folder)).splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows[2:]] == ["| b_small", "| a_large"]


def test_the_markdown_tells_metrics_side_by_side_with_the_spread_of_the_mean(made: Made, folder: Path) -> None:
    page = to_markdown(table_of(made, ("rte", "cb"), folder))
    told = [[record.best[f"dev/{m}"] for record, s in made if s.task.name == "cb"] for m in ("accuracy", "f1")]
    cell = " / ".join(f"{100 * fmean(scores):.1f} ± {100 * stdev(scores):.1f}" for scores in told)
    assert f"| mini_1 | 0.1 M | prompt tuning | cb | accuracy / f1 | 3 | {cell} |" in page
    assert "| 99.3 / 99.0 | 100.0 / 100.0 | 100.0 / 100.0 |" in page  # the paper's Table 3
    assert "the paper does not give its rule for ties" in page


def test_the_csv_does_not_depend_on_the_order_of_the_records(made: Made, folder: Path) -> None:
    once = to_csv(table_of(made, ("rte", "cb"), folder))
    assert to_csv(table_of(made[::-1], ("rte", "cb"), folder)) == once
    assert ",rte,1,accuracy,single,2," in once  # a seed is no 2.0

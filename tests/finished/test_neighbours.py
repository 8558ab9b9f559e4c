"""What the prompts of an experiment are near to in the vocabulary, beside random vectors."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from softscale.cli import main
from softscale.finished.neighbours import to_markdown

SWEEP = ("model=mini_1", "task=rte", "seed=0", "optim.steps=1", "method.length=4,6", "runtime.threads=1")


@pytest.mark.slow
def test_prompts_of_an_experiment_are_told_beside_random_vectors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = (f"runtime.runs={tmp_path}/runs", f"runtime.results={tmp_path}/results", "logger=none")
    cells = ("experiment=miniature/figure_3b_init", *SWEEP, *folders)
    with pytest.raises(SystemExit) as ended:
        main(["train", *cells, "method/init=class_labels,random_uniform"])
    assert ended.value.code == 0
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["neighbours", *cells, "method/init=class_labels,random_uniform,sampled_vocab"])
    assert ended.value.code == 0
    folder = tmp_path / "results" / "miniature" / "figure_3b_init"
    told = capsys.readouterr().out
    assert told.splitlines()[-1].endswith("neighbours.csv and neighbours.md of 4 prompts, 2 not found")
    assert (folder / "neighbours.md").read_text() in told
    rows = list(csv.DictReader((folder / "neighbours.csv").open()))
    assert sorted((row["init"], row["length"]) for row in rows) == [
        ("class_labels", "4"),
        ("class_labels", "6"),
        ("random_uniform", "4"),
        ("random_uniform", "6"),
    ]
    # One step moves a row little: its label is still there. What did not begin as labels has kept none.
    assert {row["labels_kept"] for row in rows if row["init"] == "class_labels"} == {"1.0"}
    assert {row["labels_kept"] for row in rows if row["init"] == "random_uniform"} == {""}
    # By construction 5 % of random vectors are as tight as a cluster; ten prompts of a few rows scatter around that.
    assert all(float(row["random_clustered"]) < 0.2 for row in rows)


def test_an_experiment_without_its_runs_has_no_neighbours(tmp_path: Path, refused: Callable[..., str]) -> None:
    told = refused("neighbours", "experiment=miniature/figure_3b_init", f"runtime.runs={tmp_path}/runs")
    assert told == f"none of the 90 prompts of experiment=miniature/figure_3b_init is in {tmp_path}/runs"
    assert refused("neighbours", "model=mini_1").startswith("neighbours needs an experiment")


def test_the_page_is_of_means_by_rung_initialisation_and_length() -> None:
    shares = {"clustered": 0.5, "duplicate": 0.25, "labels_near": 1.0, "random_clustered": 0.05}
    shares |= {"random_duplicate": 0.1, "random_labels_near": 0.125}
    small = {"model": "mini_1", "total": 100, "init": "class_labels", "length": 20, "labels_kept": 0.5, **shares}
    other = small | {"model": "mini_2", "total": 200, "init": "sampled_vocab", "labels_kept": float("nan")}
    first, second = to_markdown([other, small, small | {"labels_kept": 1.0}]).splitlines()[2:4]
    assert [cell.strip() for cell in first.split("|")[1:-1]] == [
        *("mini_1", "class labels", "20", "2", "50.0 (5.0)", "25.0 (10.0)", "100.0 (12.5)", "75.0"),
    ]
    assert [cell.strip() for cell in second.split("|")[1:-1]][:4] == ["mini_2", "sampled vocab", "20", "1"]
    assert second.rstrip(" |").endswith("-")

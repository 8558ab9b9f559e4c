"""A folder of results is complete, honest about what was not run, and the same bytes every time."""

from pathlib import Path
from typing import Any

import pytest

from softscale.config import ReportConfig
from softscale.errors import InputError
from softscale.figures.kind import Experiment
from softscale.figures.page import report
from softscale.runs.record import Record

TOTALS = {"mini_1": 231_000, "mini_2": 903_000, "mini_3": 3_420_000}
TASKS = ("boolq", "cb", "rte")
SEEDS = (0, 1, 2)
MAJORITY = {"boolq": 0.62, "cb": 0.5, "rte": 0.53}


def record_of(
    model: str,
    method: str,
    task: str,
    seed: int,
    score: float,
    *,
    illegal: int = 0,
    begun: dict[str, int] | None = None,
    dirty: bool = False,
) -> Record:
    point = {"step": 300, "train/loss": 1.0, "dev/accuracy": score, "dev/score": score}
    total = TOTALS[model]
    trained = 1280 if method == "prompt_tuning" else total
    study: dict[str, Any] = {
        "model": {"name": model, "source": "miniature", "path": f"models/{model}"},
        "method": {"name": method, **({"length": 20} if method == "prompt_tuning" else {})},
        "task": {"name": task, "input_length": 512},
        "data": {"name": "miniature"},
        "optim": {"lr": 0.3 if method == "prompt_tuning" else 0.001, "steps": 300},
        "seed": seed,
    }
    return Record(
        id=f"{model}-{method}-{task}-{seed}",
        study=study,
        runtime={},
        parameters={"total": total, "trained": trained, "stored": trained, "bytes": 4 * trained},
        backbone={"before": "a", "after": "a"},
        data={"train": 100, "dev": 100, "train_cut": 0},
        curve=[point],
        best=point,
        last=point,
        predictions={"sha256": "b", "count": 100, "illegal": illegal, **(begun or {})},
        notes=["5 of 100 training inputs were cut to 512 tokens"] if task == "rte" else [],
        provenance={
            "commit": "0123456789abcdef",
            "dirty": dirty,
            "device": "CPU x86_64, 1 thread(s)",
            "seconds": 100.5,
            "versions": {"torch": "2.13.0"},
        },
    )


def grid() -> list[Record]:
    """3 models x 2 methods x 3 tasks x 3 seeds, where prompt tuning catches up with scale."""
    start = {"prompt_tuning": 0.55, "model_tuning": 0.68}
    slope = {"prompt_tuning": 0.13, "model_tuning": 0.07}
    return [
        record_of(
            model,
            method,
            task,
            seed,
            start[method] + slope[method] * rung + 0.02 * index + 0.015 * seed,
        )
        for rung, model in enumerate(TOTALS)
        for method in start
        for index, task in enumerate(TASKS)
        for seed in SEEDS
    ]


def cells_of(records: list[Record]) -> list[dict[str, Any]]:
    return [
        {
            "id": record.id,
            "model": record.study["model"]["name"],
            "method": record.study["method"]["name"],
            "task": record.study["task"]["name"],
            "seed": record.study["seed"],
        }
        for record in records
    ]


def make(folder: Path, records: list[Record], cells: list[dict[str, Any]]) -> dict[str, bytes]:
    name = "miniature/figure_1_scale"
    experiment = Experiment(name=name, cells=cells, records=records, majority=MAJORITY)
    target = report(experiment, ReportConfig(title="Figure 1", claim="The gap closes with scale."), folder)
    assert target == folder / name
    return {path.name: path.read_bytes() for path in target.iterdir()}


def test_a_report_is_a_table_twice_and_a_figure_and_nothing_else(tmp_path: Path) -> None:
    written = make(tmp_path, grid(), cells_of(grid()))
    assert sorted(written) == ["figure.png", "table.csv", "table.md"]
    assert written["figure.png"].startswith(b"\x89PNG")


def test_reporting_twice_changes_no_byte_whatever_the_order_of_the_records(tmp_path: Path) -> None:
    cells = cells_of(grid())
    once = make(tmp_path, grid(), cells)
    assert make(tmp_path, grid(), cells) == once
    assert make(tmp_path / "reversed", grid()[::-1], cells) == once


def test_an_unknown_kind_of_page_is_refused_with_the_known_ones_and_nothing_is_written(tmp_path: Path) -> None:
    experiment = Experiment(name="miniature/x", cells=cells_of(grid()), records=grid())
    with pytest.raises(
        InputError, match=r"report\.kind=pie is not allowed: it must be one of ensemble, parameters, score_versus"
    ):
        report(experiment, ReportConfig(kind="pie"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_experiment_without_records_names_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="softscale train experiment=miniature/figure_1_scale"):
        make(tmp_path, [], cells_of(grid()))
    assert not list(tmp_path.iterdir())


def test_a_partial_experiment_is_reported_and_says_what_is_missing(tmp_path: Path) -> None:
    cells = cells_of(grid())
    some = [record for record in grid() if record.id != "mini_2-prompt_tuning-cb-1"]
    page = make(tmp_path, some, cells)["table.md"].decode()
    assert "not run: 1 of 54 cells" in page
    assert "- mini_2 prompt_tuning cb: seed 1 (mini_2-prompt_tuning-cb-1)" in page
    whole = make(tmp_path, grid(), cells)["table.md"].decode()
    assert "All 54 cells were run." in whole


def test_the_markdown_states_claim_spread_commits_devices_and_compute(tmp_path: Path) -> None:
    records = [*grid()[1:], record_of("mini_1", "prompt_tuning", "boolq", 0, 0.5, dirty=True)]
    page = make(tmp_path, records, cells_of(records))["table.md"].decode()
    assert page.startswith("# Figure 1\n\nThe gap closes with scale.\n")
    assert "one standard deviation over seeds (ddof = 1" in page
    assert "commits: 0123456789ab (54 runs)" in page
    assert "runs not known to come from committed code: 1 of 54" in page
    assert "devices: CPU x86_64, 1 thread(s) (54 runs)" in page
    assert "compute: 1 h 30 min (5,427 s) in all" in page


def test_notes_are_told_once_with_their_number_of_runs(tmp_path: Path) -> None:
    page = make(tmp_path, grid(), cells_of(grid()))["table.md"].decode()
    assert page.count("training inputs were cut") == 1
    assert "5 of 100 training inputs were cut to 512 tokens (18 runs)" in page


def test_a_run_that_ceased_to_write_labels_is_named(tmp_path: Path) -> None:
    records = [*grid()[1:], record_of("mini_1", "prompt_tuning", "boolq", 0, 0.0, illegal=97)]
    page = make(tmp_path, records, cells_of(records))["table.md"].decode()
    assert "no label of the task in 1 run: mini_1 prompt tuning boolq seed 0 (97%)" in page


def test_a_run_that_writes_a_label_and_does_not_stop_is_told_from_one_that_writes_none(tmp_path: Path) -> None:
    stops = record_of("mini_1", "prompt_tuning", "boolq", 0, 0.0, illegal=97, begun={"begun": 90, "begun_right": 88})
    none = record_of("mini_1", "prompt_tuning", "boolq", 1, 0.0, illegal=97, begun={"begun": 0, "begun_right": 0})
    records = [stops, none, *grid()[2:]]
    page = make(tmp_path, records, cells_of(records))["table.md"].decode()
    assert "nothing else, in 1 run: mini_1 prompt tuning boolq seed 0 (97%; 90% begin with a label, 88% with" in page
    assert "no label of the task in 1 run: mini_1 prompt tuning boolq seed 1 (97%)" in page

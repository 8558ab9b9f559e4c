"""The ready-made own tasks run from their example files to a record with an interval for each metric, and a page."""

import csv
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pieces_tokenizer import piece_tokenizer
from tiny import save_t5_1_1

from softscale import tasks
from softscale.compose.cells import cells, hydra_session
from softscale.config import ROOT
from softscale.runs.record import Record, read_record
from softscale.sources.examples import ExamplesConfig
from softscale.tasks.task import Task

METRICS = {
    "tickets": {"accuracy", "macro_f1"},
    "sentiment": {"accuracy", "binary_f1"},
    "summary": {"rouge_l", "rouge_1", "rouge_2", "rouge_lsum"},
    "translation": {"chrf", "bleu", "exact_match"},
    "entities": {"entity_f1", "exact_match"},
}
EXPERIMENT = "experiment=examples/own_tasks"


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What gives every run a tiny model, which writes words of the targets within these steps."""
    folder = tmp_path_factory.mktemp("ready_made")
    model = save_t5_1_1(folder / "t5", piece_tokenizer(), d_model=32, d_ff=64)
    own = ["optim.steps=40", "optim.eval_every=20", "optim.batch_size=16", "optim.lr=0.02", "data.num_dev=24"]
    return [
        *("model=local", f"model.path={model}", "ladder=miniature", "method=model_tuning", "data=examples"),
        *(*own, "task.target_length=24", "logger=none"),
        *(f"runtime.runs={folder / 'runs'}", f"runtime.results={folder / 'results'}"),
    ]


@pytest.fixture(scope="module")
def finished(typed: list[str]) -> dict[str, Record]:
    from softscale.cli import main

    made = {}
    for task in METRICS:
        with pytest.raises(SystemExit) as ended:
            main(["train", *typed, f"task={task}"])
        assert ended.value.code == 0
    results = Path(typed[-1].removeprefix("runtime.results="))
    for record in map(read_record, results.glob("records/*.json")):
        made[record.study["task"]["name"]] = record
    return made


@pytest.mark.slow
@pytest.mark.parametrize("task", METRICS)
def test_a_ready_made_task_ends_in_a_score_with_an_interval_for_each_metric(
    task: str, finished: dict[str, Record]
) -> None:
    record = finished[task]
    assert (record.data["train"], record.data["dev"]) == (96, 24)
    keys = {f"dev/{name}" for name in METRICS[task]}
    assert {"dev", *keys} == set(record.resampled)
    for key in keys:
        values = record.resampled[key]
        assert len(values) == 200
        assert min(values) <= record.best[key] <= max(values)
    selecting = record.study["task"]["metric"][0]
    assert record.best["dev/score"] == record.best[f"dev/{selecting}"]
    assert record.resampled["dev"] == record.resampled[f"dev/{selecting}"]
    assert any(record.best[key] > 0 for key in keys)
    assert not [note for note in record.notes if "<unk>" in note]


@pytest.mark.slow
def test_all_of_them_make_a_page_with_every_metric(typed: list[str], finished: dict[str, Record]) -> None:
    from softscale.cli import main

    keys = [each for each in typed if not each.startswith(("data=", "ladder="))]
    with pytest.raises(SystemExit) as ended:
        main(["report", EXPERIMENT, *keys, "ladder=miniature"])
    assert ended.value.code == 0
    page = Path(typed[-1].removeprefix("runtime.results=")) / "examples/own_tasks"
    assert "All 5 cells were run." in (page / "table.md").read_text()
    with (page / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["task"], row["metric"]) for row in rows} == {(task, key) for task in METRICS for key in METRICS[task]}
    for row in rows:
        assert float(row["low"]) <= float(row["mean"]) <= float(row["high"])
        assert float(row["mean"]) == pytest.approx(finished[row["task"]].best[f"dev/{row['metric']}"], abs=1e-6)
    assert "## Each metric" in (page / "table.md").read_text()
    assert (page / "figure.png").stat().st_size > 10_000


@pytest.fixture(scope="module")
def own() -> dict[str, Task]:
    with hydra_session():
        made = [tasks.of(cell.config.task) for cell in cells([EXPERIMENT])]
    return {task.name: task for task in made if isinstance(task, Task)}


@pytest.mark.parametrize("task", METRICS)
def test_every_row_of_the_example_files_is_an_example_and_no_dev_input_is_trained_on(
    task: str, own: dict[str, Task]
) -> None:
    source = ExamplesConfig(name="examples").open()
    train, dev = (source.examples(own[task], split) for split in ("train", "dev"))
    assert (len(train), len(dev)) == (96, 48)
    inputs = [example.input for example in (*train, *dev)]
    assert len(set(inputs)) == len(inputs)
    assert set(own[task].labels) <= {example.target for example in dev} or not own[task].labels
    perfect = own[task].score([example.target for example in dev], dev)
    assert perfect == dict.fromkeys(own[task].metrics, pytest.approx(1.0))
    assert set(own[task].metrics) == METRICS[task]


def test_the_example_files_are_what_the_script_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    script: Any = importlib.import_module("example_files")
    script.main(tmp_path)
    for name in ("example_files", "example_pieces"):
        del sys.modules[name]
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.glob("*/*")}
    kept = {path.relative_to(ROOT / "examples"): path.read_bytes() for path in (ROOT / "examples").glob("*/*")}
    assert written == kept
    assert len(kept) == 10


def test_a_task_without_example_files_is_refused_with_those_that_have_some(refused: Any) -> None:
    message = refused("train", "data=examples", "task=rte", "logger=none")
    known = "entities, sentiment, summary, tickets, translation"
    assert message == f"task=rte has no example files: data=examples is for {known}"


def test_one_name_in_a_list_is_that_name() -> None:
    with hydra_session():
        alone, listed = (
            cells(["data=examples", "task=tickets", f"task.metric={metric}"])[0].config.study()
            for metric in ("accuracy", "[accuracy]")
        )
    assert json.dumps(alone.task.metric) == json.dumps(listed.task.metric) == '"accuracy"'  # type: ignore[attr-defined]

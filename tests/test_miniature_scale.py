"""Every experiment of the miniature runs, on a model that is smaller still: first cells, transfers, and the mixture."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import job_of, model_of, overrides_of

from softscale import tasks
from softscale.cli import main
from softscale.compose.cells import cells, hydra_session
from softscale.config import ROOT
from softscale.runs.record import Record, read_record
from softscale.sources.miniature import MiniatureConfig
from softscale.tables.scores import SUPERGLUE
from softscale.training.run import run

EXPERIMENTS = sorted(path.stem for path in (ROOT / "experiments" / "miniature").glob("*.yaml"))
COUNTED = {"figure_4_parameters"}  # needs no run


def trained(t5_folder: Path, place: Path, *told: str) -> Record:
    """The record of what is typed, which must end well."""
    others = [each for each in overrides_of(t5_folder, place) if not each.startswith("task")]
    with pytest.raises(SystemExit) as ended:
        main(["train", *others, *told])
    assert ended.value.code == 0
    (path,) = (place / "results" / "records").glob("*.json")
    return read_record(path)


@pytest.mark.parametrize(("task", "others"), [("squad", ["duorc", "drop"]), ("mrpc", ["qqp"])])
def test_what_is_trained_on_one_task_is_scored_on_the_others(
    task: str, others: list[str], t5_folder: Path, tmp_path: Path
) -> None:
    record = trained(t5_folder, tmp_path, f"task={task}", f"transfer=[{','.join(others)}]", "task.target_length=4")
    assert record.last["step"] == 6
    metrics = {other: {*tasks.by_name(other).metrics, "score"} for other in others}
    assert set(record.transfer) == {f"transfer/{other}/{name}" for other in others for name in metrics[other]}
    assert set(record.predictions) > {f"transfer/{other}" for other in others}
    folder, source = tmp_path / "runs" / record.id, MiniatureConfig(**record.study["data"]).open()
    for other in others:
        rows = [json.loads(row) for row in (folder / f"predictions_{other}.jsonl").read_text().splitlines()]
        examples = source.examples(tasks.by_name(other), "dev")
        assert [row["input"] for row in rows] == [example.input for example in examples]
        scores = tasks.by_name(other).score([row["prediction"] for row in rows], examples)
        assert {f"transfer/{other}/{name}": value for name, value in scores.items()}.items() <= record.transfer.items()


@pytest.mark.slow
def test_one_model_is_tuned_on_all_tasks_at_once(t5_folder: Path, tmp_path: Path) -> None:
    told = ["task=superglue", "task.target_length=4", "method=model_tuning", "optim=miniature/multi_task"]
    record = trained(t5_folder, tmp_path, *told)
    assert record.backbone["before"] != record.backbone["after"]
    assert set(record.predictions) == SUPERGLUE
    assert all(record.predictions[task]["count"] == record.data[f"{task}/dev"] for task in SUPERGLUE)
    assert record.best["dev/score"] == pytest.approx(sum(record.best[f"dev/{task}/score"] for task in SUPERGLUE) / 8)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name not in COUNTED])
def test_the_first_cell_of_an_experiment_trains_for_three_steps(name: str, t5_folder: Path, tmp_path: Path) -> None:
    with hydra_session():
        made = [cell.config.study() for cell in cells([f"experiment=miniature/{name}"])]
    study = made[0]
    here = replace(
        study,
        model=model_of(t5_folder),
        data=MiniatureConfig(name="miniature", seed=0, train_records=24, dev_records=8),
        task=replace(study.task, target_length=4),
        optim=replace(study.optim, steps=3, eval_every=3, batch_size=4),
    )
    record = run(job_of(here, tmp_path))
    assert len(made) > 1
    assert record.last["step"] == 3
    assert (record.backbone["before"] == record.backbone["after"]) == (not here.method.trains_backbone)
    assert {key.split("/")[1] for key in record.transfer} == set(here.transfer)

"""Predictions for new records are those of the run, alone and beside other prompts in one batch."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import job_of, save_t5_1_1, study_of
from transformers import PreTrainedTokenizerFast

from softscale.cli import main
from softscale.methods.init.sampled_vocab import SampledVocab
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.runs.job import Job
from softscale.training.run import run
from softscale.world.records import records


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("predict")


def trained(folder: Path, place: Path, length: int, task: str = "rte", method: str = "prompt_tuning") -> Job:
    study = study_of(folder, method=method, task=task, steps=4, lr=0.5)
    if method == "prompt_tuning":
        init = SampledVocab(name="sampled_vocab", population=100)
        study.method = PromptTuningConfig(name="prompt_tuning", length=length, init=init)
    job = job_of(study, place)
    run(job)
    return job


@pytest.fixture(scope="module")
def short(t5_folder: Path, place: Path) -> Job:
    return trained(t5_folder, place, length=2)


@pytest.fixture(scope="module")
def long(t5_folder: Path, place: Path) -> Job:
    return trained(t5_folder, place, length=9)


@pytest.fixture(scope="module")
def boolq(t5_folder: Path, place: Path) -> Job:
    return trained(t5_folder, place, length=4, task="boolq")


@pytest.fixture(scope="module")
def whole(t5_folder: Path, place: Path) -> Job:
    return trained(t5_folder, place, length=0, method="model_tuning")


def told_by(place: Path, jobs: list[Job], rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What `softscale predict` writes for these records."""
    (place / "records.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ids = ",".join(job.id for job in jobs)
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "predict",
                f"run={ids}",
                f"input={place}/records.jsonl",
                f"to={place}/to.jsonl",
                f"runtime.runs={place}/runs",
            ]
        )
    assert ended.value.code == 0
    return [json.loads(line) for line in (place / "to.jsonl").read_text().splitlines()]


def unlabelled(task: str) -> list[dict[str, Any]]:
    """The records of the runs' dev set, without labels."""
    return [{key: value for key, value in row.items() if key != "label"} for row in records(task, "dev", 8, 0)]


def dev_predictions(job: Job) -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in (job.folder / "predictions.jsonl").read_text().splitlines()]
    return [(row["input"], row["prediction"]) for row in rows]


@pytest.mark.parametrize("name", ["short", "whole"])
def test_for_the_records_of_dev_a_run_predicts_what_it_predicted(
    name: str, place: Path, request: pytest.FixtureRequest
) -> None:
    job = request.getfixturevalue(name)
    found = told_by(place, [job], unlabelled("rte"))
    assert [(row["input"], row["prediction"]) for row in found] == dev_predictions(job)
    assert [row["place"] for row in found] == [f"line {number}" for number in range(1, 9)]


def test_prompts_of_several_lengths_answer_in_one_batch_as_each_does_alone(place: Path, short: Job, long: Job) -> None:
    found = told_by(place, [short, long], unlabelled("rte"))
    assert [row["run"] for row in found] == [short.id, long.id] * 8
    for job in (short, long):
        assert [(row["input"], row["prediction"]) for row in found if row["run"] == job.id] == dev_predictions(job)
    assert dev_predictions(short) != dev_predictions(long)


def test_a_record_that_names_its_run_is_answered_by_that_one(place: Path, short: Job, boolq: Job) -> None:
    """Two tasks in one file, as in figure 2: each record in the layout of its run's task."""
    rows = [
        {**row, "run": job.id}
        for pair in zip(unlabelled("rte"), unlabelled("boolq"), strict=True)
        for row, job in zip(pair, (short, boolq), strict=True)
    ]
    found = told_by(place, [short, boolq], rows)
    for job in (short, boolq):
        assert [(row["input"], row["prediction"]) for row in found if row["run"] == job.id] == dev_predictions(job)


def test_what_cannot_be_predicted_is_refused(
    place: Path, short: Job, whole: Job, tokenizer: PreTrainedTokenizerFast, refused: Callable[..., str]
) -> None:
    other = trained(save_t5_1_1(place / "other", tokenizer, d_ff=48), place, length=2)
    (place / "no.jsonl").write_text('{"premise": "a"}\n')
    (place / "alien.jsonl").write_text('{"premise": "a", "hypothesis": "b", "run": "abc"}\n')
    told = [f"input={place}/no.jsonl", f"runtime.runs={place}/runs"]
    assert "field hypothesis is missing" in refused("predict", f"run={short.id}", *told)
    assert "line 1: field run is 'abc'" in refused("predict", f"run={short.id}", f"input={place}/alien.jsonl", told[1])
    assert "only runs of prompt_tuning answer in one batch" in refused("predict", f"run={short.id},{whole.id}", *told)
    assert "is of another backbone than" in refused("predict", f"run={short.id},{other.id}", *told)
    assert "must name each run once" in refused("predict", f"run={short.id},{short.id}", *told)
    assert "there is no finished run in" in refused("predict", "run=0123456789ab", *told)
    assert "is not a file" in refused("predict", f"run={short.id}", "input=nowhere.jsonl")
    assert refused("predict", "run=0123456789ab") == "input has no value: give it one with input=…"
    assert "is not an option of predict: it takes run=…, input=…" in refused("predict", "runs=1")


def test_an_output_that_would_destroy_or_fail_is_refused_before_the_work(
    place: Path, short: Job, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("weights were loaded")

    monkeypatch.setattr("softscale.finished.backbone.load_backbone", never)
    records_file = place / "kept.jsonl"
    records_file.write_text("".join(json.dumps(row) + "\n" for row in unlabelled("rte")))
    before = records_file.read_bytes()
    (place / "link.jsonl").symlink_to(records_file)
    (place / "hard.jsonl").hardlink_to(records_file)
    os.mkfifo(place / "pipe")
    command = ["predict", f"run={short.id}", f"input={records_file}", f"runtime.runs={place}/runs"]
    for to in (records_file, place / "runs" / ".." / "kept.jsonl", place / "link.jsonl", place / "hard.jsonl"):
        assert refused(*command, f"to={to}") == f"to={to} is not allowed: it is the input, which would be lost"
    for to in (place, place / "pipe", "/dev/null"):
        assert refused(*command, f"to={to}") == f"to={to} is not allowed: it must name a file to write"
    mine = short.folder / "record.json"
    assert "where the files of runs are" in refused(*command, f"to={mine}")
    assert "kept.jsonl cannot be written" in refused(*command, f"to={records_file}/below.jsonl")
    assert records_file.read_bytes() == before


@pytest.mark.parametrize("value", [None, "", " "])
def test_a_label_that_is_null_or_empty_is_none(value: Any, place: Path, short: Job) -> None:
    found = told_by(place, [short], [{**row, "label": value} for row in unlabelled("rte")])
    assert [(row["input"], row["prediction"]) for row in found] == dev_predictions(short)


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", '"\\ud800"', "9" * 6000, "[" * 50_000 + "]" * 50_000], ids=range(5)
)
def test_a_record_that_is_no_json_is_named_by_file_line_and_reason(
    value: str, place: Path, short: Job, refused: Callable[..., str]
) -> None:
    path = place / "awkward.jsonl"
    path.write_text(f'{{"premise": "a", "hypothesis": "b"}}\n{{"premise": {value}, "hypothesis": "b"}}\n')
    message = refused("predict", f"run={short.id}", f"input={path}", f"runtime.runs={place}/runs")
    assert message.startswith(f"{path}, line 2 is not JSON: ")


def test_one_long_record_leaves_the_others_their_answers_and_is_noted(
    place: Path, short: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    long = {"premise": "the cat " * 1500, "hypothesis": "b"}
    found = told_by(place, [short], [*unlabelled("rte"), long])
    assert [(row["input"], row["prediction"]) for row in found[:-1]] == dev_predictions(short)
    assert (
        "note: 1 of 9 inputs are more than 4 times as long as training inputs may be (64 tokens); the longest has 30"
        in capsys.readouterr().err
    )


def test_a_record_without_end_is_refused(place: Path, short: Job, refused: Callable[..., str]) -> None:
    path = place / "endless.jsonl"
    path.write_text(json.dumps({"premise": "the cat " * 9000, "hypothesis": "b"}) + "\n")
    message = refused("predict", f"run={short.id}", f"input={path}", f"runtime.runs={place}/runs")
    assert message.startswith("line 1: an input has 18,00")

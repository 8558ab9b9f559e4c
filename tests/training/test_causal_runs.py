"""Whole runs on a causal model, with every method: to the record, interrupted and resumed, and asked again."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from adapted import ALL, carried_by
from tiny import job_of, study_of
from tiny_causal import save_causal
from transformers import PreTrainedTokenizerFast

from softscale import tasks
from softscale.backbone.text import JOINER, input_ids, join_as, target_ids, text_ids
from softscale.cli import main
from softscale.config import Study, TaskConfig
from softscale.data.tokenised import tokenised
from softscale.methods.prompt_design import PromptDesignConfig
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.methods.wording import WordingConfig
from softscale.runs.fingerprint import fingerprint
from softscale.runs.job import Job
from softscale.runs.record import Record
from softscale.sources.miniature import MiniatureConfig
from softscale.tasks.mixture import MixtureConfig
from softscale.training.run import run
from softscale.world.records import records

STEPS = {"steps": 6, "eval_every": 3, "lr": 0.1}
PLAIN = WordingConfig(name="plain", task=None, template="{{ input }}")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("causal")
    return {family: save_causal(family, place / family, tokenizer) for family in ("llama", "gpt_neox")}


@pytest.fixture
def llama(folders: dict[str, Path]) -> Path:
    return folders["llama"]


def study(folder: Path, method: str, **changes: Any) -> Study:
    return replace(study_of(folder, **STEPS), method=ALL[method], **changes)


def science(record: Record) -> dict[str, Any]:
    """A record without where and when it was made."""
    return {name: value for name, value in asdict(record).items() if name not in ("provenance", "runtime")}


def stopped_at(step: int) -> Callable[[int], None]:
    def told(done: int) -> None:
        if done == step:
            raise KeyboardInterrupt

    return told


def lines_of(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def predictions_of(job: Job, task: str = "") -> list[dict[str, str]]:
    return lines_of(job.folder / f"predictions{task and '_'}{task}.jsonl")


RUNS = [("llama", name) for name in carried_by("llama")] + [
    ("gpt_neox", "prefix_tuning_writing"),
    ("gpt_neox", "bitfit"),
]


@pytest.mark.parametrize(("family", "name"), RUNS)
def test_a_run_that_was_interrupted_ends_as_an_undisturbed_one(
    family: str, name: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    made = study(folders[family], name)
    undisturbed = job_of(made, tmp_path / "whole")
    whole = run(undisturbed)
    frozen = whole.backbone["before"] == whole.backbone["after"]
    assert frozen != ALL[name].trains_backbone
    assert [point["step"] for point in whole.curve] == [3, 6]
    job = job_of(made, tmp_path / "stopped", checkpoint_every=2)
    with pytest.raises(KeyboardInterrupt):
        run(job, stopped_at(5))
    assert job.state() == "interrupted"
    steps: list[int] = []
    assert science(run(job, steps.append)) == science(whole)
    assert steps == [5, 6]
    for file in ("best.safetensors", "predictions.jsonl"):
        assert (job.folder / file).read_bytes() == (undisturbed.folder / file).read_bytes()


def told_by(place: Path, jobs: list[Job]) -> list[dict[str, str]]:
    """What `softscale predict` writes for the records of the runs' dev set, without labels."""
    rows = [{key: value for key, value in row.items() if key != "label"} for row in records("rte", "dev", 8, 0)]
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
    return lines_of(place / "to.jsonl")


@pytest.mark.parametrize("name", carried_by("llama"))
def test_for_the_records_of_dev_a_run_predicts_what_it_predicted(name: str, llama: Path, tmp_path: Path) -> None:
    job = job_of(study(llama, name), tmp_path)
    run(job)
    found = [(row["input"], row["prediction"]) for row in told_by(tmp_path, [job])]
    assert found == [(row["input"], row["prediction"]) for row in predictions_of(job)]


def test_prompts_of_several_lengths_answer_in_one_batch_as_each_does_alone(llama: Path, tmp_path: Path) -> None:
    jobs = []
    for length in (2, 9):
        method = ALL["prompt_tuning"]
        assert isinstance(method, PromptTuningConfig)
        jobs.append(job_of(replace(study(llama, "prompt_tuning"), method=replace(method, length=length)), tmp_path))
        run(jobs[-1])
    found = told_by(tmp_path, jobs)
    assert predictions_of(jobs[0]) != predictions_of(jobs[1])
    for job in jobs:
        own = [(row["input"], row["prediction"]) for row in found if row["run"] == job.id]
        assert own == [(row["input"], row["prediction"]) for row in predictions_of(job)]


def test_a_cut_input_keeps_what_joins_it_to_its_answer(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    source = MiniatureConfig(name="miniature", seed=0, train_records=24, dev_records=8).open()
    config = TaskConfig(name="rte", input_length=10, target_length=4)
    try:
        join_as(tokenizer, None)
        (joiner,) = text_ids(tokenizer, [JOINER])
        assert len(joiner) == 2
        task = tasks.of(config)
        train = tokenised(task, config, source, "train", 24, tokenizer, tmp_path)
        inputs, targets = train.ids(range(24))
        examples = train.examples()
        assert targets == target_ids(tokenizer, [example.target for example in examples])
        full = input_ids(tokenizer, [example.input for example in examples])
    finally:
        del tokenizer.joiner  # it is that of all tests
    assert train.cut == 24
    assert inputs == [row[:8] + joiner for row in full]


def test_demonstrations_end_as_a_question_and_its_answer_do(llama: Path, tmp_path: Path) -> None:
    """What a causal model learns in training is one text; what it is shown in few-shot is such texts."""
    design = PromptDesignConfig(name="prompt_design", shots=2, wording=PLAIN)
    made = replace(
        study_of(llama, steps=0), method=design, task=TaskConfig(name="rte", input_length=120, target_length=4)
    )
    job = job_of(made, tmp_path)
    run(job)
    for row in predictions_of(job):
        *shown, question = row["input"].split("\n\n")
        assert len(shown) == 2
        assert all(text.endswith((f"{JOINER} entailment", f"{JOINER} not_entailment")) for text in shown)
        assert JOINER not in question  # it is put behind the text when that becomes ids


def test_several_tasks_train_as_one(llama: Path, tmp_path: Path) -> None:
    prefixes = {"rte": "entailment", "wsc": "who"}
    task = MixtureConfig(
        name="superglue", tasks=list(prefixes), prefixes=prefixes, limit=20, input_length=64, target_length=4
    )
    job = job_of(study(llama, "lora", task=task), tmp_path)
    record = run(job)
    for name, prefix in prefixes.items():
        rows = predictions_of(job, name)
        assert len(rows) == 8
        assert all(row["input"].startswith(prefix) for row in rows)
        assert 0 <= record.best[f"dev/{name}/score"] <= 1


def test_a_run_is_scored_on_a_task_that_it_was_not_trained_on(llama: Path, tmp_path: Path) -> None:
    trained = study_of(llama, task="mrpc", **STEPS)
    job = job_of(replace(trained, method=ALL["prefix_tuning_writing"], transfer=["qqp"]), tmp_path)
    record = run(job)
    assert set(record.transfer) == {"transfer/qqp/accuracy", "transfer/qqp/f1", "transfer/qqp/score"}
    assert len(predictions_of(job, "qqp")) == 8


def test_what_joins_input_and_answer_decides_the_id_where_it_is_typed(llama: Path) -> None:
    made = study(llama, "lora")
    ids = {fingerprint(replace(made, model=replace(made.model, joiner=joiner))) for joiner in (None, " =>", "")}
    assert len(ids) == 3
    assert fingerprint(made) in ids

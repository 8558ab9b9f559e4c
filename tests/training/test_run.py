"""A run, from start to record: killed and resumed bit for bit, done and never touched again, failed and retried."""

import json
import os
import signal
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file
from tiny import files_below, job_of, study_of

from softscale.config import Study
from softscale.errors import InputError
from softscale.runs.fingerprint import fingerprint
from softscale.runs.job import Job
from softscale.runs.record import SCHEMA, Record, read_record
from softscale.sources.local import LocalConfig
from softscale.tasks.resampling import resamples
from softscale.tasks.rte import RTE
from softscale.tasks.wsc import WSC
from softscale.training.evaluation import summary
from softscale.training.run import Taken, run


def killed_at(step: int) -> Callable[[int], None]:
    """A listener of progress that ends its own process as a power cut would."""

    def told(done: int) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return told


def run_and_die(job: Job, step: int) -> None:
    run(job, killed_at(step))


def run_and_hold(job: Job, pipe: Any) -> None:
    """Tell that the first step is done, then wait to be killed."""

    def told(_: int) -> None:
        pipe.send("running")
        pipe.recv()

    run(job, told)


def science(record: Record) -> dict[str, Any]:
    """A record without where and when it was made."""
    return {name: value for name, value in asdict(record).items() if name not in ("provenance", "runtime")}


@pytest.fixture(scope="module")
def finished(t5_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Job, Record]]:
    """One undisturbed run of 20 steps of each method, with dropout 0.1."""
    place = tmp_path_factory.mktemp("finished")
    jobs = {method: job_of(study_of(t5_folder, method), place) for method in ("prompt_tuning", "model_tuning")}
    return {method: (job, run(job)) for method, job in jobs.items()}


def test_training_ends_where_the_dev_score_is_reached_and_a_resumed_run_does_not_go_on(
    t5_folder: Path, tmp_path: Path, processes: ForkServerContext
) -> None:
    study = study_of(t5_folder, "model_tuning")
    reached = replace(study, optim=replace(study.optim, stop_at=1e-6))
    whole = run(job_of(reached, tmp_path / "whole"))
    first = next(i for i, point in enumerate(whole.curve) if point["dev/score"] >= 1e-6)
    assert whole.last == whole.curve[first]
    assert whole.last["step"] < study.optim.steps
    job = job_of(reached, tmp_path / "killed")
    process = processes.Process(target=run_and_die, args=(job, int(whole.last["step"])))
    process.start()
    process.join()
    assert job.state() == "interrupted"
    steps: list[int] = []
    assert science(run(job, steps.append)) == science(whole)
    assert steps == []


def test_mixed_precision_holds_weights_in_fp32_and_scores_near_fp32(t5_folder: Path, tmp_path: Path) -> None:
    study = study_of(t5_folder, "model_tuning")
    mixed = replace(study, model=replace(study.model, dtype="mixed"))
    full, half = run(job_of(study, tmp_path / "fp32")), run(job_of(mixed, tmp_path / "mixed"))
    assert full.backbone["before"] == half.backbone["before"]
    losses = [[point["train/loss"] for point in record.curve] for record in (full, half)]
    assert losses[0] != losses[1]
    np.testing.assert_allclose(losses[0][0], losses[1][0], rtol=0.05)
    stored = load_file(tmp_path / "mixed" / "runs" / half.id / "best.safetensors")
    assert {str(tensor.dtype) for tensor in stored.values()} == {"torch.float32"}


@pytest.mark.parametrize("method", ["prompt_tuning", "model_tuning"])
@pytest.mark.parametrize("step", [10, 13])
@pytest.mark.slow
def test_a_run_killed_and_resumed_equals_an_undisturbed_one_bit_for_bit(
    method: str,
    step: int,
    finished: dict[str, tuple[Job, Record]],
    t5_folder: Path,
    tmp_path: Path,
    processes: ForkServerContext,
) -> None:
    whole, expected = finished[method]
    job = job_of(study_of(t5_folder, method), tmp_path)
    process = processes.Process(target=run_and_die, args=(job, step))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert job.state() == "interrupted"
    assert not (job.folder / "record.json").exists()
    steps: list[int] = []
    record = run(job, steps.append)
    assert steps == list(range(11, 21))  # the checkpoint of step 10 was the last one
    assert science(record) == science(expected)
    for name in ("best.safetensors", "predictions.jsonl"):
        assert (job.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_a_done_run_keeps_its_record_its_best_tensors_and_its_predictions_only(
    finished: dict[str, tuple[Job, Record]],
) -> None:
    for job, record in finished.values():
        assert {path.name for path in job.folder.iterdir()} == {"record.json", "best.safetensors", "predictions.jsonl"}
        assert read_record(job.folder / "record.json") == read_record(job.published) == record
        assert (record.id, record.schema) == (fingerprint(job.study), SCHEMA)


def test_the_curve_has_a_point_for_each_evaluation_and_the_best_is_the_earliest_of_equals(
    finished: dict[str, tuple[Job, Record]],
) -> None:
    for job, record in finished.values():
        assert [point["step"] for point in record.curve] == [5, 10, 15, 20]
        top = max(point["dev/score"] for point in record.curve)
        assert record.best == next(point for point in record.curve if point["dev/score"] == top)
        assert record.last == record.curve[-1]
        lines = [json.loads(line) for line in (job.folder / "predictions.jsonl").read_text().splitlines()]
        assert record.predictions["count"] == len(lines) == record.data["dev"] == 8
        right = sum(line["prediction"] == line["target"] for line in lines)
        assert record.best["dev/accuracy"] == pytest.approx(right / len(lines))
        assert record.predictions["illegal"] == sum(line["prediction"] not in RTE().labels for line in lines)


def test_a_record_has_the_best_step_s_score_on_each_resample_and_says_what_is_predicted_most(
    finished: dict[str, tuple[Job, Record]],
) -> None:
    for job, record in finished.values():
        lines = [json.loads(line) for line in (job.folder / "predictions.jsonl").read_text().splitlines()]
        right = np.array([line["prediction"] == line["target"] for line in lines])
        drawn = resamples("rte", 8)
        assert record.resampled == {"dev": [round(float(right[row].mean()), 4) for row in drawn]}
        told = [line["prediction"] for line in lines]
        assert record.predictions["commonest"] == max(map(told.count, told))


def test_a_summary_counts_what_is_written_in_the_place_of_a_label() -> None:
    answers = ("entailment", "", " ", "kite", "is a", "kit", "the", "the")
    on = ("entailment . the", "not_entailment .", "entailments .", "the entailment .")
    content = "".join(
        json.dumps({"input": "a kite is a toy", "prediction": text, "target": "entailment"}) + "\n"
        for text in (*answers, *on)
    ).encode()
    told = summary(RTE(), content)
    del told["sha256"]
    assert told == {
        "count": 12,
        "illegal": 11,
        "empty": 2,
        "copied": 2,
        "commonest": 2,
        "begun": 2,  # a label of its own, and more
        "begun_right": 1,
    }
    free = summary(WSC(), content)
    assert (free["illegal"], free["empty"], free["copied"], free["begun"]) == (-1, 0, 0, 0)


def test_the_last_step_is_evaluated_whatever_the_interval(t5_folder: Path, tmp_path: Path) -> None:
    record = run(job_of(study_of(t5_folder, steps=5, eval_every=3), tmp_path))
    assert [point["step"] for point in record.curve] == [3, 5]


def test_only_the_prompt_trains_and_the_frozen_backbone_has_the_same_hash_after(
    finished: dict[str, tuple[Job, Record]],
) -> None:
    job, record = finished["prompt_tuning"]
    assert record.backbone["before"] == record.backbone["after"]
    tensors = load_file(job.folder / "best.safetensors")
    assert {name: tuple(tensor.shape) for name, tensor in tensors.items()} == {"prompt": (4, 16)}
    assert record.parameters["trained"] == record.parameters["stored"] == 4 * 16
    assert record.parameters["bytes"] == (job.folder / "best.safetensors").stat().st_size < 1000


def test_model_tuning_moves_the_backbone_and_stores_all_of_it(finished: dict[str, tuple[Job, Record]]) -> None:
    _, frozen = finished["prompt_tuning"]
    job, record = finished["model_tuning"]
    assert record.backbone["before"] == frozen.backbone["before"] != record.backbone["after"]
    stored = sum(tensor.numel() for tensor in load_file(job.folder / "best.safetensors").values())
    assert record.parameters["trained"] == record.parameters["total"] == stored
    assert frozen.parameters["total"] == stored + 4 * 16


def test_dropout_is_applied_in_training(
    finished: dict[str, tuple[Job, Record]], t5_folder: Path, tmp_path: Path
) -> None:
    without = run(job_of(study_of(t5_folder, dropout=0.0, steps=5), tmp_path))
    assert without.curve[0]["train/loss"] != finished["prompt_tuning"][1].curve[0]["train/loss"]


def test_evaluation_is_without_dropout(t5_folder: Path, tmp_path: Path) -> None:
    # A rate of 1e-12 leaves the tensors where they were, so that evaluations differ only where dropout is on.
    scores = {}
    for dropout in (0.0, 0.5):
        job = job_of(study_of(t5_folder, dropout=dropout, lr=1e-12, weight_decay=0.0, steps=2, eval_every=1), tmp_path)
        run(job)
        scores[dropout] = (job.folder / "predictions.jsonl").read_bytes()
    assert scores[0.0] == scores[0.5]


@pytest.mark.parametrize("told", [{"checkpoint_every": 1}, {"eval_batch_size": 3}], ids=str)
def test_the_runtime_does_not_change_a_number(
    told: dict[str, int], finished: dict[str, tuple[Job, Record]], t5_folder: Path, tmp_path: Path
) -> None:
    assert science(run(job_of(study_of(t5_folder), tmp_path, **told))) == science(finished["prompt_tuning"][1])


def test_another_seed_gives_other_numbers(
    finished: dict[str, tuple[Job, Record]], t5_folder: Path, tmp_path: Path
) -> None:
    record = run(job_of(study_of(t5_folder, seed=1, steps=5), tmp_path))
    assert record.curve[0]["train/loss"] != finished["prompt_tuning"][1].curve[0]["train/loss"]


def test_a_done_run_is_not_touched_again(finished: dict[str, tuple[Job, Record]]) -> None:
    job, record = finished["prompt_tuning"]
    place = job.folder.parents[1]
    before = files_below(place)
    steps: list[int] = []
    assert run(job, steps.append) == record
    assert steps == []
    assert files_below(place) == before


def test_a_published_record_that_was_lost_is_published_again(finished: dict[str, tuple[Job, Record]]) -> None:
    job, record = finished["prompt_tuning"]
    job.published.unlink()
    run(job)
    assert read_record(job.published) == record


def test_a_failed_run_leaves_its_traceback_and_is_retried(
    t5_folder: Path, tmp_path: Path, finished: dict[str, tuple[Job, Record]]
) -> None:
    job = job_of(study_of(t5_folder), tmp_path)

    def fail(step: int) -> None:
        if step == 7:
            raise RuntimeError("the disk caught fire")

    with pytest.raises(RuntimeError, match="caught fire"):
        run(job, fail)
    assert job.state() == "failed"
    assert "the disk caught fire" in (job.folder / "failure.txt").read_text()
    assert science(run(job)) == science(finished["prompt_tuning"][1])
    assert job.state() == "done"
    assert not (job.folder / "failure.txt").exists()


@pytest.fixture
def interrupted(t5_folder: Path, tmp_path: Path) -> Job:
    """A run that stands at step 10."""
    job = job_of(study_of(t5_folder), tmp_path)

    def stop(step: int) -> None:
        if step == 10:
            raise KeyboardInterrupt

    with pytest.raises((KeyboardInterrupt, SystemExit)):
        run(job, stop)
    assert job.state() == "interrupted"
    return job


def test_what_a_kill_within_a_write_left_is_removed(interrupted: Job) -> None:
    (interrupted.folder / ".last.ckpt.abc.part").write_bytes(b"half a checkpoint")
    run(interrupted)
    assert not list(interrupted.folder.glob(".*"))


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "foreign"])
def test_a_corrupt_checkpoint_is_named_in_one_sentence_and_nothing_is_lost(interrupted: Job, damage: str) -> None:
    last = interrupted.folder / "last.ckpt"
    content = last.read_bytes()
    foreign = (interrupted.folder / "best.safetensors").read_bytes()
    last.write_bytes({"cut": content[:-20], "text": b"not a checkpoint", "empty": b"", "foreign": foreign}[damage])
    before = files_below(interrupted.folder)
    with pytest.raises(InputError) as refused:
        run(interrupted)
    message = str(refused.value)
    assert str(last) in message
    assert "\n" not in message
    assert files_below(interrupted.folder) == before
    last.write_bytes(content)
    assert run(interrupted).last["step"] == 20


def test_a_second_process_does_not_take_a_run_that_is_being_run(
    t5_folder: Path, tmp_path: Path, processes: ForkServerContext
) -> None:
    job = job_of(study_of(t5_folder, steps=5), tmp_path)
    here, there = processes.Pipe()
    process = processes.Process(target=run_and_hold, args=(job, there))
    process.start()
    try:
        assert here.recv() == "running"
        with pytest.raises(Taken, match=job.id):
            run(job)
    finally:
        process.kill()
        process.join()
    assert run(job).last["step"] == 5  # a killed process holds nothing


def test_a_record_of_a_newer_schema_is_refused_and_kept(finished: dict[str, tuple[Job, Record]]) -> None:
    job, _ = finished["model_tuning"]
    path = job.folder / "record.json"
    content = path.read_bytes()
    path.write_text(json.dumps(json.loads(content) | {"schema": SCHEMA + 1}))
    newer = path.read_bytes()
    try:
        with pytest.raises(InputError, match=f"schema {SCHEMA + 1}.*up to {SCHEMA}"):
            run(job)
        assert path.read_bytes() == newer
    finally:
        path.write_bytes(content)


def folder_missing(study: Study) -> None:
    study.model.path = f"{study.model.path}/none"


def task_unknown(study: Study) -> None:
    study.task.name = "none"


def negative_steps(study: Study) -> None:
    study.optim.steps = -1


@pytest.mark.parametrize("spoil", [folder_missing, task_unknown, negative_steps])
def test_input_that_is_refused_leaves_no_folder_behind(
    spoil: Callable[[Study], None], t5_folder: Path, tmp_path: Path
) -> None:
    study = study_of(t5_folder)
    spoil(study)
    with pytest.raises(InputError):
        run(job_of(study, tmp_path))
    assert not [path for path in tmp_path.glob("runs/*") if not path.name.startswith(".")]


def test_the_seconds_of_a_resumed_run_are_those_of_all_attempts(t5_folder: Path, tmp_path: Path) -> None:
    """Up to the checkpoint that the later one goes on from, and loading included: a kill tells of nothing after it."""

    def waits_and_fails(step: int) -> None:
        if step == 3:
            time.sleep(1.0)
        if step == 6:  # the checkpoint is of step 5
            raise RuntimeError("a fault")

    job = job_of(study_of(t5_folder, steps=10), tmp_path)
    with pytest.raises(RuntimeError, match="a fault"):
        run(job, waits_and_fails)
    (job.folder / "failure.txt").unlink()
    assert job.state() == "interrupted"
    started = time.perf_counter()
    record = run(job)
    assert 1.0 + 0.9 * (time.perf_counter() - started) < record.provenance["seconds"]


def test_cut_training_inputs_are_counted_and_noted(t5_folder: Path, tmp_path: Path) -> None:
    study = study_of(t5_folder, steps=1)
    study.task.input_length = 10
    record = run(job_of(study, tmp_path))
    assert record.data["train_cut"] == 24
    assert any("24 of 24 training inputs were cut to 10 tokens" in note for note in record.notes)


@pytest.mark.slow
def test_a_wandb_run_is_a_copy_of_the_record_and_waits_for_no_network(
    t5_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")  # nobody answers there
    job = job_of(study_of(t5_folder, steps=5), tmp_path, mode="offline", experiment="miniature/some_figure")
    record = run(job)
    assert record.provenance["seconds"] < 60
    (folder,) = (job.folder / "wandb").glob("offline-run-*")
    assert folder.name.endswith(f"-{job.id}")
    told = wandb_file(folder / f"run-{job.id}.wandb")
    assert (told["run_id"], told["group"]) == (job.id, "miniature/some_figure")
    assert told["config"]["optim"] == asdict(job.study)["optim"]
    assert told["config"].keys() >= {"model", "method", "task", "data", "optim", "seed"}
    assert told["summary"]["best/dev/score"] == record.best["dev/score"]
    assert told["summary"]["last/step"] == 5
    assert told["summary"]["parameters/trained"] == record.parameters["trained"]


def wandb_file(path: Path) -> dict[str, Any]:
    """What an offline run holds: id, group, configuration and summary."""
    from wandb.proto import wandb_internal_pb2

    told: dict[str, Any] = {"config": {}, "summary": {}}
    for content in leveldb_log(path.read_bytes()):
        entry = wandb_internal_pb2.Record()
        entry.ParseFromString(content)
        if entry.HasField("run"):
            told |= {"run_id": entry.run.run_id, "group": entry.run.run_group}
            told["config"] |= {item.key: json.loads(item.value_json) for item in entry.run.config.update}
        if entry.HasField("summary"):
            for item in entry.summary.update:
                told["summary"][item.key or "/".join(item.nested_key)] = json.loads(item.value_json)
    return told


def leveldb_log(content: bytes) -> Iterator[bytes]:
    """The entries of a LevelDB log, W&B's format: checksum (4 bytes), length (2) and kind (1) before each piece."""
    place, parts = 7, b""  # behind W&B's own mark
    while place + 7 <= len(content):
        if 32768 - place % 32768 < 7:  # no piece starts in the last bytes of a block
            place += 32768 - place % 32768
            continue
        length, kind = struct.unpack("<HB", content[place + 4 : place + 7])
        parts += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or last
            yield parts
            parts = b""


def test_training_lowers_the_loss(t5_folder: Path, tmp_path: Path) -> None:
    record = run(job_of(study_of(t5_folder, "model_tuning", dropout=0.0, steps=40, eval_every=10, lr=0.003), tmp_path))
    assert record.last["train/loss"] < 0.5 * record.curve[0]["train/loss"]


def test_a_loss_that_is_no_number_ends_the_run_with_what_to_change(t5_folder: Path, tmp_path: Path) -> None:
    job = job_of(study_of(t5_folder, "model_tuning", lr=1000, parameter_scale=True), tmp_path)
    with pytest.raises(FloatingPointError, match=r"the loss is (nan|inf) at step \d+: lower optim\.lr"):
        run(job)
    assert job.state() == "failed"


def test_text_with_a_line_separator_is_scored_like_any_other(t5_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "RTE").mkdir()
    for name in ("train", "val"):
        row = {"premise": "a kite\u2028is a toy", "hypothesis": "so\x85it is", "label": "entailment", "idx": 0}
        (tmp_path / "RTE" / f"{name}.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n")
    study = replace(study_of(t5_folder, steps=2), data=LocalConfig(name="local", root=str(tmp_path)))
    assert run(job_of(study, tmp_path / "runs")).predictions["count"] == 1

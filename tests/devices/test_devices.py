"""A run of several processes (here two on the CPU, over gloo) is the run of one process."""

import json
import multiprocessing
import os
import signal
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file
from tiny import job_of, overrides_of, save_t5_1_1, study_of
from tiny_causal import save_causal
from transformers import PreTrainedTokenizerFast

from softscale.cli import main
from softscale.config import Study
from softscale.errors import InputError
from softscale.runs.job import Job
from softscale.runs.record import Record, read_record
from softscale.training.rank_processes import RankFailed
from softscale.training.run import run

pytestmark = pytest.mark.slow
DDP = {"strategy": "ddp", "devices": 2}
FSDP = {"strategy": "fsdp", "devices": 2}


@pytest.fixture(scope="module")
def wide_folder(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> Path:
    """A T5 whose matrices are large enough for Adafactor to factor, and of odd numbers of rows."""
    return save_t5_1_1(tmp_path_factory.mktemp("t5") / "wide", tokenizer, d_model=129, d_ff=131)


def assert_same(one: tuple[Job, Record], other: tuple[Job, Record]) -> None:
    """The same run up to the rounding of float sums that were taken in another order."""
    (job, record), (expected_job, expected) = one, other
    assert record.id == expected.id
    assert [point["step"] for point in record.curve] == [point["step"] for point in expected.curve]
    for point, right in zip(record.curve, expected.curve, strict=True):
        assert point == pytest.approx(right, rel=1e-3)
    assert record.best["step"] == expected.best["step"]
    assert record.parameters == expected.parameters
    assert record.predictions == expected.predictions
    assert record.transfer == expected.transfer
    assert (record.backbone["before"], record.data) == (expected.backbone["before"], expected.data)
    tensors, right = (load_file(each.folder / "best.safetensors") for each in (job, expected_job))
    assert tensors.keys() == right.keys()
    for name, tensor in right.items():
        torch.testing.assert_close(tensors[name], tensor, rtol=1e-3, atol=1e-4)


def done(study: Study, place: Path, **runtime: Any) -> tuple[Job, Record]:
    job = job_of(study, place, **runtime)
    record = run(job)
    assert {path.suffix for path in job.folder.iterdir()} == {".json", ".jsonl", ".safetensors"}
    assert read_record(job.published) == record
    return job, record


@pytest.mark.parametrize("method", ["prompt_tuning", "model_tuning"])
@pytest.mark.parametrize("micro_batch", [None, 1])
def test_ddp_is_one_process(method: str, micro_batch: int | None, t5_folder: Path, tmp_path: Path) -> None:
    study = study_of(t5_folder, method, dropout=0.0, lr=0.01)
    both = done(study, tmp_path / "two", **DDP, micro_batch=micro_batch, eval_batch_size=3)
    assert_same(both, done(study, tmp_path / "one"))
    assert both[1].provenance["device"].startswith("2 x CPU")


@pytest.mark.parametrize(("method", "runtime"), [("prompt_tuning", DDP), ("model_tuning", FSDP)], ids=str)
def test_a_causal_model_in_two_processes_is_one_process(
    method: str, runtime: dict[str, Any], tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    folder = save_causal("llama", tmp_path / "llama", tokenizer)
    study = study_of(folder, method, dropout=0.0, lr=0.001, steps=10)
    assert_same(done(study, tmp_path / "two", **runtime), done(study, tmp_path / "one"))


def test_two_ranks_drop_what_two_slices_in_one_process_drop(t5_folder: Path, tmp_path: Path) -> None:
    study = study_of(t5_folder, dropout=0.3, lr=0.01)
    both = done(study, tmp_path / "two", **DDP)
    assert_same(both, done(study, tmp_path / "one", micro_batch=2))
    assert any("dropout masks were drawn for slices of 2 examples" in note for note in both[1].notes)


@pytest.mark.parametrize("more", [{}, {"micro_batch": 1, "activation_checkpointing": True}], ids=str)
def test_fsdp_is_one_process_whose_adafactor_factors_its_matrices(
    more: dict[str, Any], wide_folder: Path, tmp_path: Path
) -> None:
    study = study_of(wide_folder, "model_tuning", dropout=0.0, lr=0.001, steps=10, parameter_scale=True)
    assert_same(done(study, tmp_path / "two", **FSDP, **more), done(study, tmp_path / "one"))


def test_fsdp_scores_the_best_step_on_other_tasks_too(t5_folder: Path, tmp_path: Path) -> None:
    # The best step is not the last one (a rate this high ends badly), so it is loaded into sharded weights.
    study = replace(study_of(t5_folder, "model_tuning", dropout=0.0, lr=0.01, task="boolq"), transfer=["multirc"])
    both, one = done(study, tmp_path / "two", **FSDP), done(study, tmp_path / "one")
    assert_same(both, one)
    assert one[1].best["step"] < one[1].last["step"]
    for name in ("predictions.jsonl", "predictions_multirc.jsonl"):
        assert (both[0].folder / name).read_bytes() == (one[0].folder / name).read_bytes()


def run_and_die(job: Job, step: int) -> None:
    def told(at: int) -> None:
        if at >= step:
            os.kill(os.getpid(), signal.SIGKILL)

    run(job, told)


@pytest.mark.parametrize(("method", "runtime"), [("prompt_tuning", DDP), ("model_tuning", FSDP)], ids=str)
def test_ranks_end_with_the_process_that_started_them_and_the_next_ones_go_on_bit_for_bit(
    method: str, runtime: dict[str, Any], t5_folder: Path, tmp_path: Path, processes: ForkServerContext
) -> None:
    study = study_of(t5_folder, method)
    job = job_of(study, tmp_path / "killed", **runtime)
    process = processes.Process(target=run_and_die, args=(job, 7))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    for rank in range(2):  # each held its lock for as long as it lived
        with FileLock(Path(job.runtime.runs) / ".locks" / f"{job.id}.rank_{rank}.lock", timeout=30):
            pass
    assert job.state() == "interrupted"
    steps: list[int] = []
    record = run(job, steps.append)
    assert min(steps) > 5  # from a checkpoint
    whole, expected = done(study, tmp_path / "whole", **runtime)
    assert record.curve == expected.curve
    assert (job.folder / "best.safetensors").read_bytes() == (whole.folder / "best.safetensors").read_bytes()


def kill_a_rank() -> None:
    """End the second of this process's ranks as the kernel does when memory is short."""
    (_, second) = sorted(multiprocessing.active_children(), key=lambda child: child.name)[-2:]
    assert second.pid is not None
    os.kill(second.pid, signal.SIGKILL)


def test_a_rank_that_dies_ends_the_run_which_is_then_retried(t5_folder: Path, tmp_path: Path) -> None:
    job = job_of(study_of(t5_folder), tmp_path, **DDP)

    def told(step: int) -> None:
        if step == 7:
            kill_a_rank()

    with pytest.raises(RankFailed, match=r"the process of device 1 died \(SIGKILL\)"):
        run(job, told)
    assert job.state() == "failed"
    assert "SIGKILL" in (job.folder / "failure.txt").read_text()
    assert run(job).last["step"] == 20
    assert job.state() == "done"


def test_a_failure_on_a_rank_is_told_with_its_traceback(t5_folder: Path, tmp_path: Path) -> None:
    job = job_of(study_of(t5_folder, "model_tuning", lr=1000, parameter_scale=True), tmp_path, **DDP)
    with pytest.raises(RankFailed, match=r"FloatingPointError: the loss is (nan|inf) at step \d+: lower optim\.lr"):
        run(job)
    assert "on_train_batch_end" in (job.folder / "failure.txt").read_text()


def test_what_a_rank_refuses_is_refused_in_one_sentence_and_leaves_no_folder(t5_folder: Path, tmp_path: Path) -> None:
    study = study_of(t5_folder)
    study.model.path = f"{t5_folder}/none"
    with pytest.raises(InputError, match="is not a folder") as refused:
        run(job_of(study, tmp_path, **DDP))
    assert "\n" not in str(refused.value)
    assert not [path for path in tmp_path.glob("runs/*") if path.name[0] != "."]


@pytest.mark.parametrize("several", [[], ["-m", "seed=0,1", "runtime.workers=1"]], ids=["one", "sweep"])
def test_the_command_line_trains_on_two_devices_and_logs_once(
    several: list[str], t5_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = overrides_of(t5_folder, tmp_path, "runtime=ddp", "runtime.device=cpu", "runtime.threads=1")
    told = ["logger=wandb" if each == "logger=none" else each for each in told]
    with pytest.raises(SystemExit) as ended:
        main(["train", *told, *several])
    assert ended.value.code == 0, capsys.readouterr().err
    folders = [path.parent for path in tmp_path.glob("runs/*/record.json")]
    assert len(folders) == (2 if several else 1)
    for folder in folders:
        assert json.loads((folder / "record.json").read_text())["runtime"]["devices"] == 2
        assert len(list((folder / "wandb").glob("offline-run-*"))) == 1

"""A run that was killed counts nothing that was damaged since: it ends with the numbers of an undisturbed one."""

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import asdict
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from tiny import files_below, job_of, study_of

from softscale.errors import InputError
from softscale.runs.job import Job
from softscale.runs.record import Record
from softscale.training.resuming import DamagedFiles
from softscale.training.run import run

STEPS = 10


def killed_at_the_last_step(job: Job) -> None:
    def told(step: int) -> None:
        if step == STEPS:
            os.kill(os.getpid(), signal.SIGKILL)

    run(job, told)


def science(record: Record) -> dict[str, Any]:
    return {name: value for name, value in asdict(record).items() if name not in ("provenance", "runtime")}


@pytest.fixture(scope="module")
def whole(t5_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Record:
    return run(job_of(study_of(t5_folder, steps=STEPS), tmp_path_factory.mktemp("whole")))


@pytest.fixture(scope="module")
def stopped(t5_folder: Path, tmp_path_factory: pytest.TempPathFactory, processes: ForkServerContext) -> Path:
    """A folder with a run that was killed between its last step and its record."""
    place = tmp_path_factory.mktemp("stopped")
    job = job_of(study_of(t5_folder, steps=STEPS), place)
    process = processes.Process(target=killed_at_the_last_step, args=(job,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert job.state() == "interrupted"
    return place


@pytest.fixture
def interrupted(stopped: Path, t5_folder: Path, tmp_path: Path) -> Job:
    shutil.copytree(stopped, tmp_path, dirs_exist_ok=True)
    return job_of(study_of(t5_folder, steps=STEPS), tmp_path)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-10] ^= 1
    path.write_bytes(bytes(content))


def shorten(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [flip, shorten, empty, remove])
@pytest.mark.parametrize("name", ["best.safetensors", "predictions.jsonl"])
def test_files_that_were_damaged_after_the_last_step_are_not_counted(
    name: str, damage: Callable[[Path], None], interrupted: Job, whole: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(interrupted.folder / name)
    steps: list[int] = []
    record = run(interrupted, steps.append)
    assert science(record) == science(whole)
    assert steps == list(range(1, STEPS + 1))
    assert f"{name} is damaged or missing: the run starts again from step 0" in capsys.readouterr().err


def test_a_run_whose_files_are_whole_trains_no_step_again(interrupted: Job, whole: Record) -> None:
    steps: list[int] = []
    assert science(run(interrupted, steps.append)) == science(whole)
    assert steps == []


def test_a_checkpoint_with_a_flipped_bit_is_refused_and_kept(interrupted: Job) -> None:
    last = interrupted.folder / "last.ckpt"
    flip(last)  # in a tensor: safetensors sees nothing
    before = files_below(interrupted.folder)
    with pytest.raises(InputError, match=r"last\.ckpt cannot be read as a checkpoint \(its checksum"):
        run(interrupted)
    assert files_below(interrupted.folder) == before


def test_best_tensors_of_a_later_step_than_the_checkpoint_are_written_again(t5_folder: Path, tmp_path: Path) -> None:
    """A kill came between the files of a new best step and the checkpoint that names them."""
    study = study_of(t5_folder, "model_tuning", steps=STEPS)
    expected = run(job_of(study, tmp_path / "whole"))
    job = job_of(study, tmp_path / "killed")

    def fail(step: int) -> None:
        if step == 5:
            raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        run(job, fail)
    for name in ("best.safetensors", "predictions.jsonl"):
        shutil.copy(tmp_path / "whole" / "runs" / job.id / name, job.folder / name)
    steps: list[int] = []
    assert science(run(job, steps.append)) == science(expected)
    assert (expected.best["step"], steps[0]) == (STEPS, 6)


def test_what_is_damaged_while_it_trains_fails_once_and_then_is_made_again(
    t5_folder: Path, tmp_path: Path, whole: Record
) -> None:
    job = job_of(study_of(t5_folder, steps=STEPS), tmp_path)

    def damage(step: int) -> None:
        if step == STEPS:
            flip(job.folder / "predictions.jsonl")

    with pytest.raises(DamagedFiles, match=r"predictions\.jsonl is not what this run wrote"):
        run(job, damage)
    assert job.state() == "failed"
    assert science(run(job)) == science(whole)

"""Weights & Biases is a copy: whatever happens to it becomes a note, and the run is what it is without it."""

import os
import signal
import time
from pathlib import Path

import pytest
from tiny import job_of, study_of

from softscale.config import WandbConfig
from softscale.training.run import run
from softscale.training.wandb_run import mode_of

MODES = [
    ({"WANDB_MODE": "disabled"}, "online", "disabled"),
    ({"WANDB_MODE": "disabled"}, "offline", "disabled"),
    ({"WANDB_DISABLED": "true"}, "offline", "disabled"),
    ({"WANDB_MODE": "offline"}, "online", "offline"),
    ({"WANDB_MODE": "dryrun"}, "online", "offline"),
    ({"WANDB_MODE": "online"}, "offline", "offline"),  # off the network unless wandb.mode says online
    ({"WANDB_MODE": "online"}, "disabled", "disabled"),
    ({}, "online", "online"),
]


@pytest.mark.parametrize(("variables", "configured", "expected"), MODES)
def test_the_variables_of_wandb_may_ask_for_less_and_never_for_the_network(
    variables: dict[str, str], configured: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WANDB_MODE", "WANDB_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert mode_of(WandbConfig(mode=configured)) == expected


def test_a_run_with_wandb_disabled_by_its_variable_leaves_no_folder_of_it(
    t5_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    job = job_of(study_of(t5_folder, steps=2), tmp_path, mode="offline")
    run(job)
    assert not (job.folder / "wandb").exists()


@pytest.mark.slow
def test_without_a_network_an_online_run_is_offline_with_a_note(
    t5_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")  # nobody answers there
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setattr("softscale.training.wandb_run._unreachable", [])
    monkeypatch.delenv("WANDB_MODE", raising=False)
    started = time.monotonic()
    job = job_of(study_of(t5_folder, steps=5), tmp_path, mode="online")
    record = run(job)
    assert time.monotonic() - started < 80
    assert len([note for note in record.notes if note.startswith("W&B could not go online")]) == 1
    assert list((job.folder / "wandb").glob("offline-run-*"))
    started = time.monotonic()
    following = run(job_of(study_of(t5_folder, steps=5, seed=1), tmp_path, mode="online"))
    assert time.monotonic() - started < 15  # it does not wait for the same server again
    assert following.notes == record.notes


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="it finds processes in /proc, which this system lacks")
def test_a_run_outlives_the_process_of_wandb(t5_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_MODE", raising=False)
    job = job_of(study_of(t5_folder, steps=20), tmp_path, mode="offline")

    def kill_wandb(step: int) -> None:
        if step == 6:
            for process in children():
                os.kill(process, signal.SIGKILL)

    record = run(job, kill_wandb)
    assert record.last["step"] == 20
    assert len([note for note in record.notes if note.startswith("W&B stopped")]) == 1
    following = job_of(study_of(t5_folder, steps=5, seed=1), tmp_path, mode="offline")
    assert run(following).notes == []  # the next run of this process has a process of W&B again
    assert list((following.folder / "wandb").glob("offline-run-*"))


def children() -> list[int]:
    """The processes of W&B that this one started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        text = status.read_text()
        if f"PPid:\t{os.getpid()}\n" in text and b"wandb" in (status.parent / "cmdline").read_bytes():
            found.append(int(status.parent.name))
    return found

"""Sweeps by Ray and by submitit's local processes give the records of a sweep on this machine, kills included."""

import importlib.util
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from cluster import ENVIRONMENT, line, records_in, trained

pytestmark = pytest.mark.slow


def needs(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(importlib.util.find_spec(package) is None, reason=f"{package} is not installed")


ray = pytest.param(("hydra/launcher=ray", "+hydra.launcher.ray.remote.num_cpus=1"), marks=needs("ray"), id="ray")
submitit = pytest.param(("hydra/launcher=submitit_local",), marks=needs("submitit"), id="submitit_local")
jobs = ("hydra/launcher=slurm", "hydra.launcher.engine=local", "hydra.launcher.jobs=2")
several = pytest.param(jobs, marks=needs("submitit"), id="two jobs of many cells")


@pytest.fixture(scope="module")
def local(t5_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The records of the sweep by the local launcher."""
    place = tmp_path_factory.mktemp("local")
    trained(line(t5_folder, place))
    return records_in(place)


# As within `sbatch --ntasks=4`.
ALLOCATION = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0"}


@pytest.mark.parametrize("launcher", [ray, several])
@pytest.mark.parametrize("variables", [{}, ALLOCATION], ids=["outside", "in an allocation"])
def test_the_records_are_those_of_a_local_sweep(
    launcher: tuple[str, ...], variables: dict[str, str], t5_folder: Path, tmp_path: Path, local: dict[str, Any]
) -> None:
    trained(line(t5_folder, tmp_path, *launcher), **variables)
    assert records_in(tmp_path) == local


def those_that_train(mark: str) -> list[int]:
    """Processes with an environment of ours that hold the lock of a run."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                held = [os.readlink(file) for file in (process / "fd").iterdir()]
                found += [int(process.name)] if any(name.endswith(".lock") for name in held) else []
        except OSError:  # it ended, or is another user's
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found by /proc")
@pytest.mark.parametrize("launcher", [ray, submitit, several])
def test_a_sweep_whose_cells_are_killed_midway_goes_on(
    launcher: tuple[str, ...], t5_folder: Path, tmp_path: Path
) -> None:
    steps, cells = ["optim.steps=300", "optim.eval_every=150", "runtime.checkpoint_every=10"], ["seed=range(3)"]
    here, there = tmp_path / "here", tmp_path / "there"
    trained(line(t5_folder, here, *steps, cells=cells))
    command, mark = line(t5_folder, there, *steps, *launcher, cells=cells), f"SOFTSCALE_TEST={tmp_path}"
    sweep = subprocess.Popen(
        command, env=ENVIRONMENT | {"SOFTSCALE_TEST": str(tmp_path)}, stderr=subprocess.PIPE, text=True
    )  # fmt: skip
    limit, killed = time.monotonic() + 300, 0
    while killed < 2 and sweep.poll() is None and time.monotonic() < limit:
        if list(there.glob("runs/*/last.ckpt")):
            for process in those_that_train(mark):
                os.kill(process, signal.SIGKILL)
                killed += 1
        time.sleep(0.05)
    _, said = sweep.communicate(timeout=600)
    assert killed, said
    assert "Traceback" not in said
    if sweep.returncode:  # an engine that does not try again says so, and the same command goes on
        trained(command)
    assert records_in(there) == records_in(here)

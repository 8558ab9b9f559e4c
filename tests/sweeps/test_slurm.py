"""Sweeps on a real Slurm give the records of a sweep on this machine: from outside, within a job, over time limits."""

import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cluster import ENVIRONMENT, line, records_in, trained

from softscale.sweeps.queue import waiting_or_running


def there_is_a_cluster() -> bool:
    if shutil.which("sbatch") is None:
        return False
    try:
        return subprocess.run(["sinfo"], capture_output=True, timeout=20, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not there_is_a_cluster(), reason="no Slurm answers here (sinfo)"),
]


@pytest.fixture(scope="module")
def local(t5_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The records of the sweep by the local launcher."""
    place = tmp_path_factory.mktemp("local")
    trained(line(t5_folder, place))
    records = records_in(place)
    assert len(records) == 12
    return records


def in_a_job(command: Sequence[str], place: Path, *options: str) -> None:
    """Run a command in a job of its own and wait for that."""
    log = place / "job.log"
    place.mkdir(exist_ok=True)
    script = f"cd {shlex.quote(str(place))}; {shlex.join(command)}"
    batch = ["sbatch", "--wait", f"--output={log}", *options, "--wrap", script]
    ended = subprocess.run(batch, env=ENVIRONMENT, capture_output=True, text=True, timeout=900, check=False)
    assert ended.returncode == 0, ended.stderr + log.read_text()


def test_from_the_login_node_two_jobs_take_all_cells(t5_folder: Path, tmp_path: Path, local: dict[str, Any]) -> None:
    ended = trained(line(t5_folder, tmp_path, "hydra/launcher=slurm", "hydra.launcher.jobs=2"))
    assert records_in(tmp_path) == local
    assert "12 cells trained" in ended.stderr
    assert len(list(tmp_path.glob("runs/.logs/cluster/*_submitted.pkl"))) == 2


def test_one_job_a_cell_by_hydras_own_launcher(t5_folder: Path, tmp_path: Path, local: dict[str, Any]) -> None:
    trained(line(t5_folder, tmp_path, "hydra/launcher=submitit_slurm"))
    assert records_in(tmp_path) == local


def test_within_an_allocation_of_four_tasks(t5_folder: Path, tmp_path: Path, local: dict[str, Any]) -> None:
    in_a_job(line(t5_folder, tmp_path), tmp_path, "--ntasks=4", "--overcommit")
    assert records_in(tmp_path) == local


def test_every_task_of_srun_takes_other_cells(t5_folder: Path, tmp_path: Path, local: dict[str, Any]) -> None:
    command = ["srun", "--overlap", "--overcommit", *line(t5_folder, tmp_path, "runtime.workers=1")]
    in_a_job(command, tmp_path, "--ntasks=2", "--overcommit")
    assert records_in(tmp_path) == local


def test_a_sweep_is_submitted_from_within_a_job_of_four_tasks(
    t5_folder: Path, tmp_path: Path, local: dict[str, Any]
) -> None:
    # As salloc, or a login shell within a job, leaves them behind: no new job may take them for its own.
    variables = {"SLURM_JOB_ID": "999999", "SLURM_NTASKS": "4", "SLURM_NPROCS": "4", "SLURM_TASKS_PER_NODE": "4"}
    command = line(t5_folder, tmp_path, "hydra/launcher=slurm", "hydra.launcher.jobs=2")
    trained(command, **variables, SLURM_CPUS_PER_TASK="3", SBATCH_PARTITION="elsewhere")
    assert records_in(tmp_path) == local


def began(sweep: subprocess.Popen, pattern: str, place: Path) -> str:
    """Wait until a sweep by one cluster job has made such a file; the number of the job."""
    limit = time.monotonic() + 300
    while not list(place.glob(pattern)):
        assert sweep.poll() is None, sweep.communicate()
        assert time.monotonic() < limit
        time.sleep(0.1)
    (job,) = (path.name.partition("_")[0] for path in place.glob("runs/.logs/cluster/*_submitted.pkl"))
    return job


def test_time_limits_kill_cells_midway_and_they_go_on(t5_folder: Path, tmp_path: Path) -> None:
    steps = ["optim.steps=100", "optim.eval_every=50", "runtime.checkpoint_every=10"]
    here, there = tmp_path / "here", tmp_path / "there"
    trained(line(t5_folder, here, *steps))
    # Slurm counts limits in minutes: here it is over as soon as a cell has a checkpoint. It begins again after two.
    limit = ["hydra.launcher.timeout_min=10", "hydra.launcher.signal_delay_s=10"]
    command = line(t5_folder, there, *steps, "hydra/launcher=slurm", *limit)
    sweep = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    job = began(sweep, "runs/*/last.ckpt", there)
    subprocess.run(["scancel", "--signal=USR2", job], check=True)  # as Slurm sends it before the limit
    _, said = sweep.communicate(timeout=900)
    assert sweep.returncode == 0, said
    assert f"Requeued job {job}" in "".join(path.read_text() for path in there.glob("runs/.logs/cluster/*_log.*"))
    assert records_in(there) == records_in(here)


def test_a_cancelled_job_is_said_and_the_same_command_goes_on(
    t5_folder: Path, tmp_path: Path, local: dict[str, Any]
) -> None:
    command = line(t5_folder, tmp_path, "hydra/launcher=slurm")
    sweep = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    job = began(sweep, "runs/*/record.json", tmp_path)
    subprocess.run(["scancel", job], check=True)
    _, said = sweep.communicate(timeout=300)
    assert sweep.returncode == 1
    assert f"cluster job {job} ended without a result" in said
    assert "Traceback" not in said
    assert job not in waiting_or_running([job])
    trained(command)
    assert records_in(tmp_path) == local


REFUSED = {
    "hydra.launcher.partition=nowhere": "Invalid partition name",
    "hydra.launcher.mem_gb=1000000": "Requested node configuration is not available",
}


@pytest.mark.parametrize("override", REFUSED)
@pytest.mark.parametrize("launcher", ["slurm", "submitit_slurm"])
def test_what_the_cluster_refuses_is_one_sentence(
    launcher: str, override: str, t5_folder: Path, tmp_path: Path
) -> None:
    command = line(t5_folder, tmp_path, f"hydra/launcher={launcher}", override)
    ended = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    assert REFUSED[override] in ended.stderr.splitlines()[-1]
    assert not records_in(tmp_path)

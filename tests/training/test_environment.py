"""What another program says of its own tasks, in the environment, is not said of a run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import overrides_of

from softscale.runs.record import read_record

pytestmark = pytest.mark.slow

# As their manuals name them: the batch step of `sbatch --ntasks=4`, the third task of `srun`, torchrun, MPI, LSF.
ENVIRONMENTS = {
    "sbatch": {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0"}
    | {"SLURM_JOB_NAME": "sweep", "SLURM_NODELIST": "node-[1-2]", "SLURM_NTASKS_PER_NODE": "4"},
    "srun": {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4", "SLURM_PROCID": "2", "SLURM_LOCALID": "2", "SLURM_NODEID": "1"}
    | {"SLURM_JOB_NAME": "sweep", "SLURM_NODELIST": "node-[1-2]", "SLURM_STEP_ID": "0"},
    "torchrun": {"RANK": "3", "LOCAL_RANK": "3", "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4", "GROUP_RANK": "0"}
    | {"TORCHELASTIC_RUN_ID": "x", "MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500"},
    "mpi": {"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_LOCAL_RANK": "1"},
    "lsf": {"LSB_JOBID": "7", "LSB_DJOB_RANKFILE": "none", "JSM_NAMESPACE_LOCAL_RANK": "1", "JSM_NAMESPACE_SIZE": "4"}
    | {"JSM_NAMESPACE_RANK": "1"},
    "kubeflow": {"KUBERNETES_PORT": "tcp://10.0.0.1", "MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "1"}
    | {"WORLD_SIZE": "4", "RANK": "1"},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_run_trains_in_the_environment_of_another_program(name: str, t5_folder: Path, tmp_path: Path) -> None:
    environment = os.environ | ENVIRONMENTS[name] | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", "from softscale.cli import main; main()", "train"]
    ended = subprocess.run(
        [*command, *overrides_of(t5_folder, tmp_path)],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    (record,) = tmp_path.glob("results/records/*.json")
    assert read_record(record).last["step"] == 6

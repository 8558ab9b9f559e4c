"""The queue of a Slurm cluster, as far as a sweep needs it: which of its jobs are still there."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

KEPT = ("SLURM_CONF", "SLURM_CLUSTERS")  # where the cluster is, not what job this is
OF_A_JOB = ("SLURM_", "SLURMD_", "SRUN_", "SBATCH_", "SUBMITIT_")


@contextmanager
def outside_of_a_job() -> Iterator[None]:
    """Within, nothing tells of a Slurm job around this process: what is submitted would inherit its number of tasks."""
    names = [name for name in os.environ if name.startswith(OF_A_JOB) and name not in KEPT]
    hidden = {name: os.environ.pop(name) for name in names}
    try:
        yield
    finally:
        os.environ.update(hidden)


def waiting_or_running(ids: Iterable[str]) -> dict[str, str]:
    """Of jobs, and members of arrays (`12_0`), those that Slurm still has, and why each waits (empty: it runs).

    All of them where Slurm does not answer. From squeue, for sacct needs accounting, which small clusters have not.
    """
    unknown = dict.fromkeys(ids, "")
    numbers = ",".join(sorted({id_.partition("_")[0] for id_ in unknown}))
    command = ["squeue", "--noheader", "--array", "--format=%i %t %r", f"--jobs={numbers}"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return unknown
    if answer.returncode:  # it forgets jobs a few minutes after their end
        return {} if "Invalid job id" in answer.stderr else unknown
    lines = [line.split(maxsplit=2) for line in answer.stdout.splitlines()]
    return {id_: reason if state == "PD" else "" for id_, state, reason in lines if id_ in unknown}

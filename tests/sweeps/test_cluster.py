"""What may be asked of a cluster, and what cluster jobs together say of a sweep; none of it needs a cluster."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from softscale.sweeps.cluster_job import Ending, together
from softscale.sweeps.queue import outside_of_a_job

Refused = Callable[..., str]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("jobs=0", "hydra.launcher.jobs=0 is not allowed: it must be 1 or more"),
        ("jobs=two", "hydra.launcher.jobs=two is not allowed: it must be of type integer"),
        ("engine=pbs", "hydra.launcher.engine=pbs is not allowed: it must be one of slurm, local"),
        ("cpus_per_task=0", "hydra.launcher.cpus_per_task=0 is not allowed: it must be 1 or more"),
        ("signal_delay_s=3600", "must be less than the time limit (3600 s)"),
        ("setup=module", "hydra.launcher.setup=module is not allowed: it must be a list"),
        ("partitoin=gpu", "hydra.launcher.partitoin is not a field: it must be one of"),
    ],
)
def test_what_is_asked_wrongly_is_refused_before_anything_runs(
    override: str, said: str, refused: Refused, tmp_path: Path
) -> None:
    sweep = ["model=mini_1", "task=rte", "seed=0,1", f"runtime.runs={tmp_path}"]
    assert said in refused("train", *sweep, "hydra/launcher=slurm", f"hydra.launcher.{override}")


def test_of_a_cell_that_several_jobs_met_the_one_that_did_it_is_heard() -> None:
    done, taken, failed = Ending("done"), Ending("taken"), Ending("failed", "no memory")
    assert together([{"a": taken, "b": taken}, {"a": done}, {"b": failed}]) == {"a": done, "b": failed}


def test_what_is_submitted_within_a_job_inherits_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "SLURM_NTASKS": "4",
        "SBATCH_PARTITION": "a",
        "SUBMITIT_EXECUTOR": "slurm",
        "SLURM_CONF": "/etc/slurm.conf",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with outside_of_a_job():
        assert [name for name in given if name in os.environ] == ["SLURM_CONF"]
    assert {name: os.environ[name] for name in given} == given

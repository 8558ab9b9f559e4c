"""Real runs of several tasks and prompt lengths on one rung of the miniature, and some that cannot be served there."""

from pathlib import Path

import pytest
from served import Trained
from tiny import job_of, study_of

from softscale.compose.cells import hydra_session, single
from softscale.runs.job import Job
from softscale.training.run import run

LENGTHS = {"rte": 5, "wic": 20, "boolq": 50, "multirc": 1, "squad": 12}  # rows of each task's prompt
SMALL = ("optim.steps=20", "optim.eval_every=20", "optim.batch_size=8", "data.train_records=64", "data.dev_records=16")


def trained_on_mini_1(place: Path, *overrides: str) -> str:
    """The id of a run that is trained with these overrides."""
    folders = [f"runtime.runs={place}/runs", f"runtime.results={place}/results", "logger=none"]
    with hydra_session():
        config = single(["model=mini_1", *overrides, *SMALL, *folders]).config
    job = Job.of(config, None)
    run(job)
    return job.id


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, t5_folder: Path) -> Trained:
    place = tmp_path_factory.mktemp("serve")
    ids = {task: trained_on_mini_1(place, f"task={task}", f"method.length={P}") for task, P in LENGTHS.items()}
    other = job_of(study_of(t5_folder, steps=1), place)
    run(other)
    unserved = {
        "lora": trained_on_mini_1(place, "task=rte", "method=lora"),
        "other": other.id,
        "twin": trained_on_mini_1(place, "task=rte", "method.length=3", "seed=1"),
    }
    return Trained(place / "runs", ids, unserved)

"""What the runs of a sweep will take: by the published runs of the same studies where all of them have one.

These know what cannot be told beforehand: which run ends early because it reaches `optim.stop_at`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from softscale.backbone.shape import parameters_of
from softscale.config import Study
from softscale.runs.job import PUBLISHED, Job
from softscale.runs.record import read_records

# What a step costs besides its arithmetic, in parameters: Python, Lightning, small kernels.
OVERHEAD = 300_000


@dataclass(frozen=True)
class Expected:
    """Of each run of a sweep, by id.

    work: seconds of one process where `in_seconds`, else in a unit of its own.
    steps: how many it will do.
    """

    work: dict[str, float]
    steps: dict[str, int]
    in_seconds: bool


def expected(jobs: Sequence[Job], published: Path = PUBLISHED) -> Expected:
    """Seconds and steps of the published runs, where every job has one on this kind of device; else `cost`."""
    found = {record.id: record for record in read_records(published / "records", (job.id for job in jobs), damaged=[])}
    if all(job.id in found and found[job.id].runtime["device"] == job.runtime.device for job in jobs):
        return Expected(
            work={id_: max(0.1, record.provenance["seconds"]) for id_, record in found.items()},
            steps={id_: int(record.last["step"]) for id_, record in found.items()},
            in_seconds=True,
        )
    work = {job.id: cost(job.study) for job in jobs}
    return Expected(work, {job.id: job.study.optim.steps for job in jobs}, in_seconds=False)


def cost(study: Study) -> float:
    """Relative cost of a run: steps times examples times parameters, and what every step costs besides."""
    steps = max(1, study.optim.steps)  # a run that trains nothing is scored all the same
    return steps * (OVERHEAD + study.optim.batch_size / 32 * parameters_of(study.model))

"""One job of a cluster, which takes cell after cell until none is left: a start-up for each job and not for each cell.

Several of them share a folder of runs by the locks of its cells, and need to know nothing of each other.
"""

import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from softscale.devices.available import num_workers
from softscale.devices.precision import precision_notes
from softscale.runs.job import Job
from softscale.sweeps.pool import Event, run_jobs


@dataclass(frozen=True)
class Ending:
    """How a cell ended in a cluster job: done | found | failed | refused | taken, and why."""

    kind: str
    message: str = ""


class ClusterJob:
    """What a cluster runs; it can be pickled, and begins anew where its time was over.

    jobs: the cells, in the order in which they are taken. cores: of the cluster job, for CPU.
    """

    def __init__(self, jobs: Sequence[Job], cores: int) -> None:
        self.jobs, self.cores = list(jobs), cores
        self.failures = {job.id: _failure(job) for job in jobs}

    def __call__(self, number: int) -> dict[str, Ending]:
        """Work through the cells; each that was tried here, by id. `number`: of this among equal cluster jobs."""
        signal.signal(signal.SIGTERM, _end)
        for note in precision_notes((job.study, job.runtime) for job in self.jobs):
            print(f"note: {note}", file=sys.stderr)
        tried: dict[str, Ending] = {}
        while left := [job for job in self.jobs if self._is_to_do(job) and tried.get(job.id, TAKEN) == TAKEN]:
            endings = self._tried(left)
            tried |= endings
            # Once more, for the cells of a job that was killed meanwhile; not where others hold all that is left.
            if all(ending == TAKEN for ending in endings.values()):
                break
        return tried

    def _tried(self, jobs: list[Job]) -> dict[str, Ending]:
        endings: dict[str, Ending] = {}

        def hear(event: Event) -> None:
            if event.kind != "step":
                endings[event.job.id] = TAKEN if event.kind == "taken" else Ending(event.kind, event.message)

        run_jobs(jobs, num_workers(jobs[0].runtime, self.cores), hear, self._is_to_do)
        return endings

    def _is_to_do(self, job: Job) -> bool:
        """Whether nobody has done it, or failed at it, since the cluster jobs were made."""
        return job.state() != "done" and _failure(job) == self.failures[job.id]

    def checkpoint(self, number: int) -> Any:
        """What submitit puts into the queue when this job's time is over: the same again."""
        from submitit.helpers import DelayedSubmission  # pyright: ignore[reportMissingImports] - an extra

        return DelayedSubmission(self, number)


TAKEN = Ending("taken")


def _end(number: int, _: Any) -> None:
    """Cancelled: submitit passes over this signal, and cells would be taken until Slurm kills, half a minute later."""
    sys.exit(128 + number)


def _failure(job: Job) -> int | None:
    """When the cell failed, None: it did not."""
    try:
        return (job.folder / "failure.txt").stat().st_mtime_ns
    except OSError:
        return None


def together(endings: Sequence[dict[str, Ending]]) -> dict[str, Ending]:
    """Of each cell the ending that says most, over the cluster jobs of a sweep."""
    order = ["taken", "refused", "failed", "found", "done"]
    whole: dict[str, Ending] = {}
    for each in endings:
        for id_, ending in each.items():
            if id_ not in whole or order.index(ending.kind) > order.index(whole[id_].kind):
                whole[id_] = ending
    return whole

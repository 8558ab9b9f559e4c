"""The launcher `local`: this machine, one process a core on CPU, one a GPU otherwise."""

from collections.abc import Sequence

from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from softscale.compose.cells import cell_of
from softscale.costs.fits import check_fit_together, check_fits
from softscale.devices.available import device_memory, num_workers, usable_cores
from softscale.errors import InputError
from softscale.runs.job import Job
from softscale.sweeps.expected import expected
from softscale.sweeps.pool import Event, run_jobs
from softscale.sweeps.progress import SweepProgress


class LocalLauncher(Launcher):
    """Runs cells on a pool of processes, the longest first; one line shows the progress, one each score."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    def check(self, jobs: Sequence[Job]) -> None:
        """Raises InputError where this machine has not the memory for one of the cells, or for those at once."""
        runtime = jobs[0].runtime
        if runtime.device == "cpu":
            for job in jobs:
                check_fits(job.study, job.runtime, device_memory(job.runtime))
            check_fit_together([job.study for job in jobs], runtime, num_workers(runtime, usable_cores()))

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the cells; one that fails does not stop the others, and is returned as FAILED."""
        cells = [cell_of(overrides) for overrides in job_overrides]
        jobs = [Job.of(cell.config, cell.experiment) for cell in cells]
        runtime, costs = jobs[0].runtime, expected(jobs)
        workers = num_workers(runtime, usable_cores())
        rate = min(workers, len(jobs)) if costs.in_seconds else None
        progress = SweepProgress(costs.work, costs.steps, initial_job_idx, rate)
        endings: dict[str, Event] = {}

        def tell(event: Event) -> None:
            if event.kind == "step":
                progress.at(event.job.id, event.step)
            else:
                endings[event.job.id] = event
                if event.kind == "done":
                    progress.say(score_line(event.job))
                progress.end(event.job.id, event.kind)

        try:
            run_jobs(sorted(jobs, key=lambda job: -costs.work[job.id]), workers, tell)
        finally:
            progress.close()
        ended = [endings[job.id] for job in jobs]
        return [returned(end.kind, end.message, typed) for end, typed in zip(ended, job_overrides, strict=True)]


def score_line(job: Job) -> str:
    """What a done run is and scored on dev, at its best step; or that its record is damaged, which ends no sweep."""
    study = job.study
    names = f"{study.model.name}  {study.method.name}  {study.task.name}  seed {study.seed}"
    try:
        return f"{job.id}  {names}  {job.record().selected()['dev/score']:.1%}"
    except InputError as error:
        return f"{job.id}  {names}  {error}"


def returned(kind: str, message: str, overrides: Sequence[str]) -> JobReturn:
    """Hydra's form of an ending; reading the value of a failed one raises."""
    returned = JobReturn(overrides=list(overrides), status=JobStatus.COMPLETED)
    returned.return_value = kind
    if kind in ("failed", "refused"):
        returned.status = JobStatus.FAILED
        returned.return_value = (InputError if kind == "refused" else RuntimeError)(message)
    return returned

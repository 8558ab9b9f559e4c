"""The launcher `local`: this machine, one process a core on CPU, one a GPU otherwise."""

from collections.abc import Sequence

from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from softscale.backbone.shape import parameters_of
from softscale.compose.cells import cell_of
from softscale.config import Study
from softscale.devices.available import num_workers, usable_cores
from softscale.errors import InputError
from softscale.runs.job import Job
from softscale.sweeps.pool import Event, run_jobs
from softscale.sweeps.progress import SweepProgress

# What a step costs besides its arithmetic, in parameters: Python, Lightning, small kernels.
OVERHEAD = 300_000


class LocalLauncher(Launcher):
    """Runs cells on a pool of processes, the longest first; one line shows the progress, one each score."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the cells; one that fails does not stop the others, and is returned as FAILED."""
        cells = [cell_of(overrides) for overrides in job_overrides]
        jobs = [Job.of(cell.config, cell.experiment) for cell in cells]
        work = {job.id: cost(job.study) for job in jobs}
        progress = SweepProgress(work, {job.id: job.study.optim.steps for job in jobs}, initial_job_idx)
        endings: dict[str, Event] = {}

        def tell(event: Event) -> None:
            if event.kind == "step":
                progress.at(event.job.id, event.step)
            else:
                endings[event.job.id] = event
                if event.kind == "done":
                    progress.say(score_line(event.job))
                progress.end(event.job.id, event.kind)

        runtime = jobs[0].runtime
        try:
            run_jobs(longest_first(jobs), num_workers(runtime, usable_cores()), tell)
        finally:
            progress.close()
        ended = [endings[job.id] for job in jobs]
        return [returned(end.kind, end.message, typed) for end, typed in zip(ended, job_overrides, strict=True)]


def score_line(job: Job) -> str:
    """What a done run is and scored on dev, at its best step; or that its record is damaged, which ends no sweep."""
    study = job.study
    names = f"{study.model.name}  {study.method.name}  {study.task.name}  seed {study.seed}"
    try:
        return f"{job.id}  {names}  {job.record().best['dev/score']:.1%}"
    except InputError as error:
        return f"{job.id}  {names}  {error}"


def longest_first(jobs: Sequence[Job]) -> list[Job]:
    """So that no long run begins when all others are over."""
    return sorted(jobs, key=lambda job: -cost(job.study))


def cost(study: Study) -> float:
    """Relative cost of a run: steps times examples times parameters, and what every step costs besides."""
    steps = max(1, study.optim.steps)  # a run that trains nothing is scored all the same
    return steps * (OVERHEAD + study.optim.batch_size / 32 * parameters_of(study.model))


def returned(kind: str, message: str, overrides: Sequence[str]) -> JobReturn:
    """Hydra's form of an ending; reading the value of a failed one raises."""
    returned = JobReturn(overrides=list(overrides), status=JobStatus.COMPLETED)
    returned.return_value = kind
    if kind in ("failed", "refused"):
        returned.status = JobStatus.FAILED
        returned.return_value = (InputError if kind == "refused" else RuntimeError)(message)
    return returned

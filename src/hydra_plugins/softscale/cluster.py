"""The launcher `slurm`: a few cluster jobs, each of which works through the cells of a sweep."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import MISSING, DictConfig, OmegaConf

from hydra_plugins.softscale.launcher import returned, score_line
from softscale.compose.cells import cell_of
from softscale.config import at_least, one_of, schema
from softscale.errors import InputError
from softscale.runs.job import Job
from softscale.sweeps.cluster_job import ClusterJob, Ending, together
from softscale.sweeps.expected import expected
from softscale.sweeps.progress import SweepProgress
from softscale.sweeps.queue import waiting_or_running

PATIENCE = 2.0  # seconds between two looks at the folders of the runs
QUEUE_PATIENCE = 10.0  # and at the queue, which all users of a cluster share
SHARED = ("cpus_per_task", "gpus_per_node", "timeout_min", "mem_gb")  # what submitit calls alike on every engine
OWN = ("engine", "jobs", "max_num_timeout")
LEAST = dict.fromkeys(("jobs", "cpus_per_task", "timeout_min", "gpus_per_node"), 1) | {
    "max_num_timeout": 0,
    "signal_delay_s": 0,
}


@schema("hydra/launcher", "slurm")
@dataclass(kw_only=True)
class SlurmConfig:
    """The values, and what each is, are in conf/hydra/launcher/slurm.yaml."""

    _target_: str = "hydra_plugins.softscale.cluster.ClusterLauncher"
    engine: str = MISSING
    jobs: int = MISSING
    cpus_per_task: int = MISSING
    gpus_per_node: int | None = MISSING
    timeout_min: int = MISSING
    max_num_timeout: int = MISSING
    signal_delay_s: int = MISSING
    partition: str | None = MISSING
    account: str | None = MISSING
    qos: str | None = MISSING
    constraint: str | None = MISSING
    exclude: str | None = MISSING
    gres: str | None = MISSING
    mem_gb: int | None = MISSING
    setup: list[str] | None = MISSING
    additional_parameters: dict[str, Any] = MISSING


class ClusterLauncher(Launcher):
    """Submits cluster jobs by submitit, shows what they finish, and ends when all of them are over."""

    def __init__(self, **options: Any) -> None:
        """Raises InputError where a count is out of range. The options are those of `SlurmConfig`."""
        self.options: dict[str, Any] = OmegaConf.to_container(OmegaConf.create(options))  # type: ignore[assignment]
        self.engine, self.reasons = self.options["engine"], {}
        one_of("hydra.launcher.engine", self.engine, ("slurm", "local"))
        for name, least in LEAST.items():
            if self.options[name] is not None:
                at_least(f"hydra.launcher.{name}", self.options[name], least)
        delay, limit = self.options["signal_delay_s"], 60 * self.options["timeout_min"]
        if delay >= limit:
            raise InputError(
                f"hydra.launcher.signal_delay_s={delay} is not allowed: it must be less than the time limit ({limit} "
                "s), or a job is put back as it begins"
            )

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.config = config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the cells; one that fails does not stop the others, and is returned as FAILED."""
        cells = [cell_of(overrides) for overrides in job_overrides]
        jobs = [Job.of(cell.config, cell.experiment) for cell in cells]
        work = expected(jobs).work
        submitted = self._submit(sorted(jobs, key=lambda job: -work[job.id]))
        names = ", ".join(each.job_id for each in submitted)
        print(f"cluster jobs {names}, which log to {submitted[0].paths.folder}", file=sys.stderr)
        try:
            self._watch(submitted, jobs, initial_job_idx)
        except BaseException:
            print(f"softscale: the cluster jobs {names} go on without this process", file=sys.stderr)
            raise
        endings, lost = _endings(submitted)
        made = [_ending(job, endings.get(job.id), lost) for job in jobs]
        return [returned(end.kind, end.message, typed) for end, typed in zip(made, job_overrides, strict=True)]

    def _submit(self, jobs: list[Job]) -> list[Any]:
        """The cluster jobs, as submitit's. Raises InputError where there is no cluster, or it refuses them."""
        try:
            import submitit  # pyright: ignore[reportMissingImports] - an extra
        except ImportError as error:
            raise InputError("hydra/launcher=slurm needs an extra: pip install 'softscale[slurm]'") from error
        folder = Path(jobs[0].runtime.runs).absolute() / ".logs" / "cluster"
        work = ClusterJob(jobs, self.options["cpus_per_task"])
        try:
            executor = submitit.AutoExecutor(folder, cluster=self.engine, **self._prefixed("max_num_timeout"))
            executor.update_parameters(name="softscale", **self._parameters())
            return executor.map_array(work, range(min(self.options["jobs"], len(jobs))))
        except (RuntimeError, ValueError, TypeError) as error:  # as submitit raises them
            raise InputError(f"hydra/launcher=slurm: no job could be submitted ({_last_line(error)})") from error

    def _parameters(self) -> dict[str, Any]:
        """What is asked of the cluster, as submitit names it; what is null is left to the cluster."""
        given = {name: value for name, value in self.options.items() if name not in OWN}
        given = {name: value for name, value in given.items() if value not in (None, {}, [])}
        shared = {name: value for name, value in given.items() if name in SHARED}
        if self.engine != "slurm":
            return shared
        return shared | self._prefixed(*(name for name in given if name not in SHARED))

    def _prefixed(self, *names: str) -> dict[str, Any]:
        return {f"{self.engine}_{name}": self.options[name] for name in names}

    def _watch(self, submitted: list[Any], jobs: list[Job], done_before: int) -> None:
        """Show each cell that is done, until all cluster jobs are over."""
        costs = expected(jobs)
        progress = SweepProgress(costs.work, costs.steps, done_before)
        running, looked = {each.job_id: each for each in submitted}, time.monotonic()
        try:
            while running:
                time.sleep(PATIENCE)
                over = {id_ for id_, each in running.items() if each.paths.result_pickle.exists()}
                if time.monotonic() - looked > QUEUE_PATIENCE:
                    over |= self._gone(running)
                    looked = time.monotonic()
                for job in jobs:
                    if job.id not in progress.finished and job.state() == "done":
                        progress.say(score_line(job))
                        progress.end(job.id, "done")
                running = {id_: each for id_, each in running.items() if id_ not in over}
        finally:
            progress.close()

    def _gone(self, running: dict[str, Any]) -> set[str]:
        """Cluster jobs that ended without a result: cancelled, out of time, or on a node that failed."""
        if self.engine != "slurm":
            return {id_ for id_, each in running.items() if each.done()}
        queued = waiting_or_running(running)
        for id_, reason in queued.items():
            if reason and self.reasons.get(id_) != reason:
                print(f"cluster job {id_} waits ({reason})", file=sys.stderr)
        self.reasons = queued
        return set(running) - set(queued)


def _endings(submitted: list[Any]) -> tuple[dict[str, Ending], list[str]]:
    """What the cluster jobs say of the cells, and of each that says nothing why, with its log."""
    said, lost = [], []
    for each in submitted:
        why = "it was cancelled, its time was over, or its node failed"
        if each.paths.result_pickle.exists():
            try:
                said.append(each.result())
                continue
            except Exception as error:  # whatever happened there
                why = _last_line(error)
        lost.append(f"cluster job {each.job_id} ended without a result ({why}); see {each.paths.stderr}")
    return together(said), lost


def _ending(job: Job, ending: Ending | None, lost: list[str]) -> Ending:
    """Of a cell of which no cluster job says how it ended, what its folder says."""
    if ending and (ending.kind != "taken" or not lost):
        return ending
    if job.state() == "done":
        return Ending("done")
    return Ending("failed", lost[0] if lost else "no cluster job took it")


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__

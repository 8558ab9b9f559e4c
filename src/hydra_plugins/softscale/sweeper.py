"""The sweeper `cells`: every cell is checked before any starts, and only those that are not done are launched."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_plugins.softscale.launcher import LocalLauncher, returned
from softscale.compose.cells import cells
from softscale.devices.precision import precision_notes
from softscale.errors import InputError
from softscale.files import writable
from softscale.runs.job import Job, remove_published_leftovers
from softscale.sweeps.queue import outside_of_a_job


@dataclass(frozen=True)
class Outcome:
    """How a sweep ended: ids of cells, and why those that failed did."""

    done_before: list[str]  # or by another process in the meantime
    done_now: list[str]
    taken: list[str]  # being run by another process
    failed: dict[str, Exception]
    notes: dict[str, int]  # what is no error but must be known, and in how many of the new runs


class CellSweeper(Sweeper):
    """Works in front of any launcher, a cluster's too: a finished cell is never submitted."""

    def __init__(self, params: dict[str, str] | None = None, grids: list[dict[str, str]] | None = None) -> None:
        self.params, self.grids = params, grids  # read from the configuration by compose/cells.py

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.config = config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Outcome:
        """Run what is not done yet."""
        unique = {}
        for cell in cells(arguments):
            unique.setdefault(Job.of(cell.config, cell.experiment).id, cell)
        jobs = {id_: Job.of(cell.config, cell.experiment) for id_, cell in unique.items()}
        states = {id_: job.state() for id_, job in jobs.items()}
        counts = ", ".join(f"{count} {state}" for state, count in Counter(states.values()).items())
        print(f"{len(jobs)} cells: {counts}", file=sys.stderr)
        for results in {Path(job.runtime.results) for job in jobs.values()}:
            remove_published_leftovers(results)
        done, failed, _ = _published({id_: jobs[id_] for id_, state in states.items() if state == "done"})
        todo = [id_ for id_ in jobs if states[id_] != "done"]
        if todo and isinstance(self.launcher, LocalLauncher):
            self.launcher.check([jobs[id_] for id_ in todo])
            for note in precision_notes((jobs[id_].study, jobs[id_].runtime) for id_ in todo):
                print(f"note: {note}", file=sys.stderr)
        for runs in {Path(jobs[id_].runtime.runs) for id_ in todo}:
            writable(runs / ".logs")
        returns: list[JobReturn] = []
        assert self.launcher is not None
        if todo:
            returns = self._launched({id_: unique[id_].overrides for id_ in todo}, jobs, len(done))
        ended = dict(zip(todo, returns, strict=True))
        failed |= {id_: ending._return_value for id_, ending in ended.items() if ending.status == JobStatus.FAILED}
        how = {id_: ending.return_value for id_, ending in ended.items() if id_ not in failed}
        taken = [id_ for id_, value in how.items() if value == "taken"]
        found = [id_ for id_, value in how.items() if value == "found"]
        now, damaged, notes = _published({id_: jobs[id_] for id_ in how if id_ not in (*taken, *found)})
        meanwhile = [*found, *(id_ for id_ in taken if jobs[id_].state() == "done")]
        left = [id_ for id_ in taken if id_ not in meanwhile]
        return Outcome([*done, *meanwhile], now, left, failed | damaged, notes)

    def _launched(
        self, overrides: Mapping[str, Sequence[str]], jobs: Mapping[str, Job], done_before: int
    ) -> list[JobReturn]:
        """How the cells ended, by the launcher; where its engine gave up, by what is in their folders."""
        assert self.launcher is not None
        typed = [list(each) for each in overrides.values()]
        try:
            with outside_of_a_job():
                return list(self.launcher.launch(typed, done_before))
        except Exception as error:
            if not _of_an_engine(error):
                raise
            ended = [
                ("done", "") if jobs[id_].state() == "done" else ("failed", _first_line(error)) for id_ in overrides
            ]
        return [returned(kind, message, line) for (kind, message), line in zip(ended, typed, strict=True)]


def _of_an_engine(error: Exception) -> bool:
    """Whether a cluster's library raised it, of a job of its that was lost or refused."""
    return type(error).__module__.partition(".")[0] in ("submitit", "ray")


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split("\n\n")[0].split()) or type(error).__name__


def _published(jobs: Mapping[str, Job]) -> tuple[list[str], dict[str, Exception], Counter[str]]:
    """Publish done runs: the ids of those that are whole, what is wrong with the others, and the notes of the first."""
    whole: list[str] = []
    damaged: dict[str, Exception] = {}
    notes: Counter[str] = Counter()
    for id_, job in jobs.items():
        try:
            notes.update(job.publish().notes)
            whole.append(id_)
        except InputError as error:
            damaged[id_] = error
    return whole, damaged, notes

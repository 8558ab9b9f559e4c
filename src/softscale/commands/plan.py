"""usage: softscale plan experiment=… [key=value …]

What an experiment (or a sweep typed out, or one study) would cost, before anything is spent and without weights: for
each model and method its cells by state, those that other experiments share, trained parameters, FLOPs, memory and the
devices that have it, and hours.

  softscale plan experiment=paper/figure_1_scale
  softscale plan model=t5_xl_lm,t5_xxl_lm data=hub task=boolq,rte model.dtype=bf16
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from softscale.composition import cells, hydra_session
from softscale.config import ROOT
from softscale.errors import InputError
from softscale.job import Job
from softscale.plan import groups_of, written_plan
from softscale.record import read_records
from softscale.refusals import refusal


def main(arguments: Sequence[str]) -> int:
    overrides = [argument for argument in arguments if argument not in ("-m", "--multirun")]
    with hydra_session():
        jobs = _jobs(overrides)
        others, refused = _shared(jobs, overrides)
    results = Path(next(iter(jobs.values())).runtime.results) / "records"
    records = read_records(results, (path.stem for path in sorted(results.glob("*.json"))))
    groups = groups_of(list(jobs.values()), set().union(*others.values()), records)
    print(written_plan(groups, {name: len(ids) for name, ids in others.items()}))
    for name, why in refused.items():
        print(f"{name} was not compared: {why}")
    return 0


def _jobs(overrides: Sequence[str]) -> dict[str, Job]:
    """The jobs of a sweep by id, each once."""
    jobs: dict[str, Job] = {}
    for cell in cells(overrides):
        job = Job.of(cell.config, cell.experiment)
        jobs.setdefault(job.id, job)
    return jobs


def _others(jobs: dict[str, Job]) -> list[str]:
    """The other experiments of the same ladder; of all where no experiment was named."""
    own = next(iter(jobs.values())).experiment
    folder = ROOT / "experiments"
    tasks = {job.study.task.name for job in jobs.values()}
    names = sorted(
        str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.yaml") if _may_share(path, tasks)
    )
    return [name for name in names if name != own and (own is None or Path(name).parent == Path(own).parent)]


def _may_share(path: Path, tasks: set[str]) -> bool:
    """Whether an experiment could have a cell of one of these tasks: composing it, which is slow, tells for certain."""
    told: Any = OmegaConf.to_container(OmegaConf.load(path))
    sweeper = told.get("hydra", {}).get("sweeper", {})
    grids = [{**(sweeper.get("params") or {}), **grid} for grid in sweeper.get("grids") or [{}]]
    fixed = [each["override /task"] for each in told.get("defaults", []) if "override /task" in each]
    named = [grid.get("task", ",".join(fixed)) for grid in grids]
    return not all(named) or bool(tasks & set(",".join(named).split(",")))


def _shared(jobs: dict[str, Job], overrides: Sequence[str]) -> tuple[dict[str, set[str]], dict[str, str]]:
    """By other experiment: the ids that it has in common with `jobs`, or why it cannot be composed.

    The overrides that say where data and weights are hold for it too.
    """
    where = [told for told in overrides if told.startswith(("data", "model.dtype", "runtime"))]
    shared, refused = {}, {}
    for name in _others(jobs):
        try:
            shared[name] = set(_jobs([f"experiment={name}", *where])) & set(jobs)
        except (InputError, HydraException, OmegaConfBaseException) as error:
            refused[name] = str(refusal(error) if not isinstance(error, InputError) else error)
    return shared, refused

"""usage: softscale train [-m] [--cfg] [key=value …]

Trains one study, or every cell of a sweep (several values for a key, or experiment=…). What is done is not done again,
what was interrupted goes on, what failed is tried again. The record is in runs/<id>/ and results/records/.
--cfg prints the configuration instead.

  softscale train model=mini_1 task=rte method.length=20 seed=1
  softscale train -m method.length=1,5,20 seed=0,1,2
  softscale train experiment=miniature/figure_1_first_look
  softscale train task=squad transfer=[duorc,race] data=local data.root=DIR
  softscale train task=custom task.template="review: {text}" task.target=label task.labels='{0: bad, 1: good}' \\
    data=custom data.train=reviews.csv data.dev=reviews_dev.csv
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from hydra_plugins.softscale.sweeper import Outcome
from softscale.commands.counted import counted
from softscale.compose.cells import config_of, hydra_session, is_sweep, single, yaml_of
from softscale.compose.overrides import read
from softscale.devices.precision import precision_notes
from softscale.errors import InputError
from softscale.metrics.bootstrap import over_seeds
from softscale.runs.job import Job, remove_published_leftovers
from softscale.runs.record import Record
from softscale.sweeps.output import lasting_output
from softscale.sweeps.progress import SweepProgress, duration
from softscale.training.libraries import load_libraries
from softscale.training.startable import check_startable

OPTIONS = ("-m", "--multirun", "--cfg")


def main(arguments: Sequence[str]) -> int:
    options = [argument for argument in arguments if argument.startswith("-")]
    overrides = [argument for argument in arguments if argument not in options]
    for option in options:
        if option not in OPTIONS:
            raise InputError(f"{option} is not an option of train: it takes {', '.join(OPTIONS)} and key=value")
    for override in overrides:
        if "=" not in override and not override.startswith("~"):
            raise InputError(f"{override} is not an override: write key=value")
    with hydra_session():
        if "--cfg" in options:
            print(yaml_of(overrides), end="")
            return 0
        with lasting_output():
            return _sweep(overrides) if options or is_sweep(overrides) else _one(overrides)


def _one(overrides: Sequence[str]) -> int:
    cell = single(overrides)
    job = Job.of(cell.config, cell.experiment)
    check_startable(job)
    load_libraries(job.wandb)  # seconds, after what is refused at once
    from softscale.training.run import Taken, attempt

    before = job.state()
    if before != "to do":
        print(f"{job.id}  {before}", file=sys.stderr)
    if before != "done":
        for note in precision_notes([(job.study, job.runtime)]):
            print(f"note: {note}", file=sys.stderr)
    progress = SweepProgress({job.id: 1.0}, {job.id: job.study.optim.steps}, 0)
    remove_published_leftovers(Path(job.runtime.results))
    try:
        record, own = attempt(job, lambda step: progress.at(job.id, step))
    except Taken as taken:
        print(f"softscale: {taken}", file=sys.stderr)
        return 1
    except InputError:
        raise
    except Exception as error:
        failure = job.folder / "failure.txt"
        if not failure.exists():
            raise
        print(f"softscale: the run failed ({type(error).__name__}: {error}); see {failure}", file=sys.stderr)
        return 1
    finally:
        progress.close()
    _say(record, job, trained=own)
    return 0


def _say(record: Record, job: Job, trained: bool) -> None:
    """The summary of one run."""
    for note in record.notes:
        print(f"note: {note}", file=sys.stderr)
    metrics = {k: v for k, v in record.best.items() if k.startswith("dev/")} | record.transfer
    scores = "  ".join(f"{name} {score:.1%}{_interval(record, name, score)}" for name, score in metrics.items())
    counts = record.parameters
    print(f"{record.id}  best at step {record.best['step']}: {scores}")
    took = duration(record.provenance["seconds"])
    if record.last["step"]:
        how = "trained" if trained else "was trained before:"
        print(f"{how} {counts['trained']:,} of {counts['total']:,} parameters in {took}")
    else:
        print(f"scored as it starts in {took}; nothing was trained")
    print(f"record: {job.published}")


def _interval(record: Record, name: str, score: float) -> str:
    """` [45.1, 52.9]`, the 95 % interval over examples in percent; nothing where its resamples are not recorded."""
    key = name.removesuffix("/score")
    if key not in record.resampled:
        return ""
    low, high = over_seeds([score], [record.resampled[key]], name).interval()
    return f" [{100 * low:.1f}, {100 * high:.1f}]"


def _refuse_counted(overrides: Sequence[str]) -> None:
    """Raises InputError where the experiment's page is counted: training its cells would make nothing that it shows."""
    experiment = counted(overrides)
    if experiment:
        raise InputError(f"experiment={experiment} is counted, not trained: softscale report experiment={experiment}")


def _sweep(overrides: Sequence[str]) -> int:
    _refuse_counted(overrides)
    started = time.monotonic()
    hydra = GlobalHydra.instance().hydra
    assert hydra is not None
    lines = [str(override.input_line) for override in read(overrides)]
    outcome: Outcome = hydra.multirun("config", task, lines, with_log_configuration=False)
    print(
        f"{len(outcome.done_now)} cells trained in {duration(time.monotonic() - started)}, "
        f"{len(outcome.done_before)} done before, {len(outcome.failed)} failed"
        + (f", {len(outcome.taken)} being run by another process" if outcome.taken else ""),
        file=sys.stderr,
    )
    for note, count in outcome.notes.items():
        print(f"note: {note} ({count} runs)", file=sys.stderr)
    for id_, error in outcome.failed.items():
        print(f"  {id_}  {error}", file=sys.stderr)
    if not outcome.failed:
        return 0
    return 2 if all(isinstance(error, InputError) for error in outcome.failed.values()) else 1


def task(composed: DictConfig) -> Any:
    """What a cluster's launcher runs for one cell."""
    job = Job.of(config_of(composed), HydraConfig.get().runtime.choices.get("experiment"))
    load_libraries(job.wandb)
    from softscale.training.run import Taken, attempt

    try:
        _, own = attempt(job)
    except Taken:
        return "taken"
    return "done" if own else "found"

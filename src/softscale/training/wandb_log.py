"""Weights & Biases as a copy of the record: offline by default, run id = fingerprint, group = experiment.

The record is the source of truth; what stops the copy is a note.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import WandbLogger

from softscale.config import Study, WandbConfig
from softscale.runs.record import Record
from softscale.training.wandb_run import begun, forget, line_of, mode_of


class WandbCopy(WandbLogger):
    """Logs while it can; what stops it becomes a note, once."""

    def __init__(self, run: Any, notes: list[str]) -> None:
        super().__init__(experiment=run)
        self.notes, self.lost = notes, False

    def attempt(self, action: Callable[[], object]) -> None:
        """Do something with the run of W&B, while that answers."""
        if self.lost:
            return
        try:
            action()
        except Exception as error:  # of a socket, a process or a server: none of it is ours
            self.lost = True
            self.notes.append(f"W&B stopped ({line_of(error)}): what came after that is in the record only")
            forget()

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        self.attempt(lambda: WandbLogger.log_metrics(self, metrics, step))

    def log_hyperparams(self, *arguments: Any, **options: Any) -> None:
        """Nothing: the study was given when the run began."""

    def log_graph(self, *arguments: Any, **options: Any) -> None:
        """Nothing."""

    def finalize(self, status: str) -> None:
        """Nothing: `wandb_run` ends the run."""


@contextmanager
def wandb_run(
    id_: str, config: WandbConfig, experiment: str | None, study: Study, folder: Path, notes: list[str]
) -> Iterator[WandbCopy | None]:
    """A logger for one run, closed afterwards; None where logging is off. What fails goes into `notes`."""
    words = {"id": id_, "name": name_of(study), "group": experiment, "config": asdict(study)}
    run = begun(replace(config, mode=mode_of(config)), folder, notes, **words)
    if run is None:
        yield None
        return
    logger = WandbCopy(run, notes)
    try:
        yield logger
    finally:
        logger.attempt(run.finish)


def name_of(study: Study) -> str:
    return f"{study.model.name} {study.method.name} {study.task.name} seed {study.seed}"


def summarise(logger: WandbCopy | None, record: Record) -> None:
    """Put the record's scores and counts into the run's summary."""
    if logger:
        parts = {"best": record.selected(), "last": record.last, "parameters": record.parameters}
        values = {f"{part}/{key}": value for part, values in parts.items() for key, value in values.items()}
        logger.attempt(lambda: logger.experiment.summary.update(values | record.transfer))

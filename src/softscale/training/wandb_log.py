"""Weights & Biases as a copy of the record: offline by default, run id = fingerprint, group = experiment.

The record is the source of truth; nothing here may fail a run or wait for a network.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import WandbLogger

from softscale.config import Study, WandbConfig
from softscale.errors import InputError
from softscale.runs.record import Record


@contextmanager
def wandb_run(
    id_: str, config: WandbConfig, experiment: str | None, study: Study, folder: Path
) -> Iterator[WandbLogger | None]:
    """A logger for one run, closed afterwards; None where logging is off."""
    if config.mode == "disabled":
        yield None
        return
    from wandb.errors import UsageError

    try:
        run = _start(id_, config, experiment, study, folder)
    except UsageError as error:
        why = str(error).splitlines()[0]
        raise InputError(f"wandb.mode={config.mode} is not allowed here: {why}; or use wandb.mode=offline") from error
    try:
        yield WandbLogger(experiment=run)
    finally:
        run.finish()


def _start(id_: str, config: WandbConfig, experiment: str | None, study: Study, folder: Path) -> Any:
    import wandb

    return wandb.init(
        project=config.project,
        entity=config.entity,
        id=id_,
        name=name_of(study),
        group=experiment,
        mode="offline" if config.mode == "offline" else "online",
        dir=folder,
        config=asdict(study),
        resume="allow" if config.mode == "online" else None,
        settings=wandb.Settings(console="off", silent=True, x_disable_stats=True, x_save_requirements=False),
    )


def name_of(study: Study) -> str:
    return f"{study.model.name} {study.method.name} {study.task.name} seed {study.seed}"


def summarise(logger: WandbLogger | None, record: Record) -> None:
    """Put the record's scores and counts into the run's summary."""
    if logger:
        parts = {"best": record.best, "last": record.last, "parameters": record.parameters}
        logger.experiment.summary.update(
            {f"{part}/{key}": value for part, values in parts.items() for key, value in values.items()}
            | record.transfer
        )

"""Weights & Biases as a copy of the record: offline by default, run id = fingerprint, group = experiment.

The record is the source of truth; nothing here may fail a run or wait for a network.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import WandbLogger

from softscale.config import Study, WandbConfig
from softscale.errors import InputError
from softscale.runs.record import Record
from softscale.training.wandb_mode import mode_of

INIT_SECONDS = 20.0  # for an answer of the server
_unreachable: list[str] = []  # why the server was not; the next cells of this process do not wait for it again


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
            self.notes.append(f"W&B stopped ({_line(error)}): what came after that is in the record only")
            _forget()

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
    run = _begun(id_, replace(config, mode=mode_of(config)), experiment, study, folder, notes)
    if run is None:
        yield None
        return
    logger = WandbCopy(run, notes)
    try:
        yield logger
    finally:
        logger.attempt(run.finish)


def _begun(id_: str, config: WandbConfig, experiment: str | None, study: Study, folder: Path, notes: list[str]) -> Any:
    """The run of W&B: offline where the server does not answer, None where that fails too, or where logging is off."""
    if config.mode == "disabled":
        return None
    from wandb.errors import UsageError

    if config.mode == "online" and not _unreachable:
        try:
            return _start(id_, config, experiment, study, folder)
        except UsageError as error:
            why = str(error).splitlines()[0]
            raise InputError(f"wandb.mode=online is not allowed here: {why}; or use wandb.mode=offline") from error
        except Exception as error:
            _unreachable.append(_line(error))
            _forget()
    if config.mode == "online":
        notes.append(f"W&B could not go online ({_unreachable[0]}): it is offline, and wandb sync sends it later")
    try:
        return _start(id_, replace(config, mode="offline"), experiment, study, folder)
    except Exception as error:
        notes.append(f"W&B did not begin ({_line(error)}): what it would hold is in the record only")
        _forget()
        return None


def _forget() -> None:
    """End what is left of W&B in this process, so that the next run begins anew and Python ends without it."""
    import wandb

    with suppress(Exception):
        wandb.teardown()


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


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
        settings=wandb.Settings(
            console="off", silent=True, x_disable_stats=True, x_save_requirements=False, init_timeout=INIT_SECONDS
        ),
    )


def name_of(study: Study) -> str:
    return f"{study.model.name} {study.method.name} {study.task.name} seed {study.seed}"


def summarise(logger: WandbCopy | None, record: Record) -> None:
    """Put the record's scores and counts into the run's summary."""
    if logger:
        parts = {"best": record.best, "last": record.last, "parameters": record.parameters}
        values = {f"{part}/{key}": value for part, values in parts.items() for key, value in values.items()}
        logger.attempt(lambda: logger.experiment.summary.update(values | record.transfer))

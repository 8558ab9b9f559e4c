"""A run that is asked for: its identity, its folder, and the state that the files there tell.

`runs/<id>/` holds nothing = to do, `last.ckpt` = interrupted, `failure.txt` = failed, `record.json` = done.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from filelock import FileLock

from softscale.config import Config, Runtime, Study, WandbConfig
from softscale.errors import InputError
from softscale.files import remove_leftovers, writable, write_atomically
from softscale.runs.fingerprint import fingerprint
from softscale.runs.published_predictions import publish_predictions
from softscale.runs.record import Record, read_record

PUBLISHED = Path("results")  # in a clone: what is committed, and what runs that are made again are held against


@dataclass(frozen=True)
class Job:
    """A study, how to run it, and the experiment in whose name it is logged."""

    study: Study
    runtime: Runtime
    wandb: WandbConfig
    experiment: str | None = None

    @classmethod
    def of(cls, config: Config, experiment: str | None) -> "Job":
        return cls(config.study(), config.runtime, config.wandb, experiment)

    @cached_property
    def id(self) -> str:
        return fingerprint(self.study)

    @property
    def folder(self) -> Path:
        return Path(self.runtime.runs) / self.id

    @property
    def published(self) -> Path:
        """Where the copy of the record is that tables are made from."""
        return Path(self.runtime.results) / "records" / f"{self.id}.json"

    @property
    def published_predictions(self) -> Path:
        """Where the copy of its predictions is that votes are made from; a mixture of tasks has none."""
        return Path(self.runtime.results) / "predictions" / f"{self.id}.jsonl.gz"

    def lock(self) -> FileLock:
        """Who is within it is the only one that runs this cell and writes its folder; filelock.Timeout: another is."""
        return FileLock(writable(Path(self.runtime.runs) / ".locks") / f"{self.id}.lock", timeout=0)

    def remove_partial_files(self) -> None:
        """Remove what a killed attempt left in the middle of a write; called within the lock only."""
        for path in self.folder.glob(".*.part"):
            path.unlink()

    def state(self) -> str:
        """done, failed, interrupted or to do, by which files are in the run's folder."""
        for name, state in (("record.json", "done"), ("failure.txt", "failed"), ("last.ckpt", "interrupted")):
            if (self.folder / name).exists():
                return state
        return "to do"

    def record(self) -> Record:
        """The record of a done run. Raises InputError where it is damaged."""
        return read_record(self.folder / "record.json")

    def publish(self) -> Record:
        """The record of a done run, copied to where tables are made from (a kill may have come between the two).

        Its predictions go first, where they are still those that the record was made with; a page whose numbers need
        them says where they are not. What attempts left that a record makes useless is removed.

        Raises:
            InputError: the record is damaged; nothing was touched.
        """
        record = self.record()
        for name in ("last.ckpt", "failure.txt"):
            (self.folder / name).unlink(missing_ok=True)
        remove_leftovers(self.folder)
        predictions = self.folder / "predictions.jsonl"
        if predictions.exists():
            lines = predictions.read_bytes()
            if hashlib.sha256(lines).hexdigest() == record.predictions.get("sha256"):
                publish_predictions(lines, self.published_predictions)
        content = (self.folder / "record.json").read_bytes()
        if not self.published.exists() or self.published.read_bytes() != content:
            write_atomically(self.published, content)
        return record


def states_of(jobs: Mapping[str, Job], notes: list[str]) -> dict[str, str]:
    """The state of each job by its id, where a done one whose record cannot be read is `damaged`, as `notes` say."""
    states = {id_: job.state() for id_, job in jobs.items()}
    for id_ in [id_ for id_, state in states.items() if state == "done"]:
        try:
            jobs[id_].record()
        except InputError as error:
            states[id_] = "damaged"
            notes.append(str(error))
    return states


def remove_published_leftovers(results: Path) -> None:
    """Remove what copies that were killed left beside the published records and predictions."""
    for folder in ("records", "predictions"):
        remove_leftovers(results / folder)

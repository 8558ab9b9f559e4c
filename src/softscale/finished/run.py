"""A finished run, back from its folder: its record, its typed study, and what it trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from softscale import methods, sources, tasks
from softscale.config import Study
from softscale.errors import InputError
from softscale.formats.tensors import load_checkpoint
from softscale.runs.record import Record, read_record
from softscale.runs.recorded_study import study_of

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Finished:
    """record: as it was written. tensors: of the best step, by name, in the form in which they are used."""

    record: Record
    study: Study
    tensors: dict[str, Tensor]

    @property
    def id(self) -> str:
        return self.record.id


def finished(run: str, runs: Path) -> Finished:
    """The run of that id below `runs`.

    Raises:
        InputError: there is no such run, or it is not done, or its files are damaged.
    """
    folder = runs / run
    if not (folder / "record.json").is_file():
        raise InputError(f"run={run} is not allowed: there is no finished run in {folder}")
    methods.register()
    sources.register()
    tasks.register()
    record = read_record(folder / "record.json")
    tensors, _ = load_checkpoint(folder / "best.safetensors")
    return Finished(record=record, study=study_of(record.study), tensors=tensors)

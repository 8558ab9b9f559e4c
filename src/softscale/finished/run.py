"""A finished run, back from its folder: its record, its typed study, and what it trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    """record: as it was written. tensors: of the best step, by name, in the form in which they are used.

    study: as it was, but for where its model is now.
    """

    record: Record
    study: Study
    tensors: dict[str, Tensor]

    @property
    def id(self) -> str:
        return self.record.id


def finished(run: str, runs: Path, model: str | None = None) -> Finished:
    """The run of that id below `runs`.

    model: the folder where its model is now, where that was moved.

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
    study = study_of(record.study)
    if model is not None:
        study.model = replace(study.model, source="folder", path=model, revision=None)
    return Finished(record=record, study=study, tensors=tensors)

"""A folder with official downloads: SuperGLUE, GLUE, SQuAD v1.1 and MRQA, each in the layout in which it is published.

A task names the files that it may have (tasks/official_files.py); the first that is there is read, by the
reader of its form.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from softscale.config import DataConfig, schema
from softscale.errors import InputError
from softscale.sources.readers.examples import read_examples
from softscale.sources.readers.glue_tsv import glue_tsv, short_lines_of
from softscale.sources.readers.json_lines import json_lines
from softscale.sources.readers.squad_json import squad_json
from softscale.sources.source import Source, first, named_split, official
from softscale.tasks import Example, Task

SHOWN = 5  # numbers of lines in a note


@schema("data", "local")
@dataclass(kw_only=True)
class LocalConfig(DataConfig):
    root: str = MISSING

    def open(self) -> "LocalSource":
        return LocalSource(self.root)


class LocalSource(Source):
    def __init__(self, root: str | Path) -> None:
        self._root = Path(root).expanduser()

    def examples(self, task: Task, split: str, limit: int | None = None) -> list[Example]:
        path = self._root / self._file(task, split)
        empty = f"{path} has no records, but it must hold the official data of task={task.name}"
        return first(read_examples(path, _records(path, task), task, split, empty), limit)

    def version(self, task: Task, split: str) -> str:
        path = (self._root / self._file(task, split)).resolve()
        return f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"

    def size(self, task: Task, split: str) -> int:
        return (self._root / self._file(task, split)).stat().st_size

    def notes(self, task: Task, split: str) -> list[str]:
        file = self._file(task, split)
        if not official(task).short_lines:
            return []
        short = short_lines_of(self._root / file)
        shown = ", ".join(map(str, short[:SHOWN])) + (", …" if len(short) > SHOWN else "")
        return [f"{len(short)} line(s) of {file} lack columns and were left out: {shown}"] if short else []

    def _file(self, task: Task, split: str) -> str:
        """The task's file that is there, as a path below the root."""
        dataset = official(task)
        names = named_split(task, split, dataset.files)
        if not self._root.is_dir():
            raise InputError(
                f"data.root is {self._root}, but it must be a folder with the official data of {task.name}"
            )
        for name in names:
            found = _found(self._root, name)
            if found:
                return found
        layout = " and ".join(" or ".join(files) for files in dataset.files.values())
        raise InputError(f"there is no file {self._root / names[0]}; for task={task.name} data.root must hold {layout}")


def _found(root: Path, name: str) -> str | None:
    """`name` where it is a file below `root`, with its folder in any case (MRPC, mrpc)."""
    if (root / name).is_file():
        return name
    folder, _, file = name.rpartition("/")
    here = sorted(path.name for path in root.iterdir() if path.name.lower() == folder.lower() and path.is_dir())
    return next((f"{other}/{file}" for other in here if (root / other / file).is_file()), None)


def _records(path: Path, task: Task) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and official record, by the reader of the file's form."""
    readers = {".json": squad_json, ".tsv": partial(glue_tsv, short_lines=official(task).short_lines)}
    return readers.get(path.suffix, json_lines)(path)

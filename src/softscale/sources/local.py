"""A folder in the layout of the SuperGLUE v2 download: `{root}/{task folder}/{train|val}.jsonl`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from softscale.config import DataConfig, schema
from softscale.errors import InputError
from softscale.sources.source import Source, first, split_name
from softscale.tasks import Example, Task

# The labels of the official test split are not public.
SPLITS = {"train": "train", "dev": "val"}


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
        return first(_examples(self._path(task, split), task, split), limit)

    def version(self, task: Task, split: str) -> str:
        path = self._path(task, split).resolve()
        return f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"

    def _path(self, task: Task, split: str) -> Path:
        path = self._root / task.folder / f"{split_name(split, SPLITS)}.jsonl"
        if not self._root.is_dir():
            raise InputError(f"data.root is {self._root}, but it must be a folder with the SuperGLUE download")
        if not path.is_file():
            raise InputError(
                f"there is no file {path}; data.root must hold the SuperGLUE download, with "
                f"{task.folder}/train.jsonl and {task.folder}/val.jsonl"
            )
        return path


def _examples(path: Path, task: Task, split: str) -> Iterator[Example]:
    empty = True
    for number, record in _records(path):
        empty = False
        try:
            yield from task.examples(record, split)
        except InputError as error:
            raise InputError(f"{path}, line {number}: {error}") from error
    if empty:
        raise InputError(f"{path} has no records, but it must hold one JSON object a line")


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The line number and the object of every line that is not blank."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                raise InputError(f"{path}, line {number} is not JSON: {error.msg}, at column {error.colno}") from error
            except UnicodeDecodeError as error:
                raise InputError(f"{path}, line {number} is not UTF-8: {error.reason}") from error
            if not isinstance(record, dict):
                raise InputError(f"{path}, line {number} must be a JSON object")
            yield number, record

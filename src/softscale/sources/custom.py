"""Files of the user's own, one for each split, as CSV or JSONL: data=custom data.train=FILE data.dev=FILE"""

from dataclasses import dataclass
from pathlib import Path

from softscale.config import DataConfig, schema
from softscale.errors import InputError
from softscale.sources.readers.csv_rows import csv_rows
from softscale.sources.readers.examples import read_examples
from softscale.sources.readers.json_lines import json_lines
from softscale.sources.source import Source, first
from softscale.tasks import Example, Task

READERS = {".csv": csv_rows, ".jsonl": json_lines}


@schema("data", "custom")
@dataclass(kw_only=True)
class CustomData(DataConfig):
    """The files, known by their paths as they are typed; nothing is split off the training file."""

    train: str | None = None
    dev: str | None = None

    def check(self) -> None:
        super().check()
        for name, use in (("train", "to train on"), ("dev", "that are not trained on, to choose the best step by")):
            path = getattr(self, name)
            if not path:
                raise InputError(f"data.{name} has no value: give a CSV or JSONL file of examples {use}")
            if Path(path).suffix not in READERS:
                raise InputError(f"data.{name}={path} is not allowed: the file must end in {' or '.join(READERS)}")

    def open(self) -> "CustomSource":
        return CustomSource({"train": self.train, "dev": self.dev})


class CustomSource(Source):
    """files: by split."""

    many = False

    def __init__(self, files: dict[str, str | None]) -> None:
        self._files = files

    def examples(self, task: Task, split: str, limit: int | None = None) -> list[Example]:
        path = self._path(split)
        empty = f"data.{split}={path} has no examples, but it must hold at least one"
        return first(read_examples(path, READERS[path.suffix](path), task, split, empty), limit)

    def version(self, task: Task, split: str) -> str:
        path = self._path(split).resolve()
        return f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"

    def size(self, task: Task, split: str) -> int:
        return self._path(split).stat().st_size

    def _path(self, split: str) -> Path:
        file = self._files.get(split)
        if file is None:
            raise InputError(f"split is {split!r}, but this source has only {' and '.join(self._files)}")
        path = Path(file).expanduser()
        if not path.is_file():
            raise InputError(f"data.{split}={file} is not a file")
        return path

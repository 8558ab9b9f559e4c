"""Files of the user's own, CSV or JSONL: data=custom data.train=FILE, and data.dev=FILE or data.dev_share=0.2"""

import hashlib
from collections.abc import Sequence
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
    """The files, known by their paths as they are typed.

    dev_share: without a dev file, the share of the training file that is held out as dev.
    """

    train: str | None = None
    dev: str | None = None
    dev_share: float | None = None

    def check(self) -> None:
        super().check()
        if self.dev_share is not None and self.dev:
            raise InputError(
                f"data.dev_share={self.dev_share} is not allowed with data.dev={self.dev}: give one of them"
            )
        if self.dev_share is not None and not 0 < self.dev_share < 1:
            raise InputError(f"data.dev_share={self.dev_share} is not allowed: it must be above 0 and below 1")
        for name, use in (
            ("train", "to train on"),
            ("dev", "that are not trained on, to choose the best step by, or hold some out with data.dev_share=0.2"),
        ):
            path = getattr(self, name)
            if name == "dev" and self.dev_share is not None:
                continue
            if not path:
                raise InputError(f"data.{name} has no value: give a CSV or JSONL file of examples {use}")
            if Path(path).suffix not in READERS:
                raise InputError(f"data.{name}={path} is not allowed: the file must end in {' or '.join(READERS)}")

    def open(self) -> "CustomSource":
        return CustomSource({"train": self.train, "dev": self.dev}, self.dev_share)


class CustomSource(Source):
    """files: by split. dev_share: of the training file, which then has both splits."""

    many = False

    def __init__(self, files: dict[str, str | None], dev_share: float | None = None) -> None:
        self._files, self._dev_share = files, dev_share

    def examples(self, task: Task, split: str, limit: int | None = None) -> list[Example]:
        path = self._path(split)
        empty = f"data.{split}={path} has no examples, but it must hold at least one"
        found = read_examples(path, READERS[path.suffix](path), task, split, empty)
        if self._dev_share is None:
            return first(found, limit)
        examples = list(found)
        held_out = held_out_inputs([example.input for example in examples], self._dev_share)
        if not held_out:
            raise InputError(
                f"data.dev_share={self._dev_share} is not allowed: {path} has no two inputs that differ, of which one "
                "could be held out"
            )
        return first((example for example in examples if (example.input in held_out) == (split == "dev")), limit)

    def version(self, task: Task, split: str) -> str:
        path = self._path(split).resolve()
        share = "" if self._dev_share is None else f" {self._dev_share}"
        return f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}{share}"

    def size(self, task: Task, split: str) -> int:
        return self._path(split).stat().st_size

    def _path(self, split: str) -> Path:
        file = self._files["train"] if self._dev_share is not None and split == "dev" else self._files.get(split)
        if file is None:
            raise InputError(f"split is {split!r}, but this source has only {' and '.join(self._files)}")
        path = Path(file).expanduser()
        if not path.is_file():
            raise InputError(f"data.{split}={file} is not a file")
        return path


def held_out_inputs(inputs: Sequence[str], share: float) -> set[str]:
    """The inputs that are dev: about this share of those that differ, at least one and not all; none where one is all.

    By their hashes, so that the order of a file makes no difference, and copies of an input are on one side.
    """
    ordered = sorted(set(inputs), key=lambda text: hashlib.sha256(text.encode()).digest())
    return set(ordered[: min(max(1, round(share * len(ordered))), len(ordered) - 1)])

"""The hub's `super_glue`, read with `datasets`, which keeps what it has downloaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from softscale.config import DataConfig, schema
from softscale.errors import InputError
from softscale.sources.source import Source, first, split_name
from softscale.tasks import Example, Task

# The labels of the test split are not public.
SPLITS = {"train": "train", "dev": "validation"}
# Seconds for one small request; `datasets` itself retries for 23 s before it gives up.
PATIENCE = 10.0
INSTEAD = "use data=local data.root=DIR with the SuperGLUE download, or data=miniature, which needs no network"


@schema("data", "hub")
@dataclass(kw_only=True)
class HubConfig(DataConfig):
    path: str = MISSING
    revision: str = MISSING

    def open(self) -> "HubSource":
        return HubSource(self.path, self.revision)


class HubSource(Source):
    """path: a data set of the hub, or a folder in its form. revision: its branch, tag or commit."""

    def __init__(self, path: str, revision: str | None = None) -> None:
        self._path = path
        self._revision = revision

    def examples(self, task: Task, split: str, limit: int | None = None) -> list[Example]:
        rows = self._rows(task.hub_config, split_name(split, SPLITS))
        return first(self._examples(rows, task, split), limit)

    def version(self, task: Task, split: str) -> str:
        """The fingerprint that `datasets` gives what it has downloaded."""
        return self._rows(task.hub_config, split_name(split, SPLITS))._fingerprint

    def _rows(self, config: str, split: str) -> Any:
        from datasets import config as settings
        from datasets import load_dataset

        try:
            if not (Path(self._path).is_dir() or settings.HF_HUB_OFFLINE):
                self._ask_the_hub()
            return load_dataset(self._path, config, split=split, revision=self._revision)
        # The hub's clients raise OSError, ValueError, RuntimeError and their own HTTP errors.
        except Exception as error:
            reason = f"{error}".splitlines()[0] if f"{error}" else type(error).__name__
            raise InputError(
                f"{self._path} ({config}, {split}) cannot be read from the hub: {reason}; {INSTEAD}"
            ) from error

    def _ask_the_hub(self) -> None:
        """Raises at once where the hub cannot be reached or does not have the data set."""
        from huggingface_hub import HfApi

        HfApi().dataset_info(self._path, revision=self._revision, timeout=PATIENCE)

    def _examples(self, rows: Any, task: Task, split: str) -> Iterator[Example]:
        for number, row in enumerate(rows):
            try:
                yield from task.examples(task.from_hub(row), split)
            except InputError as error:
                raise InputError(f"{self._path}, {split} row {number}: {error}") from error

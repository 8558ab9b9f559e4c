"""The data sets of the hub, read with `datasets`, which keeps what it has downloaded."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from softscale.backbone.hub import offline
from softscale.config import DataConfig, schema
from softscale.errors import InputError
from softscale.sources.source import Source, first, named_split, official
from softscale.tasks import Example, Task

PATIENCE = 10.0  # seconds for one small request
INSTEAD = "use data=local data.root=DIR with the official files, or data=miniature, which needs no network"


@schema("data", "hub")
@dataclass(kw_only=True)
class HubConfig(DataConfig):
    """Each field names a data set of the hub, or a folder in its form (tasks/official_files.py: `hub`)."""

    path: str = MISSING  # SuperGLUE
    revision: str = MISSING  # branch, tag or commit
    glue: str = "nyu-mll/glue"
    squad: str = "rajpurkar/squad"
    mrqa: str = "mrqa-workshop/mrqa"
    # Of these data sets; none: `revision`, which is a commit of SuperGLUE only where one is given.
    glue_revision: str | None = None
    squad_revision: str | None = None
    mrqa_revision: str | None = None

    def open(self) -> "HubSource":
        return HubSource(self.path, self.revision, asdict(self))


class HubSource(Source):
    """path: SuperGLUE. revision: branch, tag or commit. others: the names of other data sets and their revisions."""

    def __init__(self, path: str, revision: str | None = None, others: Mapping[str, Any] | None = None) -> None:
        self._paths = {**asdict(HubConfig()), **(others or {}), "path": path}
        self._revision = revision

    def examples(self, task: Task, split: str, limit: int | None = None) -> list[Example]:
        return first(self._examples(self._rows(task, split), task, split), limit)

    def version(self, task: Task, split: str) -> str:
        """The fingerprint that `datasets` gives what it has downloaded."""
        return self._rows(task, split)._fingerprint

    def _rows(self, task: Task, split: str) -> Any:
        """The rows of a split that are the task's."""
        dataset = official(task)
        name = named_split(task, split, dataset.hub_splits)
        rows = self._loaded(dataset.hub, dataset.hub_config, name)
        if dataset.hub_subset is None:
            return rows
        own = rows.filter(lambda subset: subset == dataset.hub_subset, input_columns="subset")
        if not len(own):
            raise InputError(f"{self._paths[dataset.hub]}, {name} has no rows with subset {dataset.hub_subset}")
        return own

    def revision_of(self, dataset: str) -> str | None:
        """What is read of a data set, by its field."""
        return self._paths.get(f"{dataset}_revision") or self._revision

    def _loaded(self, dataset: str, config: str | None, split: str) -> Any:
        from datasets import config as settings
        from datasets import load_dataset

        path, revision = self._paths[dataset], self.revision_of(dataset)
        away = None if Path(path).is_dir() else offline()
        try:
            if away:
                settings.HF_HUB_OFFLINE = True  # `datasets` took its own copy as it was imported
            elif not Path(path).is_dir():
                self._ask_the_hub(path, revision)
            return load_dataset(path, config, split=split, revision=revision)
        # The hub's clients raise OSError, ValueError, RuntimeError and their own HTTP errors.
        except Exception as error:
            reason = f"{error}".splitlines()[0] if f"{error}" else type(error).__name__
            if away:
                reason = f"it is not in the cache, and the hub cannot be asked ({away})"
            named = ", ".join(part for part in (config, split) if part)
            at = "" if revision in (None, "main") else f" at revision {revision}"
            raise InputError(f"{path} ({named}){at} cannot be read from the hub: {reason}; {INSTEAD}") from error

    def _ask_the_hub(self, path: str, revision: str | None) -> None:
        """Raises at once where the hub does not have the data set."""
        from huggingface_hub import HfApi

        HfApi().dataset_info(path, revision=revision, timeout=PATIENCE)

    def _examples(self, rows: Any, task: Task, split: str) -> Iterator[Example]:
        for number, row in enumerate(rows):
            try:
                yield from task.examples(task.from_hub(row), split)
            except InputError as error:
                raise InputError(f"{self._paths[official(task).hub]}, {split} row {number}: {error}") from error

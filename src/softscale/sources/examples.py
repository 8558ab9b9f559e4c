"""The example files of the ready-made own tasks: data=examples task=tickets, …

They come with softscale, so that such a task runs before a user has files. benchmarks/example_files.py makes them.
"""

from dataclasses import dataclass
from pathlib import Path

from softscale.config import ROOT, DataConfig, schema
from softscale.errors import InputError
from softscale.sources.custom import READERS, CustomSource
from softscale.sources.source import Source
from softscale.tasks import Example, Task

FOLDER = ROOT / "examples"


@schema("data", "examples")
@dataclass(kw_only=True)
class ExamplesConfig(DataConfig):
    def open(self) -> "ExamplesSource":
        return ExamplesSource()


class ExamplesSource(Source):
    many = False

    def examples(self, task: Task, split: str, limit: int | None = None) -> list[Example]:
        return _files(task).examples(task, split, limit)

    def version(self, task: Task, split: str) -> str:
        return _files(task).version(task, split)


def files_of(task: str) -> dict[str, Path]:
    """The example files of a task by split. Raises InputError where there are none."""
    found = {path.stem: path for path in sorted((FOLDER / task).glob("*")) if path.suffix in READERS}
    if not found:
        known = ", ".join(sorted(path.name for path in FOLDER.iterdir() if path.is_dir()))
        raise InputError(f"task={task} has no example files: data=examples is for {known}")
    return found


def _files(task: Task) -> CustomSource:
    return CustomSource({split: str(path) for split, path in files_of(task.name).items()})

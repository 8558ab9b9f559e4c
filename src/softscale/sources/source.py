"""A source: examples of a task, whatever place its records are read from."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TypeVar

from softscale.errors import InputError
from softscale.tasks import Example, Task
from softscale.tasks.official_files import OfficialFiles

Name = TypeVar("Name")


class Source(ABC):
    """many: whether it holds several tasks, so that what is trained on one can be scored on another."""

    many: bool = True

    @abstractmethod
    def examples(self, task: Task, split: str, limit: int | None = None) -> list[Example]:
        """The first `limit` examples of a split, or all, in the source's order.

        Raises InputError, in one sentence that names the place, where the records cannot be read.
        """

    @abstractmethod
    def version(self, task: Task, split: str) -> str:
        """A text that changes when the examples of a split may have changed: what a cache of them is kept under.

        Raises InputError where the records are not there.
        """

    def size(self, task: Task, split: str) -> int | None:
        """Bytes of the file that a split is read from; None where it is read from no file.

        Raises InputError where the file is not there, or the source has no such split or task.
        """
        return None

    def notes(self, task: Task, split: str) -> list[str]:
        """What is no error of the files of a split but must be known: records that were left out."""
        return []


def official(task: Task) -> OfficialFiles:
    """Where the task's official data are. Raises InputError for a task of the user's own."""
    if task.official is None:
        raise InputError(f"task={task.name} has no official files: use data=custom data.train=FILE data.dev=FILE")
    return task.official


def named_split(task: Task, split: str, names: Mapping[str, Name]) -> Name:
    """What a source calls a split of a task. Raises InputError where there is no such labelled split."""
    if split in names:
        return names[split]
    if split == "train":
        raise InputError(f"task={task.name} is for evaluation only: train on another task, with transfer=[{task.name}]")
    raise InputError(f"split is {split!r}, but this source has only {' and '.join(names)}")


def first(examples: Iterable[Example], limit: int | None) -> list[Example]:
    """The first `limit` examples, or all; no more are read. Raises InputError for limit < 1."""
    if limit is not None and limit < 1:
        raise InputError(f"limit is {limit}, but it must be at least 1, or none for all examples")
    return list(islice(examples, limit))

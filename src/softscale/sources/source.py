"""A source: examples of a task, whatever place its records are read from."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from itertools import islice

from softscale.errors import InputError
from softscale.tasks import Example, Task


class Source(ABC):
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


def split_name(split: str, names: Mapping[str, str]) -> str:
    """What a source calls a split. Raises InputError where it has no such labelled split."""
    if split not in names:
        raise InputError(f"split is {split!r}, but this source has only {' and '.join(names)}")
    return names[split]


def first(examples: Iterable[Example], limit: int | None) -> list[Example]:
    """The first `limit` examples, or all; no more are read. Raises InputError for limit < 1."""
    if limit is not None and limit < 1:
        raise InputError(f"limit is {limit}, but it must be at least 1, or none for all examples")
    return list(islice(examples, limit))

"""From official records to examples: what a task refuses is told with the place of the record."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from softscale.errors import InputError
from softscale.tasks import Example, Task


def read_examples(
    path: Path, records: Iterable[tuple[str, Mapping[str, Any]]], task: Task, split: str, empty: str
) -> Iterator[Example]:
    """The examples of the records of a file, each with its place (`line 3`).

    Raises InputError, naming file and place, for a record that is none of the task's; `empty` where there is no record.
    """
    found = False
    for position, record in records:
        found = True
        try:
            yield from task.examples(record, split)
        except InputError as error:
            raise InputError(f"{path}, {position}: {error}") from error
    if not found:
        raise InputError(empty)

"""One JSON object a line: SuperGLUE's form, and MRQA's, whose first line is a header."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from softscale.errors import InputError
from softscale.sources.readers.json_value import json_value
from softscale.sources.readers.opened import numbered_lines, opened


def json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The place and the object of every line that is neither blank nor MRQA's header.

    Raises InputError, naming the line, for what is no JSON object.
    """
    with opened(path) as file:
        for number, text in numbered_lines(file, path):
            if not text.strip():
                continue
            try:
                record = json_value(text)
            except ValueError as error:
                raise InputError(f"{path}, line {number} is not JSON: {error}") from error
            if not isinstance(record, dict):
                raise InputError(f"{path}, line {number} must be a JSON object")
            if number > 1 or set(record) != {"header"}:
                yield f"line {number}", record

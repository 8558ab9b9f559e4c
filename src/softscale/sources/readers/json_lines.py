"""One JSON object a line: SuperGLUE's form, and MRQA's, whose first line is a header."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from softscale.errors import InputError
from softscale.sources.readers.opened import decoded, opened


def json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The place and the object of every line that is neither blank nor MRQA's header.

    Raises InputError, naming the line, for what is no JSON object.
    """
    with opened(path) as lines:
        for number, line in enumerate(lines, start=1):
            text = decoded(line, path, number)
            if not text.strip():
                continue
            try:
                record = json.loads(text)
            except json.JSONDecodeError as error:
                raise InputError(f"{path}, line {number} is not JSON: {error.msg}, at column {error.colno}") from error
            if not isinstance(record, dict):
                raise InputError(f"{path}, line {number} must be a JSON object")
            if number > 1 or set(record) != {"header"}:
                yield f"line {number}", record

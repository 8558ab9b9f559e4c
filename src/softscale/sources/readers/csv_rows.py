"""A CSV file as spreadsheets and pandas write it: a header, commas, and double quotes around what holds either."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from softscale.errors import InputError
from softscale.sources.readers.opened import opened

LONGEST_CELL = 2**31 - 1  # characters; the csv module's own limit is 131,072


def csv_rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The place and the cells, by column, of every row that is not blank; columns without a name are left out.

    Raises InputError, naming the line, for a row that has not the columns of the header, and for what is no CSV.
    """
    number = 0
    csv.field_size_limit(LONGEST_CELL)
    try:
        with opened(path) as plain, io.TextIOWrapper(plain, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            columns = next(reader, [])
            _check_header(columns, path)
            for cells in filter(None, reader):
                number = reader.line_num
                if len(cells) != len(columns):
                    raise InputError(f"{path}, line {number} has {len(cells)} cells, but the header has {len(columns)}")
                yield f"line {number}", {name: cell for name, cell in zip(columns, cells, strict=True) if name}
    except csv.Error as error:
        raise InputError(f"{path} is not CSV after line {number}: {error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 after line {number}: {error.reason}") from error


def _check_header(columns: list[str], path: Path) -> None:
    double = sorted({name for name in columns if name and columns.count(name) > 1})
    if double:
        raise InputError(f"{path} has two columns {double[0]}: give each its own name")
    if columns and not any(columns):
        raise InputError(f"{path} has no name in its first line, which must hold the names of the columns")

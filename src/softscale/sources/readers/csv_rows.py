"""A CSV file as spreadsheets and pandas write it: a header, commas, and double quotes around what holds either."""

import csv
from collections.abc import Iterator
from pathlib import Path

from softscale.errors import InputError


def csv_rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The place and the cells, by column, of every row that is not blank.

    Raises InputError, naming the line, for a row that has not the columns of the header, and for what is no CSV.
    """
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            columns = next(reader, [])
            double = sorted({name for name in columns if columns.count(name) > 1})
            if double:
                raise InputError(f"{path} has two columns {double[0]}: give each its own name")
            for cells in filter(None, reader):
                number = reader.line_num
                if len(cells) != len(columns):
                    raise InputError(f"{path}, line {number} has {len(cells)} cells, but the header has {len(columns)}")
                yield f"line {number}", dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise InputError(f"{path} is not CSV after line {number}: {error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 after line {number}: {error.reason}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error

"""GLUE's tables: columns between tabs under a header, and no quoting (a quotation mark is a character of the text)."""

from collections.abc import Iterator
from pathlib import Path

from softscale.errors import InputError
from softscale.sources.readers.opened import numbered_lines, opened


def glue_tsv(path: Path, short_lines: bool = False) -> Iterator[tuple[str, dict[str, str]]]:
    """The place and the cells, by column, of every line that is not blank.

    short_lines: leave out lines that lack columns (`short_lines_of` counts them); more columns are always refused.
    Raises InputError, naming the line, for one that has not the columns of the header.
    """
    for number, columns, cells in _lines(path):
        if len(cells) > len(columns) or (len(cells) < len(columns) and not short_lines):
            raise InputError(f"{path}, line {number} has {len(cells)} columns, but the header has {len(columns)}")
        if len(cells) == len(columns):
            yield f"line {number}", dict(zip(columns, cells, strict=True))


def short_lines_of(path: Path) -> list[int]:
    """The numbers of the lines that lack columns."""
    return [number for number, columns, cells in _lines(path) if len(cells) < len(columns)]


def _lines(path: Path) -> Iterator[tuple[int, list[str], list[str]]]:
    """Number, columns and cells of every line below the header."""
    columns: list[str] = []
    with opened(path) as file:
        for number, text in numbered_lines(file, path):
            if not columns:
                columns = text.split("\t")
            elif text:
                yield number, columns, text.split("\t")

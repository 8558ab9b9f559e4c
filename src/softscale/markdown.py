"""Markdown tables, and numbers as they stand in them."""

from collections.abc import Iterable, Sequence


def line(cells: Iterable[str]) -> str:
    """A row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}"


def aligned_table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    """A table whose columns also line up in a terminal: every row of `rows` under `header`.

    The first `left` columns are texts, the others numbers.

    Raises:
        ValueError: a row has not as many cells as the header.
    """
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    rule = ["-" * width if column < left else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    lines = [header, rule, *rows]
    return "\n".join(
        "| "
        + " | ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |"
        for line in lines
    )

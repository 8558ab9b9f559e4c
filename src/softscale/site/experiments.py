"""What `results/` holds of each experiment: its words, its table, its notes, and the runs that the table is made of."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from softscale.errors import InputError
from softscale.tables.runs import NAME as RUNS

Texts = Mapping[str, str]  # a row of a CSV by its columns, as it stands there


@dataclass(frozen=True, kw_only=True)
class Table:
    """A CSV file: every value is the text that stands there."""

    columns: Sequence[str]
    rows: Sequence[Texts]


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One figure or table of the paper, as far as `results/` tells it.

    title, claim: of its page; words: the other paragraphs of the page; sections: bullets and paragraphs by heading.
    runs: a row a run (tables/runs.py); empty where the page was counted, or written before there was such a file.
    others: further tables of its folder by file name, such as neighbours.csv.
    """

    name: str  # as `experiment=` takes it
    title: str
    claim: str
    words: Sequence[str]
    sections: Mapping[str, Sequence[str]]
    table: Table
    runs: Sequence[Texts]
    others: Mapping[str, Table] = field(default_factory=dict)

    def runs_of(self, row: Texts) -> list[str]:
        """The ids of the runs that a row of the table is made of, in their order."""
        return list(dict.fromkeys(run["id"] for run in self.runs if _is_of(run, row)))


def read_experiments(results: Path) -> list[Experiment]:
    """Every experiment with a table.csv, by name; figures before tables of the same ladder.

    Raises:
        InputError: a table cannot be read.
    """
    found = [path.parent for path in results.glob("**/table.csv")]
    return [_read(folder, str(folder.relative_to(results))) for folder in sorted(found)]


def _read(folder: Path, name: str) -> Experiment:
    page = folder / "table.md"
    title, claim, words, sections = _words(page.read_text() if page.exists() else "")
    tables = {path.name: read_table(path) for path in sorted(folder.glob("*.csv"))}
    table, runs = tables.pop("table.csv"), tables.pop(RUNS, None)
    return Experiment(
        name=name,
        title=title or name.rpartition("/")[2].replace("_", " ").capitalize(),
        claim=claim,
        words=words,
        sections=sections,
        table=table,
        runs=runs.rows if runs else (),
        others=tables,
    )


def read_table(path: Path) -> Table:
    """A CSV with a header. Raises InputError where a row has not the header's length."""
    with path.open(newline="") as file:
        lines = list(csv.reader(file))
    if not lines or any(len(line) != len(lines[0]) for line in lines):
        raise InputError(f"{path} is not a table: each row must have the columns of the first line")
    return Table(columns=lines[0], rows=[dict(zip(lines[0], line, strict=True)) for line in lines[1:]])


def _words(page: str) -> tuple[str, str, list[str], dict[str, list[str]]]:
    """Title, first paragraph, the other paragraphs above the first section, and sections of a page in Markdown.

    Tables and images are left out: the site has its own.
    """
    head, *parts = re.split(r"^## ", page, flags=re.MULTILINE)
    blocks = [" ".join(block.split()) for block in head.split("\n\n") if block.strip()]
    title = next((block[2:] for block in blocks if block.startswith("# ")), "")
    paragraphs = [block for block in blocks if not block.startswith(("# ", "|", "!["))]
    sections = {}
    for part in parts:
        heading, _, body = part.partition("\n")
        lines = [line.removeprefix("- ").strip() for line in body.splitlines()]
        sections[heading.strip()] = [line for line in lines if line and not line.startswith("|")]
    return title, paragraphs[0] if paragraphs else "", paragraphs[1:], sections


def _is_of(run: Texts, row: Texts) -> bool:
    """Whether a run counts in a row: same model, method and variant, its task or a mean over tasks, its seed if one."""
    if any(run[name] != row.get(name, run[name]) for name in ("model", "method", "label")) or "label" not in row:
        return False
    task = row.get("trained_on") or row.get("task")
    alone = row.get("tasks", "1") == "1"
    return (not alone or run["task"] == task) and run["seed"] == (row.get("seed") or run["seed"])

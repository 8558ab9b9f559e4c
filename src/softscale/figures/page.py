"""An experiment's records to its folder of results: table.csv, table.md, figure.png; and metrics.csv.

Pure in its arguments: the same records give the same bytes. What a page shows is its kind's business (figures/).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from softscale import figures
from softscale.config import ReportConfig
from softscale.errors import InputError
from softscale.figures.kind import Cell, Experiment
from softscale.files import write_atomically
from softscale.runs.record import Record
from softscale.tables.collapsed import ILLEGAL
from softscale.tables.each_metric import each_metric
from softscale.tables.each_metric import to_csv as metrics_to_csv
from softscale.tables.each_metric import to_markdown as metrics_to_markdown
from softscale.tables.scores import runs_frame, table_rows

Row = dict[str, Any]


def report(experiment: Experiment, words: ReportConfig, folder: Path) -> Path:
    """Write `<folder>/<experiment>/{table.csv,table.md,figure.png}` and return that folder.

    Where runs are scored by several metrics, each of them is in metrics.csv and on the page too.

    Args:
        words: the kind of the page, its title, and what the paper claims, in one or two sentences.

    Raises:
        InputError: there is no such kind of page; or it is made from records, and there is none at all.
    """
    kind = figures.by_name(words.kind)
    if not experiment.records and not kind.counted:
        raise InputError(
            f"experiment={experiment.name} has no records, 0 of {len(experiment.cells)} cells were run: "
            f"run softscale train experiment={experiment.name} first, or look at the published ones with "
            "runtime.results=results"
        )
    target = folder / experiment.name
    title, claim = words.title or experiment.name, words.claim or ""
    table = kind.table(experiment)
    write_atomically(target / "table.csv", kind.to_csv(table).encode())
    missing = [] if kind.counted else _missing(experiment.cells, experiment.records)
    partial = f"Partial: {len(missing)} of {len(experiment.cells)} cells were not run; {kind.holes}."
    caption = f"{partial} {claim}" if missing else claim  # first what must not be cut off
    kind.draw(target / "table.csv", target / "figure.png", title=title, caption=caption)
    metrics = each_metric(experiment.records) if experiment.records else None
    if metrics is not None and len(metrics):
        write_atomically(target / "metrics.csv", metrics_to_csv(metrics).encode())
    parts = [
        f"# {title}\n\n{claim}\n\n![{title}](figure.png)\n\n{kind.to_markdown(table)}",
        f"## Reading the figure\n\n{' '.join(kind.reading(target / 'table.csv'))}\n",
        *([f"## Each metric\n\n{metrics_to_markdown(metrics)}"] if metrics is not None and len(metrics) else []),
        *(_counted_parts(experiment) if kind.counted else _run_parts(experiment, missing)),
    ]
    write_atomically(target / "table.md", "\n".join(parts).encode())
    return target


def _run_parts(experiment: Experiment, missing: Sequence[Cell]) -> list[str]:
    """What a page that is made from records says below its table."""
    records = experiment.records
    rows = table_rows(runs_frame(records))
    return [
        f"## Cells\n\n{_missing_to_markdown(experiment.cells, missing)}",
        f"## Provenance\n\n{_bullets(_provenance(records, experiment.name))}",
        f"## Notes\n\n{_bullets(_notes(records, rows))}",
    ]


def _counted_parts(experiment: Experiment) -> list[str]:
    """What a page that is counted says below its table."""
    made = f"made by `softscale report experiment={experiment.name}` from configurations alone: nothing was trained"
    return [f"## Provenance\n\n{_bullets([made])}"]


def _missing(cells: Sequence[Cell], records: Iterable[Record]) -> list[Cell]:
    """The expected cells that have no record."""
    done = {record.id for record in records}
    return [cell for cell in cells if cell["id"] not in done]


def _missing_to_markdown(cells: Sequence[Cell], missing: Sequence[Cell]) -> str:
    """How many cells were not run, and which: a line a model, method and task."""
    if not missing:
        return f"All {len(cells)} cells were run.\n"
    named = defaultdict(list)
    for cell in missing:
        named[cell["model"], cell["method"], cell["task"]].append(f"seed {cell['seed']} ({cell['id']})")
    lines = [f"- {' '.join(cell)}: {', '.join(runs)}" for cell, runs in sorted(named.items())]
    return "\n".join([f"not run: {len(missing)} of {len(cells)} cells", "", *lines]) + "\n"


def _provenance(records: Sequence[Record], name: str) -> list[str]:
    origins = [record.provenance for record in records]
    dirty = sum(origin["dirty"] is not False for origin in origins)
    versions = [f"{package} {version}" for origin in origins for package, version in origin["versions"].items()]
    return [
        f"made by `softscale report experiment={name}` from {len(records)} records",
        f"commits: {_counted((origin['commit'] or 'unknown')[:12] for origin in origins)}",
        f"runs not known to come from committed code: {dirty} of {len(records)}",
        f"devices: {_counted(origin['device'] for origin in origins)}",
        f"versions: {_counted(versions)}",
        f"compute: {_duration(math.fsum(origin['seconds'] for origin in origins))} in all",
    ]


def _notes(records: Sequence[Record], rows: Sequence[Row]) -> list[str]:
    """Each note of the runs once, with its number of runs; then the runs that collapsed."""
    counts = Counter(note for record in records for note in record.notes)
    notes = [f"{note} ({_runs(count)})" for note, count in sorted(counts.items())]
    for what, gone in (
        (
            "most predictions begin with a label and go on, so that they are none: what fails is to stop, and where "
            "the label is the right one nothing else,",
            [row for row in rows if row["begun"] > ILLEGAL],
        ),
        (
            "most predictions are no label of the task",
            [row for row in rows if row["illegal"] > ILLEGAL and not row["begun"] > ILLEGAL],
        ),
        (
            "nearly all predictions are one text, and no better than a constant answer,",
            [row for row in rows if row["collapsed"] == 1 and not row["illegal"] > ILLEGAL],
        ),
    ):
        if gone:
            notes.append(f"{what} in {_runs(len(gone))}: {', '.join(sorted(map(_run_words, gone)))}")
    if any(row["miniature"] for row in rows):
        notes.append("the miniature ladder: small models and a generated world, not the paper's")
    return notes or ["none"]


def _run_words(row: Row) -> str:
    run = f"{row['model']} {row['label']} {row['task']} seed {row['seed']}"
    if not row["illegal"] > ILLEGAL:
        return run
    more = f"; {row['begun']:.0%} begin with a label, {row['begun_right']:.0%} with the right one"
    return f"{run} ({row['illegal']:.0%}{more if row['begun'] > 0 else ''})"


def _counted(words: Iterable[str]) -> str:
    return ", ".join(f"{word} ({_runs(count)})" for word, count in sorted(Counter(words).items()))


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def _bullets(lines: Iterable[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _duration(seconds: float) -> str:
    """2 h 13 min (8,012 s)"""
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min ({seconds:,.0f} s)"

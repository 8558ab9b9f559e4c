"""usage: softscale report experiment=… [key=value …]

Records to runs/results/<experiment>/: table.csv, table.md and figure.png, beside the paper's numbers where it has them,
and runs.csv, which says of which runs the table is made.
With wandb.mode=online the table, the figure and the files go to Weights & Biases too, as one run of the experiment.
Cells that were not run are named; nothing is trained. Some pages are counted and need no records (report.kind).
The last line compares your runs with the published ones. runtime.results=results makes a published page again.
"""

import itertools
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from softscale import figures, tasks
from softscale.commands.wandb_page import log_page
from softscale.compose.cells import Cell, cells, hydra_session
from softscale.errors import InputError
from softscale.figures.kind import Experiment
from softscale.figures.page import report
from softscale.files import remove_leftovers, write_atomically
from softscale.runs.job import PUBLISHED, Job
from softscale.runs.label_first import completed
from softscale.runs.record import Record, read_records
from softscale.tables import runs
from softscale.tables.reproduction import in_words, reproduced


def main(arguments: Sequence[str]) -> int:
    with hydra_session():
        found = cells(arguments)
    kind = figures.by_name(found[0].config.report.kind)
    experiment = experiment_of(found)
    results = Path(found[0].config.runtime.results)
    folder = report(experiment, found[0].config.report, results)
    remove_leftovers(folder)
    if not kind.counted:
        write_atomically(folder / runs.NAME, runs.runs_csv(experiment.records).encode())
    print(_table(folder / "table.md"))
    counts = {"cells": len(experiment.cells), "records": len(experiment.records)}
    runtime, wandb = found[0].config.runtime, found[0].config.wandb
    for note in log_page(experiment.name, folder, counts, wandb, Path(runtime.runs)):
        print(f"note: {note}", file=sys.stderr)
    source = "configurations" if kind.counted else f"{len(experiment.records)} of {len(experiment.cells)} cells"
    print(f"{folder}/table.csv, table.md and figure.png from {source}")
    if results.resolve() != PUBLISHED.resolve():
        again = reproduced(experiment.records, published_records(experiment, PUBLISHED))
        if again:
            print(in_words(again))
    return 0


def experiment_of(found: Sequence[Cell]) -> Experiment:
    """What there is of the experiment whose cells these are. Raises InputError where they are of none."""
    experiment, words = found[0].experiment, found[0].config.report
    if experiment is None:
        raise InputError("report needs an experiment: give one with experiment=…, as listed in experiments/")
    jobs = {}
    for cell in found:
        job = Job.of(cell.config, experiment)
        jobs.setdefault(job.id, job)
    damaged: list[str] = []
    results = Path(found[0].config.runtime.results)
    predictions = results / "predictions"
    found_records = read_records(results / "records", jobs, damaged)
    for sentence in damaged:
        print(f"note: skipped: {sentence}", file=sys.stderr)
    records = [_of_today(record, jobs[record.id], predictions) for record in found_records]
    expected = [
        {
            "id": id_,
            "model": job.study.model.name,
            "method": job.study.method.name,
            "task": job.study.task.name,
            "tasks": [part.name for part in tasks.of(job.study.task).parts()],
            "seed": job.study.seed,
        }
        for id_, job in jobs.items()
    ]
    return Experiment(
        name=experiment,
        cells=expected,
        records=records,
        majority=majority_of(records),
        studies=[job.study for job in jobs.values()],
        variants=words.variants,
        predictions=predictions,
    )


def _of_today(record: Record, job: Job, predictions: Path) -> Record:
    """A record with the fields that came after it: of its study, at the default that says what it did, and of its
    predictions.
    """
    (task, *others) = tasks.of(job.study.task).parts()
    known = record if others else completed(record, task, predictions / f"{record.id}.jsonl.gz")
    return replace(known, study=asdict(job.study))


def published_records(experiment: Experiment, results: Path) -> list[Record]:
    """The published records of an experiment's cells; those that cannot be read are left out."""
    studies = {cell["id"]: asdict(study) for cell, study in zip(experiment.cells, experiment.studies, strict=True)}
    records = read_records(results / "records", studies, damaged=[])
    return [replace(record, study=studies[record.id]) for record in records]


def majority_of(records: Sequence[Record]) -> dict[str, float]:
    """Score of the best constant answer, by task."""
    majority: dict[str, float] = {}
    for record in records:
        task, data = record.study["task"], record.data
        mixed = task.get("tasks")
        majority |= {name: data[f"{name}/majority"] for name in mixed} if mixed else {task["name"]: data["majority"]}
    return majority


def _table(page: Path) -> str:
    """The tables of a report's page, for the terminal."""
    lines = page.read_text().splitlines()
    tables = itertools.groupby(lines, key=lambda line: line.startswith("|"))
    return "\n\n".join("\n".join(table) for is_table, table in tables if is_table)

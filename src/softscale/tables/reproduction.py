"""Runs that were made again beside the published ones of the same studies: does each score come out as it was?

A run follows from its study and seed up to rounding, and processors round in their own ways; what rounding grows to in
training moves a score like another seed does. A score counts as reproduced within the published run's own 95 %
interval over examples, and always within one point.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from softscale import tasks
from softscale.config import Study
from softscale.errors import InputError
from softscale.metrics.bootstrap import LEVEL
from softscale.runs.published_predictions import read_predictions
from softscale.runs.record import Record
from softscale.tables.scores import runs_frame, table_rows

POINT = 0.01


@dataclass(frozen=True)
class Reproduced:
    """The selecting dev score of one run on one task, twice. All numbers are fractions."""

    name: str  # mini_2 model tuning rte seed 1
    id: str
    here: float
    published: float
    tolerance: float

    @property
    def difference(self) -> float:
        return abs(self.here - self.published)

    @property
    def holds(self) -> bool:
        return self.difference <= self.tolerance

    def __str__(self) -> str:
        return (
            f"{self.name} ({self.id}): {self.here:.1%} here, {self.published:.1%} ± {self.tolerance:.1%} published: "
            f"{100 * self.difference:.1f} points apart"
        )


def reproduced(here: Sequence[Record], published: Sequence[Record]) -> list[Reproduced]:
    """Each score of the runs that are in both, of a mixture each task's; the largest difference first."""
    before = {(run["id"], run["task"]): run for run in table_rows(runs_frame(published))} if published else {}
    found = []
    for run in table_rows(runs_frame(here)) if here else []:
        if other := before.get((run["id"], run["task"])):
            found.append(
                Reproduced(
                    name=f"{run['model']} {run['label']} {run['task']} seed {run['seed']}",
                    id=run["id"],
                    here=run["score"],
                    published=other["score"],
                    tolerance=max(POINT, _half_width(other["resampled"])),
                )
            )
    return sorted(found, key=lambda each: (-each.difference, each.name))


def _half_width(resampled: Sequence[float]) -> float:
    """Of the percentile interval over resamples of the dev set; 0 where a record has none."""
    if not resampled:
        return 0.0
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(high - low) / 2


def in_words(found: Sequence[Reproduced]) -> str:
    """One line: how many scores are near the published ones, and which is the farthest."""
    near = sum(each.difference <= POINT for each in found)
    farthest = found[0]
    return (
        f"{near} of {len(found)} scores within 1 point of the published ones; largest difference "
        f"{100 * farthest.difference:.1f} points ({farthest.name})"
    )


def misstated(records: Iterable[Record], studies: Mapping[str, Study], folder: Path) -> list[str]:
    """Published records whose score is not that of their published predictions: what is wrong, a sentence each.

    A run without published predictions is left out (a mixture of tasks has none).

    Args:
        studies: of the records, by id.
        folder: the published predictions.
    """
    found = []
    for record in records:
        path = folder / f"{record.id}.jsonl.gz"
        if "tasks" in record.study["task"] or not path.exists():
            continue
        try:
            kept = read_predictions(path, record.predictions)
        except InputError as error:
            found.append(str(error))
            continue
        task = tasks.of(studies[record.id].task)
        score = task.selecting_score(task.score(kept.predictions, kept.examples))
        if abs(score - record.best["dev/score"]) > 1e-6:
            found.append(
                f"{record.id}: its record says {record.best['dev/score']:.1%}, its predictions say {score:.1%}"
            )
    return found

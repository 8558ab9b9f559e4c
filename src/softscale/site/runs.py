"""What the page shows of a run: its record without the resamples, and how it deviates from the recipes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from softscale.compose.deviations import RECIPES, deviations
from softscale.runs.record import dotted, read_records

LEFT_OUT = ("resampled",)  # a third of a record, and of use to tables alone

Row = dict[str, Any]


def read_runs(results: Path, damaged: list[str]) -> list[Row]:
    """The records of a folder of results by id; what is wrong with one that cannot be read is added to `damaged`."""
    folder = results / "records"
    found = read_records(folder, (path.stem for path in sorted(folder.glob("*.json"))), damaged)
    return [{name: value for name, value in vars(record).items() if name not in LEFT_OUT} for record in found]


class Deviations:
    """The distinct lists of deviations of all runs: many runs have the same."""

    def __init__(self) -> None:
        self.lists: list[Mapping[str, Sequence[Sequence[str]]]] = []
        self._indices: dict[Any, int] = {}

    def add(self, study: Mapping[str, Any]) -> int | None:
        """The index in `lists` of the deviations of a study; None where they are not known.

        A record of a method, task or option that this softscale does not have is held against nothing.
        """
        flat = dotted(study)
        key = tuple(sorted((name, str(value)) for name, value in flat.items() if name != "seed"))
        if key not in self._indices:
            try:
                found = {recipe: [_row(each) for each in deviations(flat, recipe)] for recipe in RECIPES}
            except (KeyError, OSError):
                return None
            if found not in self.lists:
                self.lists.append(found)
            self._indices[key] = self.lists.index(found)
        return self._indices[key]


def _row(deviation: Any) -> list[str]:
    return [deviation.field, deviation.here, deviation.there, deviation.source]

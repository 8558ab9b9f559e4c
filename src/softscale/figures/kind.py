"""What a kind of page is: a table, how people and machines read it, and the figure drawn from it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from softscale.config import Study
from softscale.runs.record import Record

Cell = Mapping[str, Any]  # id, model, method, task, tasks (of a mixture), seed


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What a page is about."""

    name: str  # as `experiment=` takes it
    cells: Sequence[Cell]
    records: Sequence[Record]  # of those cells that were run
    majority: Mapping[str, float] = field(default_factory=dict)  # score of the majority class by task, where known
    studies: Sequence[Study] = ()  # of the cells: what a counted page counts
    variants: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)  # see ReportConfig
    predictions: Path | None = None  # folder of published predictions (runs/published_predictions.py), if any

    def tasks(self) -> set[str]:
        """The tasks that are scored: of a cell that mixes several, each of them."""
        return {task for cell in self.cells for task in cell.get("tasks") or [cell["task"]]}


class Kind(ABC):
    """Abstract; a concrete kind is final. The same experiment gives the same bytes."""

    name: ClassVar[str]  # as `report.kind` takes it
    counted: ClassVar[bool] = False  # from configurations alone: its experiment needs no runs, and cannot be trained
    holes: ClassVar[str] = ""  # how the figure shows cells that were not run; nothing where it is counted

    @abstractmethod
    def table(self, experiment: Experiment) -> pd.DataFrame:
        """What the page says, as data; fractions are fractions."""

    @abstractmethod
    def to_csv(self, table: pd.DataFrame) -> str:
        """The table as CSV, from which alone the figure is drawn."""

    @abstractmethod
    def to_markdown(self, table: pd.DataFrame) -> str:
        """The table for people, and under it what a reader must know of its columns."""

    @abstractmethod
    def reading(self, table: Path) -> list[str]:
        """What a reader must know of the figure of the CSV `table`, in sentences, the most important first."""

    @abstractmethod
    def draw(self, table: Path, path: Path, *, title: str, caption: str) -> None:
        """Draw the CSV `table` into the PNG `path`; under it `caption` and what of `reading` fits in two lines."""

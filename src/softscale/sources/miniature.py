"""The generated world as a source: records in the official form, read by the same tasks as the real files."""

from dataclasses import dataclass
from itertools import chain

from omegaconf import MISSING

from softscale.config import DataConfig, schema
from softscale.errors import InputError
from softscale.ranges import at_least, random_seed
from softscale.sources.source import Source, first
from softscale.tasks import Example, Task
from softscale.world.records import RECORDS, records

MOST_RECORDS = 100_000  # the world has no more passages of some kinds


@schema("data", "miniature")
@dataclass(kw_only=True)
class MiniatureConfig(DataConfig):
    seed: int = MISSING  # of the world's records; not the study's seed, so that seeds share their data
    train_records: int = MISSING
    dev_records: int = MISSING

    def check(self) -> None:
        super().check()
        random_seed("data.seed", self.seed)
        for name in ("train_records", "dev_records"):
            at_least(f"data.{name}", getattr(self, name), 1, MOST_RECORDS)

    def open(self) -> "MiniatureSource":
        return MiniatureSource(self)


class MiniatureSource(Source):
    def __init__(self, config: MiniatureConfig) -> None:
        self.config = config

    def examples(self, task: Task, split: str, limit: int | None = None) -> list[Example]:
        self.size(task, split)
        counts = {"train": self.config.train_records, "dev": self.config.dev_records, "test": self.config.dev_records}
        made = records(task.name, split, counts[split], self.config.seed)
        return first(chain.from_iterable(task.examples(record, split) for record in made), limit)

    def size(self, task: Task, split: str) -> None:
        if split not in ("train", "dev", "test"):
            raise InputError(f"split is {split!r}, but this source has only train, dev, test")
        if task.name not in RECORDS:
            raise InputError(f"task={task.name}: the miniature world has only {', '.join(RECORDS)}")

    def version(self, task: Task, split: str) -> str:
        return f"{self.config}"

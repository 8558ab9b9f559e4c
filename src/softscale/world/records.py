"""Records of every task that the world has, in the official form of each."""

import random
from collections.abc import Callable, Iterator

from softscale.world.paraphrase import PARAPHRASE
from softscale.world.questions import QUESTIONS
from softscale.world.superglue_records import SUPERGLUE, Record

RECORDS: dict[str, Callable[[random.Random, str], Record]] = {**SUPERGLUE, **PARAPHRASE, **QUESTIONS}


def records(task: str, split: str, count: int, seed: int) -> Iterator[Record]:
    """`count` records of a task from passages of `split`, in the official form; the same seed gives the same ones."""
    rng = random.Random(f"{task} {split} {seed}")
    for index in range(count):
        yield {**RECORDS[task](rng, split), "idx": index}

"""This process among those that share one run: its rank, and what the ranks tell each other.

A run in one process is rank 0 of 1, and every function here is then the identity.
"""

from collections.abc import Sequence
from typing import TypeVar

import torch.distributed as dist
from torch import Tensor

Item = TypeVar("Item")


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def num_ranks() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def is_first() -> bool:
    """Whether this process writes the files of the run."""
    return rank() == 0


def meet() -> None:
    """Wait until every rank is here: what the first one wrote before can then be read by all."""
    if num_ranks() > 1:
        dist.barrier()


def summed(value: Tensor) -> Tensor:
    """The sum of every rank's `value`, on every rank."""
    if num_ranks() == 1:
        return value
    total = value.clone()
    dist.all_reduce(total)
    return total


def merged(items: dict[int, Item]) -> dict[int, Item]:
    """What all ranks tell, on every rank."""
    if num_ranks() == 1:
        return items
    everyones: list[dict[int, Item]] = [{} for _ in range(num_ranks())]
    dist.all_gather_object(everyones, items)
    return {key: value for each in everyones for key, value in each.items()}


def share(items: Sequence[Item]) -> list[Item]:
    """This rank's items, dealt in turn; the last one is dealt again until all ranks have equally many.

    Equally many, because under `fsdp` every forward pass is one that all ranks make together.
    """
    rounds = range(rank(), -(-len(items) // num_ranks()) * num_ranks(), num_ranks())
    return [items[min(index, len(items) - 1)] for index in rounds]


def slices(size: int, most: int | None) -> list[range]:
    """The places of a step's batch that this rank computes: its share, in slices of at most `most` examples.

    size: examples of the batch, a multiple of the number of ranks.
    """
    each = size // num_ranks()
    first, end = rank() * each, (rank() + 1) * each
    return [range(start, min(start + (most or each), end)) for start in range(first, end, most or each)]

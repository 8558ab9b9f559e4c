"""Batches of tokenised examples, for training and for evaluation.

The batch of a training step is a function of the seed and the step, so that a resumed run sees what an uninterrupted
one would have seen.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor
from torch.utils.data import IterableDataset

from softscale.backbone.padding import IGNORED, PAD, padded
from softscale.data.order import indices_of_step
from softscale.data.tokenised import Tokenised


@dataclass(frozen=True, kw_only=True)
class Batch:
    """`tokens` and `mask` `[B, T]`, `labels` `[B, S]` with -100 at padding."""

    tokens: Tensor
    mask: Tensor
    labels: Tensor

    def part(self, indices: range) -> "Batch":
        """The examples at these indices, padded as they are."""
        rows = slice(indices.start, indices.stop)
        return Batch(tokens=self.tokens[rows], mask=self.mask[rows], labels=self.labels[rows])


def batch_of(data: Tokenised, indices: Sequence[int]) -> Batch:
    """The examples at these indices, padded to the longest of them."""
    chosen = data.rows[list(indices)]
    tokens = padded(chosen["input_ids"], PAD)
    mask = padded([[1] * len(row) for row in chosen["input_ids"]], 0)
    return Batch(tokens=tokens, mask=mask, labels=padded(chosen["target_ids"], IGNORED))


class TrainingBatches(IterableDataset):
    """The batches of steps `first()` to `steps` (see order.py); `limit` is that of a mixture."""

    def __init__(
        self, data: Tokenised, size: int, steps: int, seed: int, first: Callable[[], int], limit: int | None = None
    ) -> None:
        self.data, self.size, self.steps, self.seed, self.first, self.limit = data, size, steps, seed, first, limit

    def __iter__(self) -> Iterator[Batch]:
        counts = self.data.counts or (len(self.data),)
        for step in range(self.first(), self.steps):
            yield batch_of(self.data, indices_of_step(step, self.size, counts, self.seed, self.limit))


def evaluation_order(data: Tokenised, size: int) -> list[list[int]]:
    """Batches of indices, inputs of similar length together, longest first (a memory error comes at once)."""
    lengths = [len(row) for row in data.rows["input_ids"]]
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    return [order[i : i + size] for i in range(0, len(order), size)]

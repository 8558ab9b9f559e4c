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
from softscale.errors import InputError
from softscale.ranges import LONGEST

PADDED = 65_536  # tokens of a batch when it is scored, padding included: 128 inputs of the paper's 512
LONG = 512  # from here on what attention keeps outgrows the rest


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
    return bounded_batches([len(row) for row in data.rows["input_ids"]], size)


def bounded_batches(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Indices in batches of at most `size`, longest first; where inputs are long, a batch is split so that it fits.

    lengths: tokens of each input. A batch is bounded by its padded tokens, and for inputs beyond LONG tokens also by
    their squares, in which attention grows. No answer depends on which inputs share a batch.
    Raises InputError for an input that is too long by itself.
    """
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    if order and lengths[order[0]] > LONGEST:
        raise InputError(
            f"an input has {lengths[order[0]]:,} tokens, but at most {LONGEST:,} are read: what is scored is never cut"
        )
    batches = (order[start : start + size] for start in range(0, len(order), size))
    return [part for batch in batches for part in _parts(batch, lengths)]


def _parts(batch: list[int], lengths: Sequence[int]) -> Iterator[list[int]]:
    """A batch, longest first, cut into as many rows at a time as fit."""
    while batch:
        longest = lengths[batch[0]]
        rows = max(1, PADDED * LONG // (longest * max(longest, LONG)))
        yield batch[:rows]
        batch = batch[rows:]

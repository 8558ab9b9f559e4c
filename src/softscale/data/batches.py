"""Batches of tokenised examples, for training and for evaluation.

The batch of a training step is a function of the seed and the step, so that a resumed run sees what an uninterrupted
one would have seen.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor
from torch.utils.data import IterableDataset

from softscale.backbone.padding import IGNORED, PAD, padded
from softscale.config import Runtime
from softscale.data.order import indices_of_step
from softscale.data.tokenised import Tokenised
from softscale.errors import InputError
from softscale.ranges import LONGEST

PADDED = 65_536  # tokens of a batch when it is scored, padding included: 128 inputs of the paper's 512
ON_CPU = 4_096  # of these where a larger batch is no faster and needs more memory
AT_ONCE = 1024  # tokens of a part of a training batch, padding included
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

    def alike(self, fixed: float) -> list["Batch"]:
        """The batch in parts of rows of like length, without the columns that are padding in all of them.

        fixed: as many tokens as a part costs besides its own (`cuts`).
        """
        lengths, targets = self.mask.sum(1), (self.labels != IGNORED).sum(1)
        order = lengths.argsort(stable=True)
        parts, where = [], cuts(lengths[order].tolist(), fixed)
        if len(where) == 1:
            return [self]
        for start, end in where:
            rows = order[start:end]
            width, target = int(lengths[rows[-1]]), int(targets[rows].max())
            of_rows = (self.tokens[rows, :width], self.mask[rows, :width], self.labels[rows, :target])
            parts.append(Batch(tokens=of_rows[0], mask=of_rows[1], labels=of_rows[2]))
        return parts


def cuts(lengths: Sequence[int], fixed: float) -> list[tuple[int, int]]:
    """Where to cut rows of these lengths, shortest first, so that padded tokens and `fixed` a part are fewest in all.

    No part of several rows has more than AT_ONCE padded tokens, where that is more than a few times `fixed`.
    """
    most, padded_tokens = max(AT_ONCE, 4 * fixed), len(lengths) * lengths[-1]
    if padded_tokens <= most and padded_tokens - sum(lengths) <= fixed:
        return [(0, len(lengths))]
    best: list[tuple[float, int]] = [
        (0.0, 0)
    ]  # of the first so many rows: their cost, and where their last part starts
    for end in range(1, len(lengths) + 1):
        longest = lengths[end - 1]
        starts = [start for start in range(end) if start == end - 1 or (end - start) * longest <= most]
        best.append(min((best[start][0] + (end - start) * longest + fixed, start) for start in starts))
    parts, end = [], len(lengths)
    while end:
        parts.append((best[end][1], end))
        end = best[end][1]
    return parts[::-1]


def batch_of(data: Tokenised, indices: Sequence[int]) -> Batch:
    """The examples at these indices, padded to the longest of them."""
    inputs, targets = data.ids(indices)
    mask = padded([[1] * len(row) for row in inputs], 0)
    return Batch(tokens=padded(inputs, PAD), mask=mask, labels=padded(targets, IGNORED))


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


def evaluation_order(data: Tokenised, runtime: Runtime) -> list[list[int]]:
    """Batches of indices, inputs of similar length together, longest first (a memory error comes at once)."""
    return scoring_batches(data.lengths(), runtime)


def scoring_batches(lengths: Sequence[int], runtime: Runtime) -> list[list[int]]:
    """The batches of `bounded_batches` that `runtime` asks for and its device is good at."""
    return bounded_batches(lengths, runtime.eval_batch_size, ON_CPU if runtime.device == "cpu" else PADDED)


def bounded_batches(lengths: Sequence[int], size: int, padded_tokens: int = PADDED) -> list[list[int]]:
    """Indices in batches of at most `size`, longest first, each with as many as fit.

    lengths: tokens of each input. A batch is bounded by its padded tokens, and for inputs beyond LONG tokens also by
    their squares, in which attention grows. No answer depends on which inputs share a batch.
    Raises InputError for an input that is too long by itself.
    """
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    if order and lengths[order[0]] > LONGEST:
        raise InputError(
            f"an input has {lengths[order[0]]:,} tokens, but at most {LONGEST:,} are read: what is scored is never cut"
        )
    batches = []
    while order:
        longest = lengths[order[0]]
        rows = max(1, min(size, padded_tokens * LONG // (longest * max(longest, LONG))))
        batches.append(order[:rows])
        order = order[rows:]
    return batches

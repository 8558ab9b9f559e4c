"""Which examples form the batch of a step: a function of the seed and the step, for one task and for a mixture.

Examples-proportional mixing (Raffel et al. 2020, section 3.5.2): a task is drawn in proportion to min(n, K), where n is
the number of its examples and K a limit. Below the limit this is plain shuffling of the tasks' examples laid end to
end: every epoch has each example once. A task above it gives K examples to an epoch, the next K of its own epochs.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

import torch


def indices_of_step(step: int, size: int, counts: Sequence[int], seed: int, limit: int | None = None) -> list[int]:
    """The batch of a step, as indices of examples that lie end to end.

    Epochs of a seeded permutation, laid end to end and cut by `size`.

    Args:
        counts: examples of each task, in their order.
        limit: K; none for one task, and where every example is to be drawn alike.
    """
    shares = [count if limit is None else min(count, limit) for count in counts]
    ends, starts = list(accumulate(shares)), [0, *accumulate(counts)]
    epoch_size = ends[-1]
    indices = []
    for position in range(step * size, (step + 1) * size):
        epoch = position // epoch_size
        slot = _permutation(epoch_size, seed, epoch)[position % epoch_size]
        task = bisect_right(ends, slot)
        within, share, count = slot - ends[task] + shares[task], shares[task], counts[task]
        if share < count:
            own = epoch * share + within
            within = _permutation(count, seed, own // count)[own % count]
        indices.append(starts[task] + within)
    return indices


@lru_cache(maxsize=32)
def _permutation(count: int, seed: int, epoch: int) -> list[int]:
    generator = torch.Generator().manual_seed((seed << 20) + epoch)
    return torch.randperm(count, generator=generator).tolist()

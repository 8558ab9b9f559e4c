"""Rows of token ids of unequal length as one tensor."""

from collections.abc import Sequence

import torch
from torch import Tensor

PAD = 0  # T5's padding id
IGNORED = -100  # label of a position without a loss, as transformers and torch have it


def padded(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    """`[B, T]` with T the longest row's length; shorter rows end in `value`."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *[value] * (width - len(row))] for row in rows])

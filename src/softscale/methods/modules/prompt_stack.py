"""Several soft prompts as one tensor, and a batch in which each row says by its index which of them is its own.

Tasks mix in a batch so (Lester et al. 2021, figure 2), and so do several prompts that train at once. Gradients reach
each prompt from its own rows only.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def stacked(prompts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """N prompts `[P_i, H]` as `[N, P, H]`, P the longest one's length, and where each has rows, `[N, P]`: 1, else 0.

    Shorter ones are padded in front, so that each stands directly before its input. What stands before and is not seen
    moves nothing: T5 knows distances only, and a causal model counts positions without it.
    """
    longest = max(len(prompt) for prompt in prompts)
    values = prompts[0].new_zeros(len(prompts), longest, prompts[0].shape[1])
    visible = torch.zeros(len(prompts), longest, dtype=torch.long, device=values.device)
    for index, prompt in enumerate(prompts):
        values[index, longest - len(prompt) :] = prompt
        visible[index, longest - len(prompt) :] = 1
    return values, visible


def prepend_own(values: Tensor, visible: Tensor, own: Tensor, embedded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """What the model reads, `[B, P+T, H]` and mask `[B, P+T]` for embedded tokens `[B, T, H]` and mask `[B, T]`.

    own: `[B]`, for each row the index of its prompt in `values` `[N, P, H]`, of which `visible` `[N, P]` is seen.
    """
    rows = values[own].to(embedded.dtype)
    return torch.cat([rows, embedded], dim=1), torch.cat([visible[own].to(mask.dtype), mask], dim=1)

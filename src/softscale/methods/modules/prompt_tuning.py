"""A trainable `[P, H]` array, and the place where it is joined to the input (methods/prompt_tuning.py)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from softscale.methods.modules.method import Method


class PromptTuning(Method):
    """The prompt and its optimiser state stay fp32 whatever the backbone's dtype."""

    def __init__(self, prompt: Tensor) -> None:
        super().__init__()
        self.prompt = nn.Parameter(prompt.detach().float().clone())

    def trainable(self) -> dict[str, nn.Parameter]:
        return {"prompt": self.prompt}

    def join(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return prepend(self.prompt, embedded, mask)


def prepend_each(prompts: Sequence[Tensor], embedded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """To each of the B examples its own prompt `[P_i, H]`, whose lengths may differ: tasks mixed in a batch (figure 2).

    `[B, max P+T, H]` and its mask; what is missing of the longest prompt is padding at the end, where it moves nothing.
    """
    rows, visible = [], []
    for prompt, own, seen in zip(prompts, embedded, mask, strict=True):
        joined, joined_mask = prepend(prompt, own[None], seen[None])
        rows.append(joined[0])
        visible.append(joined_mask[0])
    return pad_sequence(rows, batch_first=True), pad_sequence(visible, batch_first=True)


def prepend(prompt: Tensor, embedded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """`[P, H]` in front of `[B, T, H]`, visible to every token and counted in the mask `[B, T]`."""
    batch = embedded.shape[0]
    rows = prompt.to(embedded.dtype).expand(batch, -1, -1)
    visible = mask.new_ones(batch, prompt.shape[0])
    return torch.cat([rows, embedded], dim=1), torch.cat([visible, mask], dim=1)

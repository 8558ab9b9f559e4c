"""A trainable `[P, H]` array, and the place where it is joined to the input (methods/prompt_tuning.py)."""

import torch
from torch import Tensor, nn

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


def prepend(prompt: Tensor, embedded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """`[P, H]` in front of `[B, T, H]`, visible to every token and counted in the mask `[B, T]`."""
    batch = embedded.shape[0]
    rows = prompt.to(embedded.dtype).expand(batch, -1, -1)
    visible = mask.new_ones(batch, prompt.shape[0])
    return torch.cat([rows, embedded], dim=1), torch.cat([visible, mask], dim=1)

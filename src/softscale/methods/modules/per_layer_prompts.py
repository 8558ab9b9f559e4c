"""A prompt for every layer of the stack that reads the input, and where each is put (methods/per_layer_prompts.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from softscale.methods.modules.method import Method
from softscale.methods.modules.prompt_tuning import prepend

if TYPE_CHECKING:
    from contextlib import ExitStack

    from softscale.backbone.backbone import Backbone


class PerLayerPrompts(Method):
    """`[L, P, H]`: prompt 0 is in front of the embedded input, prompt i of what layer i - 1 made of it."""

    def __init__(self, prompts: Tensor) -> None:
        super().__init__()
        self.prompts = nn.Parameter(prompts.detach().clone())

    def trainable(self) -> dict[str, nn.Parameter]:
        return {"prompts": self.prompts}

    def join(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return prepend(self.prompts[0], embedded, mask)

    def attach(self, backbone: Backbone) -> ExitStack:
        def put(layer: int, hidden: Tensor) -> Tensor:
            rows = self.prompts[layer].to(hidden.dtype).expand(hidden.shape[0], -1, -1)
            return torch.cat([rows, hidden[:, rows.shape[1] :]], dim=1)

        return backbone.before_layers(put)

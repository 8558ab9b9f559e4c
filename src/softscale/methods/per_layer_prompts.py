"""Per-layer prompts: a soft prompt of its own in front of every encoder layer (P-tuning v2, Liu et al. 2022).

What a layer made of the prompt before it is thrown away: the next layer sees its own prompt in those P places.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from omegaconf import MISSING
from torch import Tensor, nn

from softscale.backbone.maps import until_closed
from softscale.config import MethodConfig, Shape, at_least, schema
from softscale.methods.init.initialisation import InitConfig
from softscale.methods.method import Context, Method
from softscale.methods.prompt_tuning import prepend

if TYPE_CHECKING:
    from contextlib import ExitStack

    from softscale.backbone.backbone import Backbone


@schema("method", "per_layer_prompts")
@dataclass(kw_only=True)
class PerLayerPromptsConfig(MethodConfig):
    formula: ClassVar[str] = "L·P·H"

    length: int = MISSING  # P
    init: InitConfig = MISSING  # of every layer's prompt, drawn anew for each

    def check(self) -> None:
        at_least("method.length", self.length, 1)
        self.init.check()

    def num_positions(self) -> int:
        return self.length

    def num_trained(self, shape: Shape) -> int:
        return shape.num_layers * self.length * shape.d_model

    def find(self, runs: Path) -> None:
        self.init.find(self.length, runs)

    def build(self, context: Context) -> PerLayerPrompts:
        layers = len(context.backbone.model.encoder.block)
        return PerLayerPrompts(torch.stack([self.init.prompt(self.length, context).float() for _ in range(layers)]))


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
        def hook_of(layer: int):
            def put_in_place(_: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
                hidden = args[0]
                rows = self.prompts[layer].to(hidden.dtype).expand(hidden.shape[0], -1, -1)
                return (torch.cat([rows, hidden[:, rows.shape[1] :]], dim=1), *args[1:])

            return put_in_place

        blocks = list(backbone.model.encoder.block)
        return until_closed(
            block.register_forward_pre_hook(hook_of(layer)) for layer, block in enumerate(blocks) if layer > 0
        )

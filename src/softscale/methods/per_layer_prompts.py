"""Per-layer prompts: one in front of every layer of the stack that reads the input (P-tuning v2, Liu et al. 2022).

What a layer made of the prompt before it is thrown away: the next layer sees its own prompt in those P places. A causal
model reads them once: when it writes, their keys and values are in its cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from omegaconf import MISSING

from softscale.config import MethodConfig, Shape, schema
from softscale.methods.init.initialisation import InitConfig
from softscale.ranges import MOST, at_least

if TYPE_CHECKING:
    from softscale.methods.method import Context
    from softscale.methods.modules.per_layer_prompts import PerLayerPrompts


@schema("method", "per_layer_prompts")
@dataclass(kw_only=True)
class PerLayerPromptsConfig(MethodConfig):
    formula: ClassVar[str] = "L·P·H"

    length: int = MISSING  # P
    init: InitConfig = MISSING  # of every layer's prompt, drawn anew for each

    def check(self) -> None:
        at_least("method.length", self.length, 1, MOST)
        self.init.check()

    def num_positions(self) -> int:
        return self.length

    def num_trained(self, shape: Shape) -> int:
        return shape.num_layers * self.length * shape.d_model

    def find(self, runs: Path) -> None:
        self.init.find(self.length, runs)

    def build(self, context: Context) -> PerLayerPrompts:
        import torch

        from softscale.methods.modules.per_layer_prompts import PerLayerPrompts

        layers = context.backbone.num_prompted_layers
        return PerLayerPrompts(torch.stack([self.init.prompt(self.length, context).float() for _ in range(layers)]))

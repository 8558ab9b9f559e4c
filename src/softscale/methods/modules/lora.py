"""The factors of LoRA, and how their product is added (methods/lora.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from softscale.backbone.maps import maps_named, named, parameters_at, until_closed
from softscale.methods.method import Context
from softscale.methods.modules.method import Method

if TYPE_CHECKING:
    from contextlib import ExitStack

    from softscale.backbone.backbone import Backbone


class LoRA(Method):
    """`<map>.lora_A` `[r, in]` and `<map>.lora_B` `[out, r]`, fp32 whatever the backbone's dtype."""

    def __init__(self, first: dict[str, Tensor], scale: float, dropout: float) -> None:
        super().__init__()
        self.factors = parameters_at(first)
        self.scale, self.dropout = scale, dropout

    @classmethod
    def of(cls, context: Context, targets: Sequence[str], rank: int, scale: float, dropout: float) -> LoRA:
        """A as a fresh linear map and B = 0, so that the update starts at 0."""
        first = {}
        for name, linear in maps_named(context.backbone, targets).items():
            bound = linear.in_features**-0.5
            uniform = torch.rand(rank, linear.in_features, generator=context.generator)
            first[f"{name}.lora_A"] = (2 * uniform - 1) * bound
            first[f"{name}.lora_B"] = torch.zeros(linear.out_features, rank)
        return cls(first, scale, dropout)

    def trainable(self) -> dict[str, nn.Parameter]:
        return named(self.factors)

    def attach(self, backbone: Backbone) -> ExitStack:
        def hook_of(a: Tensor, b: Tensor):
            def add_update(_: nn.Module, args: tuple[Tensor], output: Tensor) -> Tensor:
                seen = F.dropout(args[0].float(), self.dropout, self.training)
                return output + (self.scale * F.linear(F.linear(seen, a), b)).to(output.dtype)

            return add_update

        return until_closed(linear.register_forward_hook(hook_of(a, b)) for linear, a, b in self._at(backbone))

    @torch.no_grad()
    def merge(self, backbone: Backbone) -> None:
        for linear, a, b in self._at(backbone):
            linear.weight += (self.scale * b @ a).to(linear.weight.dtype)

    def _at(self, backbone: Backbone) -> list[tuple[nn.Linear, nn.Parameter, nn.Parameter]]:
        """Each adapted linear map of `backbone` with its A and B."""
        factors = self.trainable()
        names = [name.removesuffix(".lora_A") for name in factors if name.endswith(".lora_A")]
        maps = backbone.maps
        return [(maps[name], factors[f"{name}.lora_A"], factors[f"{name}.lora_B"]) for name in names]

"""The biases of BitFit, and how they are added (methods/bitfit.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from softscale.backbone.maps import named, parameters_at, short, until_closed
from softscale.errors import InputError
from softscale.methods.modules.method import Method

if TYPE_CHECKING:
    from contextlib import ExitStack

    from softscale.backbone.backbone import Backbone


class BitFit(Method):
    """One bias for each linear map but the keys': `[out]`, or `[2/3 out]` where a map makes the keys too."""

    def __init__(self, first: dict[str, Tensor]) -> None:
        super().__init__()
        self.biases = parameters_at(first)

    @classmethod
    def of(cls, backbone: Backbone) -> BitFit:
        """Biases of 0, which change nothing."""
        family = backbone.family
        sizes = {
            name: family.outputs_but_keys(short(name), linear.out_features) for name, linear in backbone.maps.items()
        }
        return cls({name: torch.zeros(size) for name, size in sizes.items() if size})

    def trainable(self) -> dict[str, nn.Parameter]:
        return named(self.biases)

    @torch.no_grad()
    def merge(self, backbone: Backbone) -> None:
        maps = backbone.maps
        if any(maps[name].bias is None for name in self.trainable()):
            raise InputError("BitFit cannot become weights of this model: its linear maps have no biases")
        for name, bias in self.trainable().items():
            maps[name].bias.add_(_of_all(maps[name], bias, backbone).to(maps[name].bias.dtype))

    def attach(self, backbone: Backbone) -> ExitStack:
        def hook_of(bias: Tensor) -> Callable[[nn.Module, tuple[Tensor], Tensor], Tensor]:
            return lambda linear, _, output: output + _of_all(linear, bias, backbone).to(output.dtype)

        return until_closed(
            backbone.model.get_submodule(name).register_forward_hook(hook_of(bias))
            for name, bias in self.trainable().items()
        )


def _of_all(linear: nn.Module, bias: Tensor, backbone: Backbone) -> Tensor:
    """`[out]`: 0 at the keys of a map that makes queries, keys and values, head after head."""
    if len(bias) == linear.out_features:
        return bias
    queries, values = bias.view(backbone.model.config.num_attention_heads, 2, -1).unbind(1)
    return torch.stack([queries, torch.zeros_like(queries), values], 1).flatten()

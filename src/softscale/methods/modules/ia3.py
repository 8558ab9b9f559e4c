"""The vectors of IA3, and how they rescale (methods/ia3.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from softscale.backbone.maps import maps_named, named, parameters_at, short, until_closed
from softscale.methods.modules.method import Method

if TYPE_CHECKING:
    from contextlib import ExitStack

    from softscale.backbone.backbone import Backbone


class IA3(Method):
    """One vector for each k and v `[heads x d_kv]` and each wo `[d_ff]`; ones, where they start, change nothing.

    Where one map makes queries, keys and values, its vector rescales all three, as PEFT's does.
    """

    def __init__(self, first: dict[str, Tensor]) -> None:
        super().__init__()
        self.scales = parameters_at(first)

    @classmethod
    def of(cls, backbone: Backbone) -> IA3:
        """Ones, which change nothing."""
        inner = backbone.family.own_names(["wo"])
        maps = maps_named(backbone, ("k", "v", "wo"))
        widths = {name: m.in_features if short(name) in inner else m.out_features for name, m in maps.items()}
        return cls({name: torch.ones(width) for name, width in widths.items()})

    def trainable(self) -> dict[str, nn.Parameter]:
        return named(self.scales)

    @torch.no_grad()
    def merge(self, backbone: Backbone) -> None:
        inner, maps = backbone.family.own_names(["wo"]), backbone.maps
        for name, scale in self.trainable().items():
            linear = maps[name]  # [out, in]
            linear.weight *= (scale if short(name) in inner else scale[:, None]).to(linear.weight.dtype)
            if linear.bias is not None and short(name) not in inner:
                linear.bias.mul_(scale.to(linear.bias.dtype))

    def attach(self, backbone: Backbone) -> ExitStack:
        def before(scale: Tensor) -> Callable[[nn.Module, tuple[Tensor]], tuple[Tensor]]:
            return lambda _, args: (args[0] * scale.to(args[0].dtype),)

        def after(scale: Tensor) -> Callable[[nn.Module, tuple[Tensor], Tensor], Tensor]:
            return lambda _, __, output: output * scale.to(output.dtype)

        inner = backbone.family.own_names(["wo"])

        def hook(name: str, scale: Tensor) -> RemovableHandle:
            linear = backbone.model.get_submodule(name)
            if short(name) in inner:
                return linear.register_forward_pre_hook(before(scale))
            return linear.register_forward_hook(after(scale))

        return until_closed(hook(name, scale) for name, scale in self.trainable().items())

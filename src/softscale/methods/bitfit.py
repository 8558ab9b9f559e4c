"""BitFit: only biases train (Ben Zaken et al. 2022). T5 has none, so each linear map gets one that starts at 0.

Keys get none: a bias of all keys adds the same number to every score of a query, which the softmax takes away again, so
it would never receive a gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn

from softscale.backbone.maps import linear_maps, named, parameters_at, short, until_closed
from softscale.backbone.shape import map_shapes
from softscale.config import MethodConfig, Shape, schema
from softscale.methods.method import Context, Method

if TYPE_CHECKING:
    from contextlib import ExitStack

    from softscale.backbone.backbone import Backbone


@schema("method", "bitfit")
@dataclass(kw_only=True)
class BitFitConfig(MethodConfig):
    formula: ClassVar[str] = "3·L·(2·A + H) (queries, values, outputs) + 2·L·(2·F + H)"

    def num_trained(self, shape: Shape) -> int:
        return sum(count * outputs for name, (count, _, outputs) in map_shapes(shape).items() if name != "k")

    def build(self, context: Context) -> BitFit:
        maps = linear_maps(context.backbone)
        return BitFit({name: torch.zeros(linear.out_features) for name, linear in maps.items() if short(name) != "k"})


class BitFit(Method):
    """One bias `[out]` for each linear map but the keys'."""

    def __init__(self, first: dict[str, Tensor]) -> None:
        super().__init__()
        self.biases = parameters_at(first)

    def trainable(self) -> dict[str, nn.Parameter]:
        return named(self.biases)

    def attach(self, backbone: Backbone) -> ExitStack:
        def hook_of(bias: Tensor) -> Callable[[nn.Module, tuple[Tensor], Tensor], Tensor]:
            return lambda _, __, output: output + bias.to(output.dtype)

        return until_closed(
            backbone.model.get_submodule(name).register_forward_hook(hook_of(bias))
            for name, bias in self.trainable().items()
        )

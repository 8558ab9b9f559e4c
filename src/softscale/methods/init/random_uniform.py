"""Random uniform: every element from U[-bound, bound] (paper: bound 0.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omegaconf import MISSING

from softscale.config import schema
from softscale.methods.init.initialisation import InitConfig
from softscale.ranges import above_zero

if TYPE_CHECKING:
    from torch import Tensor

    from softscale.methods.method import Context


@schema("method/init", "random_uniform")
@dataclass(kw_only=True)
class RandomUniform(InitConfig):
    bound: float = MISSING

    def check(self) -> None:
        above_zero("method.init.bound", self.bound, 1000)

    def prompt(self, length: int, context: Context) -> Tensor:
        import torch

        width = context.backbone.embeddings.shape[1]
        return (2 * torch.rand(length, width, generator=context.generator) - 1) * self.bound

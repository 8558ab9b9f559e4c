"""Random uniform: every element from U[-bound, bound] (paper: bound 0.5)."""

import math
from dataclasses import dataclass

import torch
from omegaconf import MISSING
from torch import Tensor

from softscale.config import schema
from softscale.errors import InputError
from softscale.methods.init.initialisation import InitConfig
from softscale.methods.method import Context


@schema("method/init", "random_uniform")
@dataclass(kw_only=True)
class RandomUniform(InitConfig):
    bound: float = MISSING

    def check(self) -> None:
        if not 0 < self.bound < math.inf:
            raise InputError(f"method.init.bound={self.bound} is not allowed: it must be a number above 0")

    def prompt(self, length: int, context: Context) -> Tensor:
        width = context.backbone.embeddings.shape[1]
        return (2 * torch.rand(length, width, generator=context.generator) - 1) * self.bound

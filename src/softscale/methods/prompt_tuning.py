"""Prompt tuning: a trainable `[P, H]` array in front of the embedded encoder input (Lester et al. 2021, section 2).

Making the array (methods/init/) and joining it to the input (`prepend`) are separate; the decoder is untouched.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from omegaconf import MISSING
from torch import Tensor, nn

from softscale.config import MethodConfig, Shape, at_least, schema
from softscale.methods.init.initialisation import InitConfig
from softscale.methods.method import Context, Method


@schema("method", "prompt_tuning")
@dataclass(kw_only=True)
class PromptTuningConfig(MethodConfig):
    formula: ClassVar[str] = "P·H"

    length: int = MISSING  # P
    init: InitConfig = MISSING

    def check(self) -> None:
        at_least("method.length", self.length, 1)
        self.init.check()

    def num_positions(self) -> int:
        return self.length

    def num_trained(self, shape: Shape) -> int:
        return self.length * shape.d_model

    def find(self, runs: Path) -> None:
        self.init.find(self.length, runs)

    def build(self, context: Context) -> "PromptTuning":
        return PromptTuning(self.init.prompt(self.length, context))


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

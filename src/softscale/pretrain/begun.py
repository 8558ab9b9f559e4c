"""A pre-training at its first step: what the loop trains (loop.py), as a configuration begins it (job.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from transformers import PreTrainedTokenizerBase, T5ForConditionalGeneration

from softscale.pretrain.batches import Batches


@dataclass(kw_only=True)
class Begun:
    """A pre-training at its first step."""

    name: str
    model: T5ForConditionalGeneration
    tokenizer: PreTrainedTokenizerBase
    optimiser: Optimizer
    batches: Batches
    learn: Callable[[Tensor, Tensor], Tensor]  # inputs and labels: adds a batch's gradient, returns its loss
    stored: torch.dtype = torch.float32  # of the weights that are written
    facts: dict[str, Any] = field(default_factory=dict)  # JSON: what decides the weights and is in files

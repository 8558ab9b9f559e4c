"""What a method is: how a backbone is adapted to a task.

A method owns the tensors that train and may change the encoder's input; it never sees the loss, the trainer or the
metric. Training, checkpoints, counting and the record use only what is here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:  # transformers takes seconds to import, and composing a configuration needs none of it
    from softscale.backbone.backbone import Backbone


@dataclass(kw_only=True)
class Context:
    """What a method may look at when it is built."""

    backbone: Backbone
    words: Sequence[str]  # the task's label words, or the paper's words where it has none
    generator: torch.Generator  # seeded by the study: the only source of randomness of an initialisation
    notes: list[str]  # what is no error but must be said once and kept in the record


class Method(nn.Module, ABC):
    """Abstract; a concrete method is final."""

    @abstractmethod
    def trainable(self) -> dict[str, nn.Parameter]:
        """The parameters that train, by the name under which they are stored."""

    @abstractmethod
    def join(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The encoder's input `[B, P+T, H]` and mask `[B, P+T]` for embedded tokens `[B, T, H]` and mask `[B, T]`."""

"""Class labels: row i is the embedding of label word i, the mean over its pieces; the rest is sampled vocabulary.

Each label is used once, at the front; labels beyond P are dropped, and said to be (paper, section 3.2). Its pieces are
those that the model is to write: on a causal model with the space in front.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omegaconf import MISSING

from softscale.backbone.text import written_ids
from softscale.config import schema
from softscale.errors import InputError
from softscale.methods.init.initialisation import InitConfig
from softscale.methods.init.sampled_vocab import sampled_rows
from softscale.ranges import MOST, at_least

if TYPE_CHECKING:
    from torch import Tensor

    from softscale.methods.method import Context


@schema("method/init", "class_labels")
@dataclass(kw_only=True)
class ClassLabels(InitConfig):
    population: int = MISSING  # of the sampled vocabulary that fills the remaining rows

    def check(self) -> None:
        at_least("method.init.population", self.population, 1, MOST)

    def prompt(self, length: int, context: Context) -> Tensor:
        import torch

        used, dropped = context.words[:length], context.words[length:]
        if dropped:
            context.notes.append(
                f"the prompt has {length} row(s) for {len(context.words)} label words: {', '.join(dropped)} dropped"
            )
        backbone = context.backbone
        rows = []
        for word, pieces in zip(used, written_ids(backbone.tokenizer, used), strict=True):
            if not pieces:
                raise InputError(f"method/init=class_labels: this model's tokenizer has no piece for the word {word!r}")
            rows.append(backbone.embeddings[pieces].detach().float().mean(0, keepdim=True))
        filling = sampled_rows(length - len(used), self.population, context).float()
        return torch.cat([*rows, filling])

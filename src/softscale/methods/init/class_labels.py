"""Class labels: row i is the embedding of label word i, the mean over its pieces; the rest is sampled vocabulary.

Each label is used once, at the front; labels beyond P are dropped, and said to be (paper, section 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omegaconf import MISSING

from softscale.backbone.text import word_ids
from softscale.config import schema
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
        for word in used:
            pieces = word_ids(backbone.tokenizer, word)
            rows.append(backbone.embeddings[pieces].detach().float().mean(0, keepdim=True))
        filling = sampled_rows(length - len(used), self.population, context).float()
        return torch.cat([*rows, filling])

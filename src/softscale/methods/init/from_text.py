"""From text: rows are the embeddings of the text's tokens, in order; what is left over is sampled vocabulary.

A prompt that is as long as the text starts where that text, typed in front of the input, would be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omegaconf import MISSING

from softscale.backbone.text import text_ids
from softscale.config import schema
from softscale.errors import InputError
from softscale.methods.init.initialisation import InitConfig
from softscale.methods.init.sampled_vocab import sampled_rows
from softscale.ranges import MOST, at_least

if TYPE_CHECKING:
    from torch import Tensor

    from softscale.methods.method import Context


@schema("method/init", "from_text")
@dataclass(kw_only=True)
class FromText(InitConfig):
    text: str = MISSING
    population: int = MISSING  # of the sampled vocabulary that fills the remaining rows

    def check(self) -> None:
        if not self.text.strip():
            raise InputError("method.init.text is empty: it must hold at least one word")
        at_least("method.init.population", self.population, 1, MOST)

    def prompt(self, length: int, context: Context) -> Tensor:
        import torch

        pieces = text_ids(context.backbone.tokenizer, [self.text])[0]
        if len(pieces) > length:
            context.notes.append(
                f"the prompt has {length} row(s) for {len(pieces)} tokens of text: the rest is dropped"
            )
        used = pieces[:length]
        filling = sampled_rows(length - len(used), self.population, context).float()
        return torch.cat([context.backbone.embeddings[used].detach().float(), filling])

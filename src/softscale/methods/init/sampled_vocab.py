"""Sampled vocabulary: rows are embeddings of words drawn from the most common ones.

The paper draws from the 5,000 first ids of the SentencePiece table, which is ordered by likelihood, without replacement
(with replacement only if P exceeds them). The first ids include `<pad>`, `</s>` and `<unk>`: the authors' code does not
exclude them, and neither does this (google-research/prompt-tuning, prompts.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omegaconf import MISSING

from softscale.config import schema
from softscale.methods.init.initialisation import InitConfig
from softscale.ranges import MOST, at_least

if TYPE_CHECKING:
    from torch import Tensor

    from softscale.methods.method import Context


@schema("method/init", "sampled_vocab")
@dataclass(kw_only=True)
class SampledVocab(InitConfig):
    population: int = MISSING  # first ids of the vocabulary to draw from

    def check(self) -> None:
        at_least("method.init.population", self.population, 1, MOST)

    def prompt(self, length: int, context: Context) -> Tensor:
        return sampled_rows(length, self.population, context)


def sampled_rows(length: int, population: int, context: Context) -> Tensor:
    """Embeddings `[P, H]` of `sampled_ids`."""
    table = context.backbone.embeddings
    return table[sampled_ids(length, population, context).to(table.device)].detach()


def sampled_ids(length: int, population: int, context: Context) -> Tensor:
    """Ids `[P]` drawn from the first `population` ids that are words, not sentinels."""
    import torch

    ids = min(population, _num_words(context))
    if length > ids:
        return torch.randint(ids, (length,), generator=context.generator)
    return torch.randperm(ids, generator=context.generator)[:length]


def _num_words(context: Context) -> int:
    """Ids before the first sentinel: a small vocabulary has fewer than 5,000 words, and sentinels behind them."""
    tokenizer = context.backbone.tokenizer
    sentinels = [id_ for token, id_ in tokenizer.get_vocab().items() if token.startswith("<extra_id_")]
    return min([*sentinels, len(tokenizer), context.backbone.embeddings.shape[0]])

"""Greedy writing of a causal model: the input is read once, and a row that has ended is written no further."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from transformers.cache_utils import DynamicCache

from softscale.devices.ranks import summed


class Writer(Protocol):
    """What writes: causal_lm.py says what each is."""

    going_on: bool
    model: Any
    tokenizer: Any

    @property
    def head(self) -> nn.Module: ...
    def embed(self, tokens: Tensor) -> Tensor: ...
    def hidden(self, embedded: Tensor, mask: Tensor, cache: DynamicCache | None = None) -> Tensor: ...
    def last(self, hidden: Tensor, mask: Tensor) -> Tensor: ...


def greedy(
    backbone: Writer, embedded: Tensor, mask: Tensor, lengths: Sequence[int], together: bool = False
) -> list[list[int]]:
    """The most probable next id, again and again: for each row its ids, up to its end or its own length.

    Args:
        embedded: `[B, T, H]`, what is read first.
        mask: `[B, T]`, 1 where there is something to attend to.
        together: every step is one that all ranks make together (weights are sharded): nobody ends before all have.
    """
    device, ends = mask.device, _ends(backbone, mask.device)
    written: list[list[int]] = [[] for _ in lengths]
    own, alive = torch.tensor(lengths, device=device), torch.arange(len(lengths), device=device)
    going = torch.ones(len(lengths), dtype=torch.bool, device=device)
    cache = DynamicCache(config=backbone.model.config)
    hidden = backbone.last(backbone.hidden(embedded, mask, cache), mask)
    for step in range(max(lengths)):
        ids = backbone.head(hidden).float().argmax(-1)
        for row, id_, goes in zip(alive.tolist(), ids.tolist(), going.tolist(), strict=True):
            if goes:
                written[row].append(id_)
        going = going & ~torch.isin(ids, ends) & (own[alive] > step + 1)
        if together:
            if not summed(going.sum()):
                break
        elif not going.all():
            kept = going.nonzero()[:, 0]
            if not len(kept):
                break
            alive, ids, mask, going = alive[kept], ids[kept], mask[kept], going[kept]
            cache.batch_select_indices(kept)
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], 1)
        backbone.going_on = True
        try:
            hidden = backbone.hidden(backbone.embed(ids[:, None]), mask, cache)[:, -1]
        finally:
            backbone.going_on = False
    return written


def _ends(backbone: Writer, device: torch.device) -> Tensor:
    """The ids at which a text ends: the tokenizer's, and those that the model's own configuration names."""
    configured: Any = getattr(backbone.model.generation_config, "eos_token_id", None)
    named = configured if isinstance(configured, list) else [configured]
    own: Any = backbone.tokenizer.eos_token_id
    return torch.tensor(sorted({own, *named} - {None}), device=device)

"""Greedy writing: the encoder is read once, and a row that has ended is decoded no further."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import T5ForConditionalGeneration
from transformers.cache_utils import EncoderDecoderCache

from softscale.backbone.padding import PAD
from softscale.backbone.stacks import decoded, hiding
from softscale.devices.ranks import summed


def greedy(
    model: T5ForConditionalGeneration, seen: Tensor, mask: Tensor, lengths: Sequence[int], together: bool = False
) -> Tensor:
    """The most probable next id, again and again: `[B, longest length]`, padding after a row's end or own length.

    What transformers' greedy search writes, from the encoder's output `[B, T, H]` and its mask `[B, T]`.

    together: every step is one that all ranks make together (weights are sharded): nobody ends before all have.
    """
    device, longest = seen.device, max(lengths)
    ends = torch.tensor(model.generation_config.eos_token_id, device=device).reshape(-1)  # type: ignore[union-attr]
    own = torch.tensor(lengths, device=device)
    written = torch.full((len(seen), longest), PAD, device=device)
    alive = torch.arange(len(seen), device=device)  # the rows that are still decoded
    ids = torch.full((len(seen), 1), int(model.config.decoder_start_token_id), device=device)
    going = torch.ones(len(seen), dtype=torch.bool, device=device)
    cache, hidden_from = Cache(longest), hiding(mask, seen.dtype)
    for step in range(longest):
        hidden = decoded(model, ids, seen, hidden_from, cache)
        ids = model.lm_head(hidden[:, -1]).float().argmax(-1, keepdim=True).masked_fill(~going[:, None], PAD)
        written[alive, step] = ids[:, 0]
        going = going & ~torch.isin(ids[:, 0], ends) & (own[alive] > step + 1)
        if together:
            if not summed(going.sum()):
                break
        elif not going.all():
            alive, ids, hidden_from = alive[going], ids[going], hidden_from[going]
            if not len(alive):
                break
            cache.keep(going)
            going = going[going]
    return written


class Cache(EncoderDecoderCache):
    """Keys and values of a decoder: room for every step from the start, and those of the encoder computed once."""

    def __init__(self, length: int) -> None:
        self.self_attention_cache = Steps(length)  # type: ignore[assignment]
        self.cross_attention_cache = Encoder()  # type: ignore[assignment]
        self.is_updated = {}

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return self.self_attention_cache.count.get(layer_idx, 0)

    def keep(self, rows: Tensor) -> None:
        """Forget all rows but those that are True in `[B]`."""
        for part in (self.self_attention_cache, self.cross_attention_cache):
            for layer in part.layers.values():
                layer.keys, layer.values = layer.keys[rows], layer.values[rows]


class KeysValues:
    def __init__(self, keys: Tensor, values: Tensor) -> None:
        self.keys, self.values = keys, values


class Steps:
    """Of the decoder's own ids, one more at each step."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.layers: dict[int, KeysValues] = {}
        self.count: dict[int, int] = {}

    def update(self, keys: Tensor, values: Tensor, layer: int, **_: Any) -> tuple[Tensor, Tensor]:
        shape = (*keys.shape[:2], self.length, keys.shape[3])
        room = self.layers.setdefault(layer, KeysValues(keys.new_empty(shape), values.new_empty(shape)))
        count = self.count.get(layer, 0)
        room.keys[:, :, count : count + 1], room.values[:, :, count : count + 1] = keys, values
        self.count[layer] = count + 1
        return room.keys[:, :, : count + 1], room.values[:, :, : count + 1]


class Encoder:
    """Of the encoder's outputs, as attention reads them: in one piece, on a CPU in fp32."""

    def __init__(self) -> None:
        self.layers: dict[int, KeysValues] = {}

    def update(self, keys: Tensor, values: Tensor, layer: int, **_: Any) -> tuple[Tensor, Tensor]:
        if keys.device.type == "cpu":
            keys, values = keys.float(), values.float()
        self.layers[layer] = KeysValues(keys.contiguous(), values.contiguous())
        return self.layers[layer].keys, self.layers[layer].values

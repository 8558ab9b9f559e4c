"""Trained keys and values in front of those of every layer of a causal model.

As for T5 (attention.py), through transformers' own registries of attention and mask functions: nothing of the model is
replaced, the prefix is no part of the cache, and it is made anew in every pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from softscale.errors import InputError

PREFIXED = "_with_prefixes_in_front"


@contextmanager
def prefixed(model: PreTrainedModel, layers: Sequence[Callable[[], Tensor]]) -> Iterator[None]:
    """Within, attention of layer i sees `layers[i]()`, `[2, P, heads x d_kv]`, in front of its keys and values."""
    usual = model.config._attn_implementation
    if usual is None or usual not in ALL_ATTENTION_FUNCTIONS:
        raise InputError(f"attention of this model ({usual}) can hold no prefix: use another method than prefix_tuning")
    name = usual + PREFIXED
    AttentionInterface.register(name, partial(prefixed_attention, ALL_ATTENTION_FUNCTIONS[usual], layers))
    AttentionMaskInterface.register(name, ALL_MASK_ATTENTION_FUNCTIONS[usual])
    model.config._attn_implementation = name
    try:
        yield
    finally:
        model.config._attn_implementation = usual


def prefixed_attention(
    usual: Callable[..., tuple[Tensor, Tensor | None]],
    layers: Sequence[Callable[[], Tensor]],
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    **options: Any,
) -> tuple[Tensor, Tensor | None]:
    """`usual` on `[B, heads, T, d_kv]` and the prefix of this layer, which every query sees."""
    index: int = module.layer_idx  # type: ignore[assignment]
    rows = layers[index]().to(key.dtype).unflatten(2, (key.shape[1], key.shape[3])).transpose(1, 2)
    prefix_keys, prefix_values = rows[:, None].expand(-1, len(key), -1, -1, -1)
    queries, keys = query.shape[2], key.shape[2]
    if attention_mask is None and queries > 1:
        attention_mask = torch.ones(queries, keys, dtype=torch.bool, device=key.device).tril(keys - queries)[None, None]
    if attention_mask is not None:
        visible = True if attention_mask.dtype == torch.bool else 0.0
        attention_mask = F.pad(attention_mask, (rows.shape[2], 0), value=visible)
    key, value = torch.cat([prefix_keys, key], dim=2), torch.cat([prefix_values, value], dim=2)
    return usual(module, query, key, value, attention_mask, **options)

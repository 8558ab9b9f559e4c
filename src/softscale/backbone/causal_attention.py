"""Attention of causal models on a CPU: plain products where there is a backward pass, torch's fused kernel elsewhere.

The fused kernel's backward pass in bf16 took 41 % of a step of SmolLM2-135M (torch 2.13). On other devices attention is
torch's own choice.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

CAUSAL_ATTENTION = "sdpa_or_plain"  # as transformers knows it


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **options: Any,
) -> tuple[Tensor, Tensor | None]:
    """Of `[B, heads, T, d]` and keys and values `[B, fewer heads, T', d]`; returns `[B, T, heads, d]`.

    attention_mask: `[B, 1, T, T']`, True where there is something to see; None: everything up to the query.
    """
    if query.device.type != "cpu":
        return sdpa_attention_forward(module, query, key, value, attention_mask, dropout, scaling, **options)
    if not torch.is_grad_enabled():
        with sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]):
            return sdpa_attention_forward(module, query, key, value, attention_mask, dropout, scaling, **options)
    batch, heads, queries, width = query.shape
    shared, keys = key.shape[1], key.shape[2]
    if attention_mask is None and queries > 1:
        attention_mask = torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)[None, None]
    scaled = query * (width**-0.5 if scaling is None else scaling)
    # The queries of all heads that share keys are rows of one product.
    scores = scaled.reshape(batch, shared, -1, width) @ key.transpose(2, 3)
    scores = scores.view(batch, shared, heads // shared, queries, keys)
    if attention_mask is not None:
        hidden = ~attention_mask[:, :, None] if attention_mask.dtype == torch.bool else attention_mask[:, :, None] < 0
        scores = scores.masked_fill(hidden, torch.finfo(scores.dtype).min)
    shares = torch.softmax(scores, -1, dtype=torch.float32).to(value.dtype)
    if dropout:
        shares = F.dropout(shares, dropout)
    mixed = shares.view(batch, shared, -1, keys) @ value
    return mixed.view(batch, heads, queries, width).transpose(1, 2), None


def register() -> None:
    AttentionInterface.register(CAUSAL_ATTENTION, attention)
    AttentionMaskInterface.register(CAUSAL_ATTENTION, sdpa_mask)

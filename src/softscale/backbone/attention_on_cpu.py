"""T5's attention on a CPU: a few examples at a time, so that their scores stay in the processor's cache.

What is kept for the backward pass is queries, keys and values, and of dropout one byte a score: where the scores of a
batch are many, the backward pass computes them again (Dao et al. 2022, FlashAttention, section 3.1). On other devices
attention is torch's own fused kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from softscale.backbone.layers import kept_at_random, thinned

ATTENTION = "sdpa_or_in_parts"  # as transformers knows it
AT_ONCE = 2**19  # scores


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    position_bias: Tensor | None = None,
    visible: bool = False,
    **options: Any,
) -> tuple[Tensor, Tensor | None]:
    """Of `[B, heads, T, d_kv]`; returns `[B, T, heads, d_kv]`.

    visible: `position_bias` says all of what may be seen; no mask comes on top, not that of a decoder either.
    """
    if position_bias is None:
        assert attention_mask is not None
        position_bias, visible = attention_mask, True
    if query.device.type == "cpu":
        if not visible:
            position_bias = with_mask(module, position_bias, attention_mask, query.shape[2], key.shape[2])
        return _InParts.apply(query, key, value, position_bias, dropout), None  # type: ignore[return-value]
    if visible:
        return sdpa_attention_forward(module, query, key, value, position_bias, dropout=dropout, **options)
    bias = {"dropout": dropout, "position_bias": position_bias}
    return sdpa_attention_forward(module, query, key, value, attention_mask, **bias, **options)


def with_mask(module: nn.Module, position_bias: Tensor, mask: Tensor | None, queries: int, keys: int) -> Tensor:
    """Position bias and mask in one `[B or 1, heads or 1, T, T']`, as transformers' own SDPA has it.

    No mask means that everything is visible, or in the decoder's self-attention everything up to the query.
    """
    lowest = torch.finfo(position_bias.dtype).min
    if mask is None and getattr(module, "is_causal", False) and queries > 1:
        mask = torch.ones(queries, keys, dtype=torch.bool, device=position_bias.device).tril()
    if mask is None:
        return position_bias
    return torch.where(mask, position_bias, lowest) if mask.dtype == torch.bool else position_bias + mask


def register() -> None:
    AttentionInterface.register(ATTENTION, attention)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)


class _InParts(torch.autograd.Function):
    """softmax(Q K' + bias) V; products and sums in fp32."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, bias: Tensor, p: float) -> Tensor:
        batch, heads, queries, width = query.shape
        output = query.new_empty(batch, queries, heads, width)
        parts = list(_parts(batch, heads * queries * key.shape[2]))
        masks, kept = [], []
        with torch.autocast("cpu", enabled=False):
            for rows in parts:
                shares = _shares(query, key, bias, rows)
                mask = kept_at_random(shares.shape, p) if p else None
                kept.append(shares)
                masks.append(mask)
                used = shares if mask is None else thinned(shares, mask, p)
                mix = torch.bmm(used, _flat(value, rows))
                output[rows] = mix.unflatten(0, (-1, heads)).transpose(1, 2)
                if len(parts) > 1:
                    kept.clear()
        ctx.save_for_backward(query, key, value, bias)
        ctx.parts, ctx.masks, ctx.kept, ctx.p = parts, masks, kept, p
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, bias = ctx.saved_tensors
        (gradient,) = gradients
        heads, of_bias = query.shape[1], None
        of_query, of_key, of_value = (_empty_like(each) for each in (query, key, value))
        if ctx.needs_input_grad[3]:
            of_bias = torch.zeros(query.shape[0], *query.shape[1:3], key.shape[2])
        with torch.autocast("cpu", enabled=False):
            for rows, mask in zip(ctx.parts, ctx.masks, strict=True):
                shares = ctx.kept[0] if ctx.kept else _shares(query, key, bias, rows)
                out = _flat(gradient.transpose(1, 2), rows)
                used = shares if mask is None else thinned(shares, mask, ctx.p)
                _put(of_value, rows, torch.bmm(used.transpose(1, 2), out), heads)
                of_shares = torch.bmm(out, _flat(value, rows).transpose(1, 2))
                if mask is not None:
                    of_shares = thinned(of_shares, mask, ctx.p)
                of_scores = torch._softmax_backward_data(of_shares, shares, -1, shares.dtype)
                _put(of_query, rows, torch.bmm(of_scores, _flat(key, rows)), heads)
                _put(of_key, rows, torch.bmm(of_scores.transpose(1, 2), _flat(query, rows)), heads)
                if of_bias is not None:
                    of_bias[rows] = of_scores.unflatten(0, (-1, heads))
        ctx.kept = []
        return of_query, of_key, of_value, None if of_bias is None else of_bias.sum_to_size(bias.shape), None


def _parts(batch: int, scores: int) -> Iterator[slice]:
    """The rows of a batch, as many at a time as have AT_ONCE scores; one example has `scores`."""
    rows = max(1, AT_ONCE // scores)
    for start in range(0, batch, rows):
        yield slice(start, min(start + rows, batch))


def _flat(tensor: Tensor, rows: slice) -> Tensor:
    """These rows of `[B, heads, T, d]` as fp32 `[n heads, T, d]`; one row alone is not copied."""
    part = tensor[rows].float()
    return part[0] if len(part) == 1 else part.flatten(0, 1)


def _shares(query: Tensor, key: Tensor, bias: Tensor, rows: slice) -> Tensor:
    """Which share of its attention each query gives to each key, `[n heads, T, T']`."""
    scores = torch.bmm(_flat(query, rows), _flat(key, rows).transpose(1, 2))
    scores.unflatten(0, (-1, query.shape[1])).add_(bias if len(bias) == 1 else bias[rows])
    return torch.softmax(scores, -1)


def _empty_like(heads_first: Tensor) -> Tensor:
    """`[B, heads, T, d]` that lies in memory as the linear maps write it, `[B, T, heads, d]`."""
    return torch.empty_like(heads_first.transpose(1, 2), memory_format=torch.contiguous_format).transpose(1, 2)


def _put(to: Tensor, rows: slice, flat: Tensor, heads: int) -> None:
    to[rows] = flat.unflatten(0, (-1, heads))

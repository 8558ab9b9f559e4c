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
        position_bias, visible = query.new_zeros(1, 1, 1, 1) if attention_mask is None else attention_mask, True
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
        ctx.parts, ctx.p = list(_parts(batch, heads * queries * key.shape[2])), p
        ctx.sizes = query.shape, key.shape, query.dtype
        flat, shares = (), query  # of the last part
        masks, few = [], len(ctx.parts) == 1  # few scores are sooner kept than computed again
        with torch.autocast("cpu", enabled=False):
            for rows in ctx.parts:
                flat = _flat(query, rows), _flat(key, rows), _flat(value, rows)
                shares = _shares(flat[0], flat[1], bias, rows, heads)
                kept = kept_at_random(shares.shape, p) if p else None
                masks += [] if kept is None else [kept]
                mix = torch.bmm(shares if kept is None else thinned(shares, kept, p), flat[2])
                output[rows] = mix.unflatten(0, (-1, heads)).transpose(1, 2)
        ctx.save_for_backward(bias, shares if few else None, *(flat if few else (query, key, value)), *masks)
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        bias, all_shares, *seen = ctx.saved_tensors
        seen, masks = seen[:3], seen[3:] or [None] * len(ctx.parts)
        (of_query, of_key, dtype), of_bias = ctx.sizes, None
        heads, gradient = of_query[1], gradients[0].transpose(1, 2)
        made = [_as_maps_write(shape, dtype) for shape in (of_query, of_key, of_key)]
        if ctx.needs_input_grad[3]:
            of_bias = torch.empty(of_query[0], heads, of_query[2], of_key[2])
        with torch.autocast("cpu", enabled=False):
            for rows, kept in zip(ctx.parts, masks, strict=True):
                query, key, value = seen if all_shares is not None else (_flat(each, rows) for each in seen)
                shares = _shares(query, key, bias, rows, heads) if all_shares is None else all_shares
                out = _flat(gradient, rows)
                of_value = torch.bmm((shares if kept is None else thinned(shares, kept, ctx.p)).transpose(1, 2), out)
                of_shares = torch.bmm(out, value.transpose(1, 2))
                if kept is not None:
                    of_shares = thinned(of_shares, kept, ctx.p)
                of_scores = torch.ops.aten._softmax_backward_data(of_shares, shares, -1, shares.dtype)
                results = torch.bmm(of_scores, key), torch.bmm(of_scores.transpose(1, 2), query), of_value
                for whole_result, result in zip(made, results, strict=True):
                    whole_result[rows] = result.unflatten(0, (-1, heads))
                if of_bias is not None:
                    of_bias[rows] = of_scores.unflatten(0, (-1, heads))
        return *made, None if of_bias is None else of_bias.sum_to_size(bias.shape).to(bias.dtype), None


def _parts(batch: int, scores: int) -> Iterator[slice]:
    """The rows of a batch, as many at a time as have AT_ONCE scores; one example has `scores`."""
    rows = max(1, AT_ONCE // scores)
    for start in range(0, batch, rows):
        yield slice(start, min(start + rows, batch))


def _flat(tensor: Tensor, rows: slice) -> Tensor:
    """These rows of `[B, heads, T, d]` as fp32 `[n heads, T, d]`; one row alone is not copied."""
    part = tensor[rows].float()
    return part[0] if len(part) == 1 else part.flatten(0, 1)


def _shares(query: Tensor, key: Tensor, bias: Tensor, rows: slice, heads: int) -> Tensor:
    """Which share of its attention each query gives to each key, `[n heads, T, T']`."""
    scores = torch.bmm(query, key.transpose(1, 2))
    scores.unflatten(0, (-1, heads)).add_(bias if len(bias) == 1 else bias[rows])
    return torch.softmax(scores, -1)


def _as_maps_write(shape: torch.Size, dtype: torch.dtype) -> Tensor:
    """Room for `[B, heads, T, d]` that lies in memory as `[B, T, heads, d]`."""
    batch, heads, tokens, width = shape
    return torch.empty(batch, tokens, heads, width, dtype=dtype).transpose(1, 2)

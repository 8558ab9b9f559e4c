"""T5's encoder and decoder, block by block: position bias and mask become one once for all layers of a stack.

Blocks, norms and maps are called as modules, so that hooks, sharding and activation checkpointing reach them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from softscale.backbone.attention_on_cpu import with_mask

if TYPE_CHECKING:
    from transformers import T5ForConditionalGeneration
    from transformers.cache_utils import EncoderDecoderCache
    from transformers.models.t5.modeling_t5 import T5Stack


def encoded(model: T5ForConditionalGeneration, embedded: Tensor, mask: Tensor) -> Tensor:
    """What the encoder makes of `[B, T, H]`; the mask `[B, T]` is 1 where there is something to attend to."""
    # On a GPU, to look whether nothing is hidden would be to wait for it.
    nothing_hidden = mask.device.type == "cpu" and bool(mask.all())
    return _through(model.encoder, embedded, None if nothing_hidden else hiding(mask, embedded.dtype))


def decoded(
    model: T5ForConditionalGeneration,
    ids: Tensor,
    seen: Tensor,
    hidden_from: Tensor,
    cache: EncoderDecoderCache | None = None,
) -> Tensor:
    """What the decoder makes of ids `[B, S]`, each of which sees those before it; ready for the output head.

    Args:
        seen: `[B, T, H]`, what the encoder made.
        hidden_from: `[B, 1, 1, T]`, of `hiding`.
        cache: keys and values of ids before these, and of the encoder; then S is 1.
    """
    size = ids.shape[1]
    embedded, causal = model.decoder.embed_tokens(ids), None
    if size > 1:
        causal = embedded.new_full((1, 1, size, size), torch.finfo(embedded.dtype).min).triu_(1)
    outputs = _through(model.decoder, embedded, causal, seen, hidden_from, cache)
    return outputs * model.model_dim**-0.5 if model.config.scale_decoder_outputs else outputs


def hiding(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """`[B, 1, 1, T]` to be added to scores: 0 where the mask `[B, T]` is 1, and the lowest number elsewhere."""
    return torch.zeros(len(mask), 1, 1, mask.shape[1], dtype=dtype, device=mask.device).masked_fill_(
        mask[:, None, None] == 0, torch.finfo(dtype).min
    )


def _through(
    stack: T5Stack,
    embedded: Tensor,
    mask: Tensor | None,
    seen: Tensor | None = None,
    hidden_from: Tensor | None = None,
    cache: EncoderDecoderCache | None = None,
) -> Tensor:
    hidden, bias = stack.dropout(embedded), None
    for block in stack.block:
        first = bias is None  # it has the table of position biases, and gives them back without the mask
        own_mask = mask if first else None
        hidden, raw, _ = block(
            hidden, own_mask, bias, seen, None, hidden_from, cache=cache, visible=not first or mask is None
        )
        if first:
            bias = raw if mask is None else with_mask(block, raw, mask, 0, 0)
    return stack.dropout(stack.final_layer_norm(hidden))

"""T5's attention layers, and a way to put trained keys and values in front of theirs.

Through transformers' own registries of attention and mask functions: nothing of the model is replaced, the prefix is no
part of the cache (so it needs no care in generation), and it is made anew in every pass (so gradients reach it, under
gradient checkpointing too). The attention itself stays the one that the model had, shared dropout masks included.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, T5ForConditionalGeneration
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.t5.modeling_t5 import T5Attention

from softscale.backbone.attention_on_cpu import with_mask

PREFIXED = "_with_prefixes"  # ends the name of an attention implementation; what comes before is the usual one's name


def attentions(model: T5ForConditionalGeneration) -> dict[str, list[T5Attention]]:
    """The attention layers of each part (`encoder`, `decoder`: self-attention; `cross`), first layer first."""
    parts: dict[str, list[T5Attention]] = {"encoder": [], "decoder": [], "cross": []}
    for name, module in model.named_modules():
        if isinstance(module, T5Attention):
            parts["cross" if name.endswith("EncDecAttention") else name.partition(".")[0]].append(module)
    return parts


@contextmanager
def prefixed(attention: T5Attention, keys_values: Callable[[], Tensor]) -> Iterator[None]:
    """Within, `attention` sees `keys_values()`, `[2, P, heads x d_kv]`, in front of its keys and values.

    Raises:
        RuntimeError: there is a prefix already.
    """
    if getattr(attention, "prefix", None) is not None:
        raise RuntimeError("this backbone holds a prefix already: close the other method's `attach` first")
    before = attention.config._attn_implementation
    assert before is not None, "a loaded T5 has chosen its attention"
    attention.prefix = keys_values  # type: ignore[assignment]
    attention.config._attn_implementation = _with_prefixes(before.removesuffix(PREFIXED))
    try:
        yield
    finally:
        del attention.prefix
        attention.config._attn_implementation = before


def _with_prefixes(usual: str) -> str:
    """The name of the implementation that sees prefixes and leaves attention to `usual`.

    All layers of a stack have one configuration, so the first layer's prefix changes it for those that follow: the name
    tells them what was usual before.
    """
    name = usual + PREFIXED
    AttentionInterface.register(name, partial(prefixed_attention, ALL_ATTENTION_FUNCTIONS[usual]))
    AttentionMaskInterface.register(name, ALL_MASK_ATTENTION_FUNCTIONS[usual])
    return name


def prefixed_attention(
    usual: Callable[..., tuple[Tensor, Tensor | None]],
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    position_bias: Tensor | None = None,
    visible: bool = False,
    **options: Any,
) -> tuple[Tensor, Tensor | None]:
    """`usual` on `[B, heads, T, d_kv]` and, where `module` has one, a prefix: visible to all, without position.

    visible: as in `attention_on_cpu.attention`.
    """
    keys_values = getattr(module, "prefix", None)
    if keys_values is None:
        bias = {"position_bias": position_bias, "visible": visible}
        return usual(module, query, key, value, attention_mask, **bias, **options)
    assert position_bias is not None  # T5 computes one for every attention, zeros where it has none
    bias = position_bias
    if not visible:
        bias = with_mask(module, position_bias, attention_mask, query.shape[2], key.shape[2])
    rows = keys_values().to(key.dtype).unflatten(2, (key.shape[1], key.shape[3])).transpose(1, 2)
    prefix_keys, prefix_values = rows[:, None].expand(-1, len(key), -1, -1, -1)
    key, value = torch.cat([prefix_keys, key], dim=2), torch.cat([prefix_values, value], dim=2)
    return usual(module, query, key, value, F.pad(bias, (rows.shape[2], 0)), **options)


@torch.no_grad()
def activations(model: T5ForConditionalGeneration, tokens: Tensor) -> dict[str, Tensor]:
    """Keys and values that the untouched model computes for `tokens` `[P]`, read by encoder and decoder alike.

    For each part `[L, 2, P, heads x d_kv]`.
    """
    seen: dict[nn.Module, Tensor] = {}
    parts = attentions(model)
    maps = [m for layers in parts.values() for attention in layers for m in (attention.k, attention.v)]
    hooks = [m.register_forward_hook(lambda m, _, output: seen.__setitem__(m, output[0])) for m in maps]
    model(input_ids=tokens[None], decoder_input_ids=tokens[None], use_cache=False)
    for hook in hooks:
        hook.remove()
    return {
        part: torch.stack([torch.stack([seen[attention.k], seen[attention.v]]) for attention in layers])
        for part, layers in parts.items()
    }

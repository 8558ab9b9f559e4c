"""Dropout as the released code has it: one mask for all positions of an example.

flaxformer's T5 1.1 draws every mask once an example and repeats it along the sequence (google-research/prompt-tuning,
configs/architectures/t5_1_1_flaxformer.gin: Dropout.broadcast_dims = (-2,), broadcast_dropout = True), in the frozen
model too. transformers draws one for every position.
"""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, T5ForConditionalGeneration
from transformers.masking_utils import sdpa_mask

from softscale.backbone.attention_on_cpu import attention

ATTENTION = "sdpa_with_shared_dropout"  # as transformers knows it


class SharedDropout(nn.Dropout):
    """Dropout on `[B, ..., T, H]` that zeroes the same elements of H at every position of T."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return input
        return input * F.dropout(input.new_ones(*input.shape[:-2], 1, input.shape[-1]), self.p)


def attention_with_shared_dropout(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    **options: Any,
) -> tuple[Tensor, Tensor | None]:
    """Attention where every query of an example and head loses the same keys, as in flaxformer's dense_attention.py.

    To drop a key's probability for all queries is to drop its value, `[B, heads, keys, 1]`: no probability is stored.
    """
    if dropout:
        value = value * F.dropout(value.new_ones(*value.shape[:-1], 1), dropout)
    return attention(module, query, key, value, attention_mask, dropout=0.0, **options)


def share_dropout(model: T5ForConditionalGeneration) -> None:
    """Let every dropout of `model` draw one mask for all positions of an example; its weights keep their names."""
    AttentionInterface.register(ATTENTION, attention_with_shared_dropout)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.Dropout:
                setattr(parent, name, SharedDropout(child.p).train(child.training))
    model.set_attn_implementation(ATTENTION)

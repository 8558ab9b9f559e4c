"""A pre-trained T5 reduced to what methods and training need: embed, loss, generate, and a hash of its weights.

Shapes: B batch, T input tokens, P prompt length, S target tokens, H model width, V vocabulary.
"""

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase, T5ForConditionalGeneration

from softscale.backbone.attention_on_cpu import ATTENTION, register
from softscale.backbone.layers import keep_little
from softscale.backbone.padding import IGNORED
from softscale.backbone.released_decoder import released
from softscale.backbone.stacks import decoded, encoded, hiding
from softscale.backbone.text import texts_of
from softscale.backbone.writing import greedy
from softscale.devices.sharding import is_sharded, whole

# Starting the operations of a block costs as much as so many of its weights for one token: 4 ms, and a token takes 4
# operations a weight, 50 billion a second.
OPERATIONS = 4.7e7
DECODERS = {"greedy": greedy, "released": released}  # by `task.decoder`


class Backbone(nn.Module):
    """A frozen T5 and its tokenizer; gradients flow through it, into nothing of it.

    It is frozen here, before anything can wrap it; model tuning unfreezes it again.
    """

    def __init__(self, model: T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerBase) -> None:
        super().__init__()
        choose_attention_kernel()
        keep_little(model)
        if model.config._attn_implementation == "sdpa":
            register()
            model.set_attn_implementation(ATTENTION)
        self.model = model.requires_grad_(False)
        self.tokenizer = tokenizer

    @property
    def embeddings(self) -> Tensor:
        """The input embedding table `[V, H]`."""
        return self.model.shared.weight

    @property
    def blocks(self) -> list[nn.Module]:
        """The layers of the encoder and of the decoder: what of a T5 is repeated."""
        return [*self.model.encoder.block, *self.model.decoder.block]

    @cached_property
    def fixed_tokens(self) -> float:
        """As many tokens as starting the operations of one more pass through it and back costs, on a CPU."""
        inner = sum(weight.numel() for block in self.blocks for weight in block.parameters())
        return OPERATIONS * len(self.blocks) / inner

    def checkpoint_activations(self) -> None:
        """Keep no activations within a block in training: the backward pass computes them again, dropout included."""
        # transformers renamed it, and took it for every layer's hooks to stay outside (5.23).
        enable = getattr(self.model, "activation_checkpointing_enable", None)
        (enable or self.model.gradient_checkpointing_enable)()

    def embed(self, tokens: Tensor) -> Tensor:
        """Token ids `[B, T]` to vectors `[B, T, H]`; T5 does not scale them."""
        return self.model.shared(tokens)

    def loss(self, embedded: Tensor, mask: Tensor, labels: Tensor, z_loss: float = 0.0) -> Tensor:
        """Cross-entropy summed over target tokens, plus `z_loss` x log(Z)^2 as t5x has it (losses.py).

        Args:
            embedded: `[B, P+T, H]`, the encoder's input.
            mask: `[B, P+T]`, 1 where there is something to attend to.
            labels: `[B, S]` target ids, -100 at padding.
        """
        start = labels.new_full((len(labels), 1), int(self.model.config.decoder_start_token_id))
        before = torch.cat([start, labels[:, :-1].clamp(min=0)], 1)
        seen = encoded(self.model, embedded, mask)
        hidden = decoded(self.model, before, seen, hiding(mask, seen.dtype)).flatten(0, 1)
        targets, counted = labels.flatten(), labels.flatten() != IGNORED
        if labels.device.type == "cpu":  # elsewhere, to know how many count would be to wait for the device
            hidden, targets, counted = hidden[counted], targets[counted], counted[counted]
        logits = self.model.lm_head(hidden).float()
        normaliser = logits.logsumexp(-1)
        losses = normaliser - logits.gather(-1, targets.clamp(min=0)[:, None])[:, 0]
        if z_loss:
            losses = losses + z_loss * normaliser.square()
        return losses.masked_fill(~counted, 0.0).sum()

    @torch.no_grad()
    def generate(
        self, embedded: Tensor, mask: Tensor, length: int | Sequence[int], decoder: str = "greedy"
    ) -> list[str]:
        """What `decoder` writes in at most `length` tokens, as text, for each of the B inputs `[B, P+T, H]`.

        Several lengths are one for each input: what is written is what each would be with its own.

        Padding, the end and unknown pieces are left out. Sentinels are text, as in t5x: a backbone that knows span
        corruption only may write `<extra_id_0> True`, which is no label (paper, section 2.2).
        """
        seen = encoded(self.model, embedded, mask)
        lengths = [length] * len(embedded) if isinstance(length, int) else list(length)
        ids = DECODERS[decoder](self.model, seen, mask, lengths, together=is_sharded(self.model))
        return texts_of(self.tokenizer, ids.tolist())

    def sha256(self) -> str:
        """Hash of every weight's name, type and bytes: equal before and after training, or the backbone moved."""
        digest = hashlib.sha256()
        for name, weight in sorted(self.model.named_parameters()):
            digest.update(f"{name} {weight.dtype} {tuple(weight.shape)}".encode())
            digest.update(whole(weight.detach()).cpu().contiguous().view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()

    def num_parameters(self) -> int:
        return sum(weight.numel() for weight in self.model.parameters())

    def extra_repr(self) -> str:
        config: Any = self.model.config
        return f"d_model={config.d_model}, layers={config.num_layers}, parameters={self.num_parameters():,}"


def choose_attention_kernel() -> None:
    """Without a GPU, let attention be plain products in all of this process, also where a backward pass computes again.

    On a CPU the fused kernel's backward pass took 31 % of a step of the miniature's prompts (torch 2.13,
    benchmarks/method_steps.py). The switch is named after CUDA and holds for CPUs too.
    """
    if not torch.cuda.is_available():
        torch.backends.cuda.enable_flash_sdp(False)


def products(device: str, dtype: str) -> AbstractContextManager:
    """Within, products are of bf16 where a study's `dtype` is `mixed`; sums, norms and the loss stay in fp32.

    device: cpu | cuda.
    """
    return torch.autocast(device, torch.bfloat16, enabled=dtype == "mixed")

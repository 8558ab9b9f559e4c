"""A pre-trained model reduced to what methods and training need: embed, loss, generate, and where it can be reached.

What differs between encoder-decoder and causal models is behind this interface (encoder_decoder.py, causal_lm.py).

Shapes: B batch, T input tokens, P prompt length, S target tokens, H model width, V vocabulary.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from softscale.devices.sharding import whole

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from softscale.backbone.families.family import Family

# Starting the operations of a block costs as much as so many of its weights for one token: 4 ms, and a token takes 4
# operations a weight, 50 billion a second.
OPERATIONS = 4.7e7


class Backbone(nn.Module, ABC):
    """A frozen model and its tokenizer; gradients flow through it, into nothing of it.

    It is frozen here, before anything can wrap it; model tuning unfreezes it again.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, family: Family) -> None:
        super().__init__()
        choose_attention_kernel()
        self.model = model.requires_grad_(False)
        self.tokenizer, self.family = tokenizer, family

    @property
    def embeddings(self) -> Tensor:
        """The input embedding table `[V, H]`."""
        return self.model.get_input_embeddings().weight  # type: ignore[return-value]

    @property
    @abstractmethod
    def blocks(self) -> list[nn.Module]:
        """The layers of all stacks: what of the model is repeated."""

    @property
    @abstractmethod
    def maps(self) -> dict[str, nn.Linear]:
        """Every linear map of its layers by its full name; the output head is none of them."""

    @property
    @abstractmethod
    def num_prompted_layers(self) -> int:
        """Layers of the stack that reads the input."""

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
        """Token ids `[B, T]` to vectors `[B, T, H]`, as the first layer takes them."""
        return self.model.get_input_embeddings()(tokens)

    @abstractmethod
    def loss(self, embedded: Tensor, mask: Tensor, labels: Tensor, z_loss: float = 0.0) -> Tensor:
        """Cross-entropy summed over target tokens, plus `z_loss` x log(Z)^2 as t5x has it (losses.py).

        Args:
            embedded: `[B, P+T, H]`, what the model reads.
            mask: `[B, P+T]`, 1 where there is something to attend to. Where padding stands moves nothing.
            labels: `[B, S]` target ids, -100 at padding.
        """

    @abstractmethod
    def generate(
        self, embedded: Tensor, mask: Tensor, length: int | Sequence[int], decoder: str = "greedy"
    ) -> list[str]:
        """What `decoder` writes in at most `length` tokens, as text, for each of the B inputs `[B, P+T, H]`.

        Several lengths are one for each input: what is written is what each would be with its own.
        """

    @abstractmethod
    def prefixed(self, part: str, layers: Sequence[Callable[[], Tensor]], length: int) -> AbstractContextManager[Any]:
        """Within, attention of each layer of `part` (one of `family.parts`) sees P = `length` keys and values in front.

        layers: for each layer a function that gives them, `[2, P, keys_width]`, and is asked in every pass.

        Raises:
            RuntimeError: there is a prefix already.
        """

    @abstractmethod
    def activations(self, tokens: Tensor) -> dict[str, Tensor]:
        """Keys and values that the untouched model computes for tokens `[P]`: `[L, 2, P, keys_width]` for each part."""

    @property
    @abstractmethod
    def keys_width(self) -> int:
        """Elements of one token's keys in a layer, all heads together."""

    @abstractmethod
    def before_layers(self, put: Callable[[int, Tensor], Tensor]) -> ExitStack:
        """Until closed, `put(i, hidden)` is what layer i > 0 of the stack that reads the input gets for `[B, P+T, H]`.

        Only where that stack reads from the start, not where it goes on with what it wrote.
        """

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write weights and config.json into a folder in the form in which such a model is published."""

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
        return f"{self.family.name}, blocks={len(self.blocks)}, parameters={self.num_parameters():,}"


def summed_loss(head: nn.Module, hidden: Tensor, targets: Tensor, counted: Tensor, z_loss: float) -> Tensor:
    """Cross-entropy of `hidden` `[N, H]` for `targets` `[N]` summed over what is `counted` `[N]`, plus the z-loss.

    Logits are made where they count only.
    """
    if targets.device.type == "cpu":  # elsewhere, to know how many count would be to wait for the device
        hidden, targets, counted = hidden[counted], targets[counted], counted[counted]
    logits = head(hidden).float()
    normaliser = logits.logsumexp(-1)
    losses = normaliser - logits.gather(-1, targets.clamp(min=0)[:, None])[:, 0]
    if z_loss:
        losses = losses + z_loss * normaliser.square()
    return losses.masked_fill(~counted, 0.0).sum()


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

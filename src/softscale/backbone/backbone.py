"""A pre-trained T5 reduced to what methods and training need: embed, loss, generate, and a hash of its weights.

Shapes: B batch, T input tokens, P prompt length, S target tokens, H model width, V vocabulary.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase, StoppingCriteria, StoppingCriteriaList, T5ForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput

from softscale.backbone.padding import IGNORED
from softscale.backbone.text import texts_of
from softscale.devices.sharding import is_sharded, whole


class Backbone(nn.Module):
    """A frozen T5 and its tokenizer; gradients flow through it, into nothing of it.

    It is frozen here, before anything can wrap it; model tuning unfreezes it again.
    """

    def __init__(self, model: T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerBase) -> None:
        super().__init__()
        choose_attention_kernel()
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
        output = self.model(inputs_embeds=embedded, attention_mask=mask, labels=labels.clamp(min=0))
        logits = output.logits.float()
        counted = labels != IGNORED
        loss = F.cross_entropy(logits.transpose(1, 2), labels, ignore_index=IGNORED, reduction="sum")
        if z_loss:
            loss = loss + z_loss * (logits.logsumexp(-1).square() * counted).sum()
        return loss

    @torch.no_grad()
    def generate(self, embedded: Tensor, mask: Tensor, length: int | Sequence[int]) -> list[str]:
        """Greedy continuation of at most `length` tokens, as text, for each of the B inputs `[B, P+T, H]`.

        Several lengths are one for each input: what is written is what each would be with its own.

        Padding, the end and unknown pieces are left out. Sentinels are text, as in t5x: a backbone that knows span
        corruption only may write `<extra_id_0> True`, which is no label (paper, section 2.2).
        """
        encoded = self.model.encoder(inputs_embeds=embedded, attention_mask=mask)
        own = [] if isinstance(length, int) else [_OwnLengths(length)]
        ids = self.model.generate(  # type: ignore[attr-defined]
            encoder_outputs=BaseModelOutput(last_hidden_state=encoded.last_hidden_state),
            attention_mask=mask,
            max_new_tokens=length if isinstance(length, int) else max(length),
            stopping_criteria=StoppingCriteriaList(own),
            do_sample=False,
            num_beams=1,
            synced_gpus=is_sharded(self.model),  # no rank ends before all do: each step gathers weights from all
        )
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


class _OwnLengths(StoppingCriteria):
    """Each of the B texts ends, in padding, after its own number of tokens."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = lengths

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """Of token ids `[B, 1 + written]`, the first of which starts the decoder."""
        return input_ids.shape[1] > torch.tensor(self.lengths, device=input_ids.device)


def choose_attention_kernel() -> None:
    """Without a GPU, let attention be plain products in all of this process, also where a backward pass computes again.

    On a CPU the fused kernel's backward pass took 31 % of a step of the miniature's prompts (torch 2.13,
    benchmarks/method_steps.py). The switch is named after CUDA and holds for CPUs too.
    """
    if not torch.cuda.is_available():
        torch.backends.cuda.enable_flash_sdp(False)

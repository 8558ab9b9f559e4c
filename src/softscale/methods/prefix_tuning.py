"""Prefix tuning: trained keys and values in front of those of every attention layer (Li & Liang 2021, section 4).

For T5: encoder self-attention, decoder self-attention and cross-attention, each of which can be left out. A prefix has
no position: the relative position bias is 0 for it, and every query sees all of it. Keys and values are
`[P, heads x d_kv]`, which is not `[P, H]` where heads x d_kv differs from H (T5 1.1 Small).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import torch
from omegaconf import MISSING
from torch import Tensor, nn

from softscale.config import MethodConfig, Shape, at_least, schema
from softscale.errors import InputError
from softscale.methods.init.sampled_vocab import sampled_ids
from softscale.methods.method import Context, Method, copy_tensors

if TYPE_CHECKING:
    from softscale.backbone.backbone import Backbone

PARTS = ("encoder", "decoder", "cross")


@schema("method", "prefix_tuning")
@dataclass(kw_only=True)
class PrefixTuningConfig(MethodConfig):
    formula: ClassVar[str] = (
        "stored: 2·L·P·A (keys, values) for each of encoder, decoder and cross that has a prefix; trained "
        "through an MLP of width k instead, again for each: P·H + k·(H + 1) + 2·L·A·(k + 1)"
    )

    length: int = MISSING  # P
    encoder: bool = MISSING  # in the encoder's self-attention
    decoder: bool = MISSING  # in the decoder's self-attention
    cross: bool = MISSING  # in the decoder's attention to the encoder
    hidden: int | None = MISSING  # width of the reparameterising MLP; null: keys and values themselves train
    population: int = MISSING  # without the MLP: first ids of the vocabulary whose activations are the first values

    def check(self) -> None:
        at_least("method.length", self.length, 1)
        if self.hidden is not None:
            at_least("method.hidden", self.hidden, 1)
        at_least("method.population", self.population, 1)
        if not any(getattr(self, part) for part in PARTS):
            raise InputError("method.encoder, method.decoder and method.cross are all false: one must be true")

    def num_trained(self, shape: Shape) -> int:
        made = shape.num_layers * 2 * shape.num_heads * shape.d_kv  # keys and values of one place, in all layers
        each = self.length * made
        if self.hidden is not None:
            each = self.length * shape.d_model + (shape.d_model + 1) * self.hidden + (self.hidden + 1) * made
        return each * sum(getattr(self, part) for part in PARTS)

    def num_stored(self, shape: Shape) -> int:
        """The keys and values, whatever they were trained through."""
        return replace(self, hidden=None).num_trained(shape)

    def build(self, context: Context) -> PrefixTuning:
        from softscale.backbone.attention import activations, attentions

        backbone, chosen = context.backbone, [part for part in PARTS if getattr(self, part)]
        if self.hidden is None:
            first = activations(backbone, sampled_ids(self.length, self.population, context))
            return PrefixTuning({part: KeysValues(first[part]) for part in chosen})
        layers = {part: len(attentions(backbone)[part]) for part in chosen}
        inner = backbone.model.config.num_heads * backbone.model.config.d_kv
        width = backbone.embeddings.shape[1]
        return PrefixTuning(
            {
                part: Reparameterised(self.length, width, self.hidden, num_layers, inner, context.generator)
                for part, num_layers in layers.items()
            }
        )


class Prefix(nn.Module, ABC):
    """The keys and values in front of those of the layers of one part."""

    @abstractmethod
    def layer(self, index: int) -> Tensor:
        """Keys and values of one layer, `[2, P, heads x d_kv]`."""

    @abstractmethod
    def stacked(self) -> Tensor:
        """Those of all layers, `[L, 2, P, heads x d_kv]`."""


class KeysValues(Prefix):
    """Trained as they are."""

    def __init__(self, first: Tensor) -> None:
        super().__init__()
        self.values = nn.Parameter(first.detach().float().clone())

    def layer(self, index: int) -> Tensor:
        return self.values[index]

    def stacked(self) -> Tensor:
        return self.values


class Reparameterised(Prefix):
    """Keys and values made by an MLP, `W2 tanh(W1 E + b1) + b2`, from a table E `[P, H]` (Li & Liang, section 4.3).

    It steadies training and is gone afterwards: what it makes is what is stored. First values as the authors' code has
    them: a standard normal table, and maps as torch's.
    """

    def __init__(
        self, length: int, width: int, hidden: int, layers: int, inner: int, generator: torch.Generator
    ) -> None:
        super().__init__()

        def uniform(*shape: int, fan_in: int) -> nn.Parameter:
            return nn.Parameter((2 * torch.rand(*shape, generator=generator) - 1) * fan_in**-0.5)

        self.table = nn.Parameter(torch.randn(length, width, generator=generator))
        self.w1, self.b1 = uniform(hidden, width, fan_in=width), uniform(hidden, fan_in=width)
        self.w2 = uniform(layers, 2, inner, hidden, fan_in=hidden)
        self.b2 = uniform(layers, 2, 1, inner, fan_in=hidden)

    def layer(self, index: int) -> Tensor:
        hidden = torch.tanh(self.table @ self.w1.T + self.b1)
        return hidden @ self.w2[index].transpose(1, 2) + self.b2[index]

    def stacked(self) -> Tensor:
        return torch.stack([self.layer(index) for index in range(len(self.w2))])


class PrefixTuning(Method):
    """A prefix for each chosen part; fp32 whatever the backbone's dtype."""

    def __init__(self, parts: Mapping[str, Prefix]) -> None:
        super().__init__()
        self.parts = dict(parts)
        self.modules_of_parts = nn.ModuleDict(parts)  # so that `to` and `train` reach them

    def trainable(self) -> dict[str, nn.Parameter]:
        return dict(self.modules_of_parts.named_parameters())

    def stored(self) -> dict[str, Tensor]:
        """`<part>.values` `[L, 2, P, heads x d_kv]`; the MLP, where there is one, is gone."""
        with torch.no_grad():
            return {f"{part}.values": prefix.stacked().detach() for part, prefix in self.parts.items()}

    def load(self, stored: Mapping[str, Tensor]) -> None:
        plain = {part: KeysValues(torch.empty(stored[f"{part}.values"].shape)) for part in self.parts}
        copy_tensors(stored, {f"{part}.values": prefix.values for part, prefix in plain.items()})
        self.parts, self.modules_of_parts = dict(plain), nn.ModuleDict(plain)

    def attach(self, backbone: Backbone) -> ExitStack:
        from softscale.backbone.attention import attentions, prefixed

        with ExitStack() as stack:
            for part, layers in attentions(backbone).items():
                if part in self.parts:
                    for index, attention in enumerate(layers):
                        stack.enter_context(prefixed(attention, partial(self.parts[part].layer, index)))
            return stack.pop_all()

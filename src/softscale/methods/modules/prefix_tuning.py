"""Trained keys and values, and where they are put (methods/prefix_tuning.py)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from softscale.methods.modules.method import Method, copy_tensors

if TYPE_CHECKING:
    from softscale.backbone.backbone import Backbone


class Prefix(nn.Module, ABC):
    """The keys and values in front of those of the layers of one part."""

    @abstractmethod
    def layer(self, index: int) -> Tensor:
        """Keys and values of one layer, `[2, P, heads x d_kv]`."""

    @property
    @abstractmethod
    def num_layers(self) -> int: ...

    @property
    @abstractmethod
    def length(self) -> int:
        """P"""

    @abstractmethod
    def stacked(self) -> Tensor:
        """Those of all layers, `[L, 2, P, heads x d_kv]`."""


class KeysValues(Prefix):
    """Trained as they are."""

    def __init__(self, first: Tensor) -> None:
        super().__init__()
        self.values = nn.Parameter(first.detach().float().clone())

    @property
    def num_layers(self) -> int:
        return self.values.shape[0]

    @property
    def length(self) -> int:
        return self.values.shape[2]

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

    @property
    def num_layers(self) -> int:
        return self.w2.shape[0]

    @property
    def length(self) -> int:
        return self.table.shape[0]

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

    @classmethod
    def of_activations(cls, backbone: Backbone, parts: Sequence[str], ids: Tensor) -> PrefixTuning:
        """Keys and values that start as those of the tokens `ids` `[P]`, for each of `parts`."""
        first = backbone.activations(ids)
        return cls({part: KeysValues(first[part]) for part in parts})

    @classmethod
    def reparameterised(
        cls, backbone: Backbone, parts: Sequence[str], length: int, hidden: int, generator: torch.Generator
    ) -> PrefixTuning:
        """P = `length` keys and values for each of `parts`, made by an MLP of that width."""
        layers, width = backbone.num_prompted_layers, backbone.embeddings.shape[1]
        inner = backbone.keys_width
        return cls({part: Reparameterised(length, width, hidden, layers, inner, generator) for part in parts})

    def trainable(self) -> dict[str, nn.Parameter]:
        return dict(self.modules_of_parts.named_parameters())

    def stored(self) -> dict[str, Tensor]:
        """`<part>.values` `[L, 2, P, heads x d_kv]`; the MLP, where there is one, is gone."""
        with torch.no_grad():
            return {f"{part}.values": prefix.stacked().detach() for part, prefix in self.parts.items()}

    def load(self, stored: Mapping[str, Tensor]) -> None:
        plain = {part: KeysValues(torch.empty_like(prefix.stacked())) for part, prefix in self.parts.items()}
        copy_tensors(stored, {f"{part}.values": prefix.values for part, prefix in plain.items()})
        self.parts, self.modules_of_parts = dict(plain), nn.ModuleDict(plain)

    def attach(self, backbone: Backbone) -> ExitStack:
        with ExitStack() as stack:
            for part, prefix in self.parts.items():
                layers = [partial(prefix.layer, index) for index in range(prefix.num_layers)]
                stack.enter_context(backbone.prefixed(part, layers, prefix.length))
            return stack.pop_all()

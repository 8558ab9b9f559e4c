"""Where a method can reach into the backbone: its linear maps by their short names, and hooks that can be taken away.

T5 1.1's linear maps: q, k, v, o of encoder self-attention, decoder self-attention and cross-attention; wi_0, wi_1 and
wo of the feed-forward layers (T5 1.0 has wi in place of wi_0 and wi_1). Other families' maps have these names as roles
(families/).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from softscale.errors import InputError

if TYPE_CHECKING:
    from softscale.backbone.backbone import Backbone


def short(name: str) -> str:
    """q of decoder.block.3.layer.1.EncDecAttention.q"""
    return name.rpartition(".")[2]


def maps_named(backbone: Backbone, names: Sequence[str]) -> dict[str, nn.Linear]:
    """The linear maps that have one of these roles or short names, by their full name.

    Raises:
        InputError: the backbone has no linear map of some name.
    """
    every = backbone.maps
    known = sorted({short(name) for name in every})
    for name in names:
        if backbone.family.own_names([name])[0] not in known:
            raise InputError(
                f"method.targets={name} is not allowed: this backbone's linear maps are {', '.join(known)}"
            )
    chosen = backbone.family.own_names(names)
    return {name: module for name, module in every.items() if short(name) in chosen}


def until_closed(hooks: Iterable[RemovableHandle]) -> ExitStack:
    """Hooks that go when the stack is closed."""
    stack = ExitStack()
    for hook in hooks:
        stack.callback(hook.remove)
    return stack


def parameters_at(tensors: Mapping[str, Tensor]) -> nn.ParameterDict:
    """Trainable fp32 copies of `tensors`, by names that may hold dots (`named` gives them back)."""
    return nn.ParameterDict({name.replace(".", "/"): nn.Parameter(t.detach().float()) for name, t in tensors.items()})


def named(parameters: nn.ParameterDict) -> dict[str, nn.Parameter]:
    """The parameters of `parameters_at` by the names that they were given."""
    return {name.replace("/", "."): param for name, param in parameters.items()}

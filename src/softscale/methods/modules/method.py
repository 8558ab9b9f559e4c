"""What a method is: how a backbone is adapted to a task.

A method owns the tensors that train. It may change what the model reads (`join`), put something into the backbone
(`attach`), ask in other words (`MethodConfig.reword`), and read the answer in its own way (`answer`); it never sees the
loss, the trainer or the metric. Training, checkpoints, counting and the record use only what is here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from softscale.devices.sharding import rows_of
from softscale.errors import InputError

if TYPE_CHECKING:
    from softscale.backbone.backbone import Backbone


class Method(nn.Module, ABC):
    """Abstract; a concrete method overrides what it needs and is final."""

    @abstractmethod
    def trainable(self) -> dict[str, nn.Parameter]:
        """The parameters that train, by name."""

    def stored(self) -> dict[str, Tensor]:
        """What a task must keep beside the shared backbone, by name, in the form in which it is used."""
        return {name: param.detach() for name, param in self.trainable().items()}

    def load(self, stored: Mapping[str, Tensor]) -> None:
        """Take over what `stored` gave; outputs are then those of the method that gave it.

        Raises:
            KeyError, ValueError: names or shapes are not those of this method.
        """
        copy_tensors(stored, self.trainable())

    def join(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """What the model reads `[B, P+T, H]`, and its mask, for embedded tokens `[B, T, H]` and mask `[B, T]`."""
        return embedded, mask

    def attach(self, backbone: Backbone) -> ExitStack:
        """Put this method's parts into the backbone until the stack is closed.

        Training holds it open for the whole run; several methods over one backbone open it in turn (`with`).
        """
        return ExitStack()

    def merge(self, backbone: Backbone) -> None:
        """Put what was trained into the backbone's own weights, which then need this method no more.

        Raises:
            InputError: weights alone cannot say what this method does.
        """
        raise InputError(
            f"{type(self).__name__} cannot become weights of a model: it changes what the layers see, not their weights"
        )

    def answer(self, text: str) -> str:
        """What the model wrote, in the task's words."""
        return text


def copy_tensors(tensors: Mapping[str, Tensor], parameters: Mapping[str, Tensor]) -> None:
    """Copy tensors into the parameters (or buffers) of the same names.

    Raises:
        KeyError: the names differ.
        ValueError: a shape differs.
    """
    if tensors.keys() != parameters.keys():
        raise KeyError(f"the tensors are {sorted(tensors)[:3]}…, but the method has {sorted(parameters)[:3]}…")
    with torch.no_grad():
        for name, param in parameters.items():
            if param.shape != tensors[name].shape:
                raise ValueError(f"{name} is {tuple(tensors[name].shape)}, but must be {tuple(param.shape)}")
            param.copy_(rows_of(tensors[name].to(param.device), like=param))

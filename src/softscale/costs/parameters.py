"""What a method trains and what a task must keep, counted on tensors without storage (torch's meta device).

Nothing is downloaded or allocated: T5-XXL costs what T5-Small costs. Counting needs no words either, so an
initialisation that asks for some is given none.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from softscale.backbone.load import built
from softscale.backbone.loading import DTYPES
from softscale.backbone.shape import shape_of
from softscale.config import MethodConfig, ModelConfig
from softscale.errors import InputError
from softscale.formats.tensors import checkpoint_bytes
from softscale.methods.method import Context
from softscale.methods.modules.method import Method
from softscale.runs.fingerprint import canonical


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Of one method on one backbone."""

    total: int  # parameters of backbone and method together; under model tuning they are the same
    trained: int  # elements of the tensors that receive a gradient
    stored: int  # values that a task must keep beside the shared backbone
    bytes: int  # of the safetensors file that training writes for them
    share: float  # stored / parameters of the backbone, a fraction


# Names of the tensors that a gradient reaches, by family and number of layers, and by the method but for its length.
# Widths and lengths change sizes, never which tensors take part, and a pass through 48 layers takes most of a second.
REACHED: dict[tuple[tuple[str, int], str], frozenset[str]] = {}


class Vocabulary:
    """As much of a tokenizer as there is without words: how many pieces it has."""

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces

    def __len__(self) -> int:
        return self.pieces

    def get_vocab(self) -> dict[str, int]:
        return {}


class Accounting:
    """Counts of any number of methods on one model.

    Raises:
        InputError: the shape of the model is not known.
    """

    def __init__(self, model: ModelConfig) -> None:
        shape = shape_of(model)
        if shape is None:
            raise InputError(f"model={model.name} cannot be counted: neither model.shape nor its config.json says how")
        vocabulary: Any = Vocabulary(shape.vocab_size)
        with torch.device("meta"):
            self.backbone = built(shape, vocabulary)
        for param in self.backbone.parameters():
            param.data = param.data.to(DTYPES[model.dtype])
        self.parameters = self.backbone.num_parameters()
        self.layers = shape.family, shape.num_layers

    def count(self, method: MethodConfig, step: int = 0) -> Counts:
        """What `method` trains and stores.

        Args:
            step: of the best evaluation, which the file names: its digits are part of `bytes`.

        Raises:
            ValueError: a tensor that the method calls trainable receives no gradient.
        """
        self.backbone.requires_grad_(False)
        with torch.device("meta"):
            made = method.build(Context(backbone=self.backbone, words=(), generator=torch.Generator("cpu"), notes=[]))
            trainable = made.trainable()
            key = self.layers, _but_for_the_length(method)
            if key not in REACHED:
                REACHED[key] = self._reached(made)
            for name in sorted(trainable.keys() - REACHED[key]):
                raise ValueError(f"{method.name} calls {name} trainable, but it receives no gradient")
            stored = made.stored()
        own = {id(param): param.numel() for param in (*self.backbone.parameters(), *trainable.values())}
        num_stored = sum(tensor.numel() for tensor in stored.values())
        return Counts(
            total=sum(own.values()),
            trained=sum(param.numel() for param in trainable.values()),
            stored=num_stored,
            bytes=checkpoint_bytes(stored, {"step": step}),
            share=num_stored / self.parameters,
        )

    def _reached(self, method: Method) -> frozenset[str]:
        """The trainable tensors that one step of training would move, by one pass forward and back."""
        trainable = method.trainable()
        if not trainable:
            return frozenset()
        tokens = torch.zeros(1, 2, dtype=torch.long)
        with method.attach(self.backbone):
            embedded, mask = method.join(self.backbone.embed(tokens), torch.ones_like(tokens))
            self.backbone.loss(embedded, mask, tokens).backward()
        reached = frozenset(name for name, param in trainable.items() if param.grad is not None)
        _forget(trainable.values())
        return reached


def _forget(parameters: Iterable[Tensor]) -> None:
    for param in parameters:
        param.grad = None


def _but_for_the_length(method: MethodConfig) -> str:
    values = {name: value for name, value in canonical(method).items() if name != "length"}
    return json.dumps(values, sort_keys=True)

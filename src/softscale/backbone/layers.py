"""T5's norms, gated feed-forward and dropout, which keep less for the backward pass than transformers' do.

Each is one function with a backward pass of its own; their results are those of transformers' layers up to rounding.
A norm keeps its input, a gated GELU its two inputs, dropout a byte an element.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributed import is_initialized
from transformers.activations import NewGELUActivation
from transformers.models.t5.modeling_t5 import T5DenseGatedActDense, T5ForConditionalGeneration, T5LayerNorm

LEVELS = 2**16  # of the random numbers that dropout draws


def keep_little(model: T5ForConditionalGeneration) -> None:
    """Let the layers of `model` be those of this file; weights, names and hooks stay where they are."""
    for name, module in model.named_modules():
        if type(module) is T5LayerNorm:
            module.__class__ = LastNorm if name.endswith("final_layer_norm") else Norm
        elif type(module) is T5DenseGatedActDense and isinstance(module.act, NewGELUActivation):
            module.__class__ = GatedGelu
        elif type(module) is nn.Dropout:
            module.__class__ = Dropout
        elif type(module) is nn.Linear:
            module.__class__ = Map


class Map(nn.Linear):
    """On a CPU, a frozen weight is rounded for autocast once and not in every pass."""

    rounded: tuple[tuple[int, int, torch.dtype], Tensor] | None = None  # of which weight, and it

    def forward(self, input: Tensor) -> Tensor:
        weight = self.weight
        # A sharded weight comes and goes in its place, without telling.
        if (
            weight.requires_grad
            or weight.device.type != "cpu"
            or is_initialized()
            or not torch.is_autocast_enabled("cpu")
        ):
            return F.linear(input, weight, self.bias)
        key = (weight.data_ptr(), weight._version, torch.get_autocast_dtype("cpu"))
        if self.rounded is None or self.rounded[0] != key:
            self.rounded = (key, weight.detach().to(key[2]))
        return F.linear(input, self.rounded[1], self.bias)


class Norm(T5LayerNorm):
    """RMS norm, computed in fp32; under autocast in the type that the maps after it want."""

    def forward(self, hidden_states: Tensor) -> Tensor:
        device, dtype = hidden_states.device.type, self.weight.dtype
        if device != "meta" and torch.is_autocast_enabled(device):
            dtype = torch.get_autocast_dtype(device)
        return RootMeanSquare.apply(hidden_states, self.weight, self.variance_epsilon, dtype)  # type: ignore[return-value]


class LastNorm(T5LayerNorm):
    """Of a whole stack: in the type of its weight."""

    def forward(self, hidden_states: Tensor) -> Tensor:
        return RootMeanSquare.apply(hidden_states, self.weight, self.variance_epsilon, self.weight.dtype)  # type: ignore[return-value]


class GatedGelu(T5DenseGatedActDense):
    def forward(self, hidden_states: Tensor) -> Tensor:
        gated: Tensor = _GatedGelu.apply(self.wi_0(hidden_states), self.wi_1(hidden_states))  # type: ignore[assignment]
        return self.wo(self.dropout(gated).to(self.wo.weight.dtype) if _casts(gated, self.wo) else self.dropout(gated))


def _casts(hidden: Tensor, linear: nn.Linear) -> bool:
    """Whether `hidden` must be cast for `linear` as transformers casts it; autocast does it by itself."""
    device = hidden.device.type
    return hidden.dtype != linear.weight.dtype and (device == "meta" or not torch.is_autocast_enabled(device))


class Dropout(nn.Dropout):
    def forward(self, input: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return input
        if input.device.type != "cpu":
            return F.dropout(input, self.p)
        return _Dropout.apply(input, self.p)  # type: ignore[return-value]


def kept_at_random(shape: torch.Size, p: float) -> Tensor:
    """0 with probability `p`, to one in 65,536, and else 1: four bytes from one number of torch's generator."""
    count = shape.numel()
    numbers = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    return (numbers.view(torch.int16)[:count] >= round(p * LEVELS) - LEVELS // 2).view(torch.uint8).view(shape)


def thinned(tensor: Tensor, kept: Tensor, p: float) -> Tensor:
    """Where `kept` is 0, nothing; the rest so much larger that the expectation stays."""
    return kept.to(tensor.dtype).mul_(tensor).mul_(1 / (1 - p))


class RootMeanSquare(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, epsilon: float, dtype: torch.dtype) -> Tensor:
        length = torch.linalg.vector_norm(hidden, dim=-1, keepdim=True, dtype=torch.float32)
        inverse = length.square_().div_(hidden.shape[-1]).add_(epsilon).rsqrt_()
        ctx.save_for_backward(hidden, weight, inverse)
        if weight.dtype != torch.float32:
            return (hidden * inverse).to(weight.dtype).mul_(weight).to(dtype)
        return (hidden * inverse).mul_(weight).to(dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, inverse = ctx.saved_tensors
        (gradient,) = gradients
        of_weight = None
        if ctx.needs_input_grad[1]:
            of_weight = (gradient * (hidden * inverse)).flatten(0, -2).sum(0).to(weight.dtype)
        scaled = gradient * weight.float()  # fp32, as `inverse` is
        share = (scaled * hidden).sum(-1, keepdim=True).mul_(inverse.pow(3)).div_(-hidden.shape[-1])
        return scaled.mul_(inverse).addcmul_(hidden.to(scaled.dtype), share).to(hidden.dtype), of_weight, None, None


class _GatedGelu(torch.autograd.Function):
    """GELU(gate) x linear, with T5's approximation by tanh."""

    @staticmethod
    def forward(ctx: Any, gate: Tensor, linear: Tensor) -> Tensor:
        ctx.save_for_backward(gate, linear)
        return F.gelu(gate, approximate="tanh").mul_(linear)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        gate, linear = ctx.saved_tensors
        (gradient,) = gradients
        of_gate = torch.ops.aten.gelu_backward(gradient * linear, gate, approximate="tanh")
        return of_gate, F.gelu(gate, approximate="tanh").mul_(gradient)


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, p: float) -> Tensor:
        ctx.p, kept = p, kept_at_random(hidden.shape, p)
        ctx.save_for_backward(kept)
        return thinned(hidden, kept, p)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (kept,) = ctx.saved_tensors
        return thinned(gradients[0], kept, ctx.p), None

"""Norms, gated feed-forward and linear maps of causal models that keep little for the backward pass (layers.py).

Of Llama; other families' norms and feed-forward parts stay transformers' own, and their maps are rounded once.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.activations import SiLUActivation
from transformers.models.llama.modeling_llama import LlamaMLP, LlamaRMSNorm

from softscale.backbone.layers import Map, RootMeanSquare


def keep_little(model: PreTrainedModel) -> None:
    """Let the layers of `model` be those of this file; weights, names and hooks stay where they are."""
    for module in model.modules():
        if type(module) is LlamaRMSNorm:
            module.__class__ = Norm
        elif type(module) is LlamaMLP and isinstance(module.act_fn, nn.SiLU | SiLUActivation):
            module.__class__ = GatedSilu
        elif type(module) is nn.Linear:
            module.__class__ = Map


class Norm(LlamaRMSNorm):
    """RMS norm, computed in fp32."""

    def forward(self, hidden_states: Tensor) -> Tensor:
        return RootMeanSquare.apply(hidden_states, self.weight, self.variance_epsilon, hidden_states.dtype)  # type: ignore[return-value]


class GatedSilu(LlamaMLP):
    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(_GatedSilu.apply(self.gate_proj(x), self.up_proj(x)))


class _GatedSilu(torch.autograd.Function):
    """SiLU(gate) x linear."""

    @staticmethod
    def forward(ctx: Any, gate: Tensor, linear: Tensor) -> Tensor:
        ctx.save_for_backward(gate, linear)
        return F.silu(gate).mul_(linear)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        gate, linear = ctx.saved_tensors
        (gradient,) = gradients
        of_gate = torch.ops.aten.silu_backward(gradient * linear, gate)
        return of_gate, F.silu(gate).mul_(gradient)

"""Llama, as SmolLM2 has it: rotary positions, keys and values that heads share, SiLU gates, RMS norms, no biases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from softscale.backbone.families.causal import Causal, as_stated, shape_stated
from softscale.backbone.families.family import Map
from softscale.config import Shape

if TYPE_CHECKING:
    from transformers import LlamaConfig

OWN: Mapping[str, str] = {
    **{role: f"{role}_proj" for role in ("q", "k", "v", "o")},
    **{"wi_0": "gate_proj", "wi_1": "up_proj", "wo": "down_proj"},
}


class Llama(Causal):
    roles = OWN

    def __init__(self) -> None:
        super().__init__("llama")

    def shape_in(self, config: Mapping[str, Any]) -> Shape:
        heads = config["num_attention_heads"]
        own = {"num_kv_heads": config.get("num_key_value_heads") or heads}
        if config.get("head_dim"):
            own["d_kv"] = config["head_dim"]
        return shape_stated(self.name, config, **own)

    def maps(self, shape: Shape) -> list[Map]:
        width, inner, keys = shape.d_model, shape.num_heads * shape.d_kv, self.keys_width(shape)
        sizes = {
            "q_proj": (width, inner),
            "k_proj": (width, keys),
            "v_proj": (width, keys),
            "o_proj": (inner, width),
            "gate_proj": (width, shape.d_ff),
            "up_proj": (width, shape.d_ff),
            "down_proj": (shape.d_ff, width),
        }
        return [
            Map(name=name, count=shape.num_layers, inputs=inputs, outputs=outputs)
            for name, (inputs, outputs) in sizes.items()
        ]

    def other_parameters(self, shape: Shape) -> int:
        return (2 * shape.num_layers + 1) * shape.d_model

    def kept(self, shape: Shape) -> int:
        """What two norms read; queries, keys and values; the gate, and what it is multiplied with."""
        return 2 * shape.d_model + shape.num_heads * shape.d_kv + 2 * self.keys_width(shape) + 2 * shape.d_ff

    def config_of(self, shape: Shape) -> LlamaConfig:
        from transformers import LlamaConfig

        return LlamaConfig(
            head_dim=shape.d_kv, num_key_value_heads=shape.num_kv_heads or shape.num_heads, **as_stated(shape)
        )

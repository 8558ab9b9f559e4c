"""GPT-NeoX, as Pythia has it: one map makes queries, keys and values; biases, layer norms, a head of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from softscale.backbone.families.causal import Causal, as_stated, shape_stated
from softscale.backbone.families.family import Map
from softscale.config import Shape

if TYPE_CHECKING:
    from transformers import GPTNeoXConfig

FUSED: Mapping[str, str] = {
    **dict.fromkeys(("q", "k", "v"), "query_key_value"),
    "o": "dense",
    **dict.fromkeys(("wi_0", "wi_1"), "dense_h_to_4h"),
    "wo": "dense_4h_to_h",
}


class GPTNeoX(Causal):
    roles = FUSED

    def __init__(self) -> None:
        super().__init__("gpt_neox")

    def shape_in(self, config: Mapping[str, Any]) -> Shape:
        return shape_stated(self.name, config)

    def maps(self, shape: Shape) -> list[Map]:
        return fused_maps(shape)

    def other_parameters(self, shape: Shape) -> int:
        return 2 * (2 * shape.num_layers + 1) * shape.d_model  # weight and bias of each norm

    def kept(self, shape: Shape) -> int:
        """What two norms that stand side by side read; queries, keys and values, and turned queries and keys; what
        enters GELU.
        """
        return shape.d_model + 5 * shape.num_heads * shape.d_kv + shape.d_ff

    def config_of(self, shape: Shape) -> GPTNeoXConfig:
        from transformers import GPTNeoXConfig

        return GPTNeoXConfig(**as_stated(shape))


def fused_maps(shape: Shape) -> list[Map]:
    """The four maps of a layer of GPT-NeoX or BLOOM, each with a bias."""
    width = shape.d_model
    sizes = {
        "query_key_value": (width, 3 * width),
        "dense": (width, width),
        "dense_h_to_4h": (width, shape.d_ff),
        "dense_4h_to_h": (shape.d_ff, width),
    }
    return [
        Map(name=name, count=shape.num_layers, inputs=inputs, outputs=outputs, bias=True)
        for name, (inputs, outputs) in sizes.items()
    ]

"""BLOOM: positions by a slope on distances (ALiBi) in an attention of its own, which can hold no prefix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from softscale.backbone.families.causal import Causal
from softscale.backbone.families.family import Map
from softscale.backbone.families.gpt_neox import FUSED, fused_maps
from softscale.config import Shape

if TYPE_CHECKING:
    from transformers import BloomConfig


class Bloom(Causal):
    parts = ()
    attention = None
    roles = FUSED

    def __init__(self) -> None:
        super().__init__("bloom")

    def shape_in(self, config: Mapping[str, Any]) -> Shape:
        width = config.get("hidden_size") or config["n_embed"]
        heads = config.get("n_head") or config["num_attention_heads"]
        return Shape(
            family=self.name,
            vocab_size=config["vocab_size"],
            d_model=width,
            d_ff=4 * width,
            d_kv=width // heads,
            num_heads=heads,
            num_layers=config.get("n_layer") or config["num_hidden_layers"],
            tied=True,
        )

    def maps(self, shape: Shape) -> list[Map]:
        return fused_maps(shape)

    def other_parameters(self, shape: Shape) -> int:
        return 2 * (2 * shape.num_layers + 2) * shape.d_model  # also the norm behind the embeddings

    def kept(self, shape: Shape) -> int:
        """What two norms read; queries, keys and values; what enters GELU."""
        return 2 * shape.d_model + 3 * shape.num_heads * shape.d_kv + shape.d_ff

    def config_of(self, shape: Shape) -> BloomConfig:
        from transformers import BloomConfig

        return BloomConfig(
            vocab_size=shape.vocab_size, hidden_size=shape.d_model, n_layer=shape.num_layers, n_head=shape.num_heads
        )

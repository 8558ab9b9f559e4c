"""Any other causal model of transformers: it is loaded and adapted, and not counted without its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from softscale.backbone.families.causal import Causal
from softscale.backbone.families.family import Map
from softscale.backbone.families.llama import OWN
from softscale.config import Shape

if TYPE_CHECKING:
    from transformers import PretrainedConfig


class Other(Causal):
    """Most such models have Llama's names of maps (Mistral, Qwen, OLMo); what they have is seen when one is loaded."""

    roles = OWN
    attention = None

    def shape_in(self, config: Mapping[str, Any]) -> Shape | None:
        return None

    def maps(self, shape: Shape) -> list[Map]:
        raise NotImplementedError(f"softscale does not know the linear maps of {self.name}")

    def other_parameters(self, shape: Shape) -> int:
        raise NotImplementedError(f"softscale does not count {self.name}")

    def config_of(self, shape: Shape) -> PretrainedConfig:
        raise NotImplementedError(f"softscale does not build {self.name}")

"""The weights of model tuning: those of the backbone (methods/model_tuning.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from softscale.methods.modules.method import Method

if TYPE_CHECKING:
    from softscale.backbone.backbone import Backbone


class ModelTuning(Method):
    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        backbone.requires_grad_(True)
        self.weights = backbone.model.named_parameters  # asked anew each time: sharding puts others in their place

    def trainable(self) -> dict[str, nn.Parameter]:
        return dict(self.weights())

    def merge(self, backbone: Backbone) -> None:
        """Nothing to do: the weights are the backbone's."""

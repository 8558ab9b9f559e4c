"""Model tuning: every weight of the backbone trains, one copy a task (Lester et al. 2021, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch import nn

from softscale.backbone.shape import total_parameters
from softscale.config import MethodConfig, Shape, schema
from softscale.methods.method import Context, Method

if TYPE_CHECKING:
    from softscale.backbone.backbone import Backbone


@schema("method", "model_tuning")
@dataclass(kw_only=True)
class ModelTuningConfig(MethodConfig):
    formula: ClassVar[str] = "M"
    trains_backbone: ClassVar[bool] = True

    def num_trained(self, shape: Shape) -> int:
        return total_parameters(shape)

    def build(self, context: Context) -> ModelTuning:
        return ModelTuning(context.backbone)


class ModelTuning(Method):
    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        backbone.requires_grad_(True)
        self.weights = backbone.model.named_parameters  # asked anew each time: sharding puts others in their place

    def trainable(self) -> dict[str, nn.Parameter]:
        return dict(self.weights())

    def merge(self, backbone: Backbone) -> None:
        """Nothing to do: the weights are the backbone's."""

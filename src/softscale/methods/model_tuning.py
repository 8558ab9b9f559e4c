"""Model tuning: every weight of the backbone trains, one copy a task (Lester et al. 2021, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from softscale.backbone.shape import total_parameters
from softscale.config import MethodConfig, Shape, schema

if TYPE_CHECKING:
    from softscale.methods.method import Context
    from softscale.methods.modules.model_tuning import ModelTuning


@schema("method", "model_tuning")
@dataclass(kw_only=True)
class ModelTuningConfig(MethodConfig):
    formula: ClassVar[str] = "M"
    trains_backbone: ClassVar[bool] = True

    def num_trained(self, shape: Shape) -> int:
        return total_parameters(shape)

    def build(self, context: Context) -> ModelTuning:
        from softscale.methods.modules.model_tuning import ModelTuning

        return ModelTuning(context.backbone)

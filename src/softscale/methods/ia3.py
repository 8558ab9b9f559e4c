"""IA3: learned vectors that rescale keys, values and the inner activations of the feed-forward layers (T-Few).

Liu et al. 2022, section 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from softscale.backbone.shape import map_shapes
from softscale.config import MethodConfig, Shape, schema

if TYPE_CHECKING:
    from softscale.methods.method import Context
    from softscale.methods.modules.ia3 import IA3


@schema("method", "ia3")
@dataclass(kw_only=True)
class IA3Config(MethodConfig):
    formula: ClassVar[str] = "6·L·A (keys, values) + 2·L·F"

    def num_trained(self, shape: Shape) -> int:
        maps = map_shapes(shape)
        return sum(maps[name][0] * maps[name][2] for name in ("k", "v")) + maps["wo"][0] * maps["wo"][1]

    def build(self, context: Context) -> IA3:
        from softscale.methods.modules.ia3 import IA3

        return IA3.of(context.backbone)

"""IA3: learned vectors that rescale keys, values and the inner activations of the feed-forward layers (T-Few).

Liu et al. 2022, section 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from softscale.backbone.families import known_family
from softscale.backbone.shape import map_shapes
from softscale.config import MethodConfig, Shape, schema

if TYPE_CHECKING:
    from softscale.methods.method import Context
    from softscale.methods.modules.ia3 import IA3


@schema("method", "ia3")
@dataclass(kw_only=True)
class IA3Config(MethodConfig):
    formula: ClassVar[str] = "6·L·A (keys, values) + 2·L·F"

    causal_formula: ClassVar[str] = "L·(2·K + F); where one map makes queries, keys and values, L·(3·A + F)"

    def num_trained(self, shape: Shape) -> int:
        family, maps = known_family(shape.family), map_shapes(shape)
        outer, inner = family.own_names(["k", "v"]), family.own_names(["wo"])
        outputs = sum(maps[name][0] * maps[name][2] for name in outer)
        return outputs + sum(maps[name][0] * maps[name][1] for name in inner)

    def build(self, context: Context) -> IA3:
        from softscale.methods.modules.ia3 import IA3

        return IA3.of(context.backbone)

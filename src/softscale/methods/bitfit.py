"""BitFit: only biases train (Ben Zaken et al. 2022). T5 has none, so each linear map gets one that starts at 0.

Keys get none: a bias of all keys adds the same number to every score of a query, which the softmax takes away again, so
it would never receive a gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from softscale.backbone.families import known_family
from softscale.backbone.shape import map_shapes
from softscale.config import MethodConfig, Shape, schema

if TYPE_CHECKING:
    from softscale.methods.method import Context
    from softscale.methods.modules.bitfit import BitFit


@schema("method", "bitfit")
@dataclass(kw_only=True)
class BitFitConfig(MethodConfig):
    formula: ClassVar[str] = "3·L·(2·A + H) (queries, values, outputs) + 2·L·(2·F + H)"

    causal_formula: ClassVar[str] = "L·outputs of each linear map of a layer but one of keys alone"

    def num_trained(self, shape: Shape) -> int:
        keys = known_family(shape.family).names_of_only("k")
        return sum(count * outputs for name, (count, _, outputs) in map_shapes(shape).items() if name not in keys)

    def build(self, context: Context) -> BitFit:
        from softscale.methods.modules.bitfit import BitFit

        return BitFit.of(context.backbone)

"""BitFit: only biases train (Ben Zaken et al. 2022). Each linear map gets one that starts at 0; T5 and Llama have none.

Where a map has a bias (GPT-NeoX, BLOOM), this one is added to it, as if that one trained; those of norms stay. Keys get
none: a bias of all keys adds the same number to every score of a query, which the softmax takes away again, so it would
never receive a gradient. Rotary positions turn keys, and would give it one: it has none there either, to be one method.
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
    causal_formula: ClassVar[str] = "L·outputs of each linear map of a layer, without those that are keys"

    def num_trained(self, shape: Shape) -> int:
        family = known_family(shape.family)
        maps = map_shapes(shape).items()
        return sum(count * family.outputs_but_keys(name, outputs) for name, (count, _, outputs) in maps)

    def build(self, context: Context) -> BitFit:
        from softscale.methods.modules.bitfit import BitFit

        return BitFit.of(context.backbone)

"""IA3: learned vectors that rescale keys, values and the inner activations of the feed-forward layers (T-Few).

Liu et al. 2022, section 3.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from softscale.backbone.families import known_family
from softscale.backbone.shape import map_shapes
from softscale.config import MethodConfig, Shape, schema
from softscale.errors import InputError
from softscale.formats.peft import read_ia3
from softscale.methods.start import started, stored_in

if TYPE_CHECKING:
    from torch import Tensor

    from softscale.methods.method import Context
    from softscale.methods.modules.ia3 import IA3


@schema("method", "ia3")
@dataclass(kw_only=True)
class IA3Config(MethodConfig):
    formula: ClassVar[str] = "6·L·A (keys, values) + 2·L·F"

    causal_formula: ClassVar[str] = "L·(2·K + F); where one map makes queries, keys and values, L·(3·A + F)"

    start: str | None = None  # the folder of a run or of PEFT's IA3 to start from

    def find(self, runs: Path) -> None:
        if self.start is not None:
            stored_in(self.start, "IA3", read_ia3)

    def num_trained(self, shape: Shape) -> int:
        family, maps = known_family(shape.family), map_shapes(shape)
        outer, inner = family.own_names(["k", "v"]), family.own_names(["wo"])
        outputs = sum(maps[name][0] * maps[name][2] for name in outer)
        return outputs + sum(maps[name][0] * maps[name][1] for name in inner)

    def build(self, context: Context) -> IA3:
        from softscale.methods.modules.ia3 import IA3

        method = IA3.of(context.backbone)
        if self.start is not None:
            inner = context.backbone.family.own_names(["wo"])
            started(method, self.start, stored_in(self.start, "IA3", partial(_of_peft, inner)))
        return method


def _of_peft(inner: Sequence[str], folder: Path) -> dict[str, Tensor]:
    """Scales `[n]`. Raises InputError where others than those of `inner` rescale what their linear map reads."""
    stored = read_ia3(folder)
    for name, scale in stored.items():
        if (scale.shape[0] == 1) != (name.rpartition(".")[2] in inner):
            raise InputError(
                f"method.start={folder} rescales other sides of {name} than softscale's IA3, which rescales what "
                f"{', '.join(inner)} reads and what other linear maps make"
            )
    return {name: scale.flatten() for name, scale in stored.items()}

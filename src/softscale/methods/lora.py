"""LoRA: a trained low-rank update beside frozen linear maps, W x + (alpha / r) B A x (Hu et al. 2021, section 4.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from omegaconf import MISSING

from softscale.backbone.families import known_family
from softscale.backbone.shape import map_shapes
from softscale.config import MethodConfig, Shape, schema
from softscale.errors import InputError
from softscale.formats.peft import read_lora
from softscale.methods.start import started, stored_in
from softscale.ranges import MOST, above_zero, at_least, below_one

if TYPE_CHECKING:
    from torch import Tensor

    from softscale.methods.method import Context
    from softscale.methods.modules.lora import LoRA


@schema("method", "lora")
@dataclass(kw_only=True)
class LoRAConfig(MethodConfig):
    formula: ClassVar[str] = (
        "r·3·L·(H + A) for each of q, k, v, o among the targets, r·2·L·(H + F) for each of wi_0, wi_1, wo"
    )

    causal_formula: ClassVar[str] = "r·L·(inputs + outputs) of each linear map of a layer among the targets"

    rank: int = MISSING  # r
    alpha: float = MISSING  # the update is scaled by alpha / r
    dropout: float = MISSING  # of the input of A, in training
    targets: list[str] = field(default_factory=lambda: MISSING)  # short names of linear maps, or T5's names as roles
    start: str | None = None  # the folder of a run or of PEFT's LoRA to start from

    def check(self) -> None:
        at_least("method.rank", self.rank, 1, MOST)
        above_zero("method.alpha", self.alpha, 10**6)
        below_one("method.dropout", self.dropout)
        if not self.targets:
            raise InputError("method.targets=[] is not allowed: name linear maps, such as [q,v]")

    def num_trained(self, shape: Shape) -> int:
        chosen = known_family(shape.family).own_names(self.targets)
        maps = [map_shape for name, map_shape in map_shapes(shape).items() if name in chosen]
        return sum(count * self.rank * (inputs + outputs) for count, inputs, outputs in maps)

    def find(self, runs: Path) -> None:
        if self.start is not None:
            stored_in(self.start, "LoRA", self._of_peft)

    def build(self, context: Context) -> LoRA:
        from softscale.methods.modules.lora import LoRA

        method = LoRA.of(context, self.targets, self.rank, self.alpha / self.rank, self.dropout)
        if self.start is not None:
            started(method, self.start, stored_in(self.start, "LoRA", self._of_peft))
        return method

    def _of_peft(self, folder: Path) -> dict[str, Tensor]:
        """The factors in a folder of PEFT's. Raises InputError where rank or scale differ."""
        stored = read_lora(folder)
        for name, own, adapter_value in (("rank", self.rank, stored.rank), ("alpha", self.alpha, stored.alpha)):
            if own != adapter_value:
                raise InputError(f"method.{name}={own} is not allowed: {self.start} has method.{name}={adapter_value}")
        return stored.factors

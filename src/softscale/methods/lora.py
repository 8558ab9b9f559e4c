"""LoRA: a trained low-rank update beside frozen linear maps, W x + (alpha / r) B A x (Hu et al. 2021, section 4.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import torch
import torch.nn.functional as F
from omegaconf import MISSING
from torch import Tensor, nn

from softscale.backbone.maps import maps_named, named, parameters_at, until_closed
from softscale.backbone.shape import map_shapes
from softscale.config import MethodConfig, Shape, at_least, schema
from softscale.errors import InputError
from softscale.formats.peft import is_adapter, read_lora
from softscale.formats.tensors import load_checkpoint
from softscale.methods.method import Context, Method

if TYPE_CHECKING:
    from contextlib import ExitStack

    from softscale.backbone.backbone import Backbone


@schema("method", "lora")
@dataclass(kw_only=True)
class LoRAConfig(MethodConfig):
    formula: ClassVar[str] = (
        "r·3·L·(H + A) for each of q, k, v, o among the targets, r·2·L·(H + F) for each of wi_0, wi_1, wo"
    )

    rank: int = MISSING  # r
    alpha: float = MISSING  # the update is scaled by alpha / r
    dropout: float = MISSING  # of the input of A, in training
    targets: list[str] = field(default_factory=lambda: MISSING)  # short names of linear maps
    start: str | None = None  # the folder of a run or of PEFT's LoRA to start from

    def check(self) -> None:
        at_least("method.rank", self.rank, 1)
        if not 0 < self.alpha < float("inf"):
            raise InputError(f"method.alpha={self.alpha} is not allowed: it must be a number above 0")
        if not 0 <= self.dropout < 1:
            raise InputError(f"method.dropout={self.dropout} is not allowed: it must be at least 0 and less than 1")
        if not self.targets:
            raise InputError("method.targets=[] is not allowed: name linear maps, such as [q,v]")

    def num_trained(self, shape: Shape) -> int:
        maps = [map_shape for name, map_shape in map_shapes(shape).items() if name in self.targets]
        return sum(count * self.rank * (inputs + outputs) for count, inputs, outputs in maps)

    def find(self, runs: Path) -> None:
        if self.start is not None:
            self._stored(Path(self.start).expanduser())

    def build(self, context: Context) -> LoRA:
        method = LoRA(self._fresh(context), self.alpha / self.rank, self.dropout)
        if self.start is not None:
            try:
                method.load(self._stored(Path(self.start).expanduser()))
            except (KeyError, ValueError) as error:
                raise InputError(f"method.start={self.start} does not fit this backbone and method: {error}") from error
        return method

    def _stored(self, folder: Path) -> dict[str, Tensor]:
        """The factors in `start`. Raises InputError where there are none, or rank or scale differ."""
        if (folder / "best.safetensors").is_file():
            return load_checkpoint(folder / "best.safetensors")[0]
        if not is_adapter(folder):
            raise InputError(
                f"method.start={self.start} is not allowed: it must be the folder of a run, or of PEFT's LoRA"
            )
        stored = read_lora(folder)
        for name, own, adapter_value in (("rank", self.rank, stored.rank), ("alpha", self.alpha, stored.alpha)):
            if own != adapter_value:
                raise InputError(f"method.{name}={own} is not allowed: {self.start} has method.{name}={adapter_value}")
        return stored.factors

    def _fresh(self, context: Context) -> dict[str, Tensor]:
        """A as a fresh linear map and B = 0, so that the update starts at 0."""
        maps = maps_named(context.backbone, self.targets)
        first = {}
        for name, linear in maps.items():
            bound = linear.in_features**-0.5
            uniform = torch.rand(self.rank, linear.in_features, generator=context.generator)
            first[f"{name}.lora_A"] = (2 * uniform - 1) * bound
            first[f"{name}.lora_B"] = torch.zeros(linear.out_features, self.rank)
        return first


class LoRA(Method):
    """`<map>.lora_A` `[r, in]` and `<map>.lora_B` `[out, r]`, fp32 whatever the backbone's dtype."""

    def __init__(self, first: dict[str, Tensor], scale: float, dropout: float) -> None:
        super().__init__()
        self.factors = parameters_at(first)
        self.scale, self.dropout = scale, dropout

    def trainable(self) -> dict[str, nn.Parameter]:
        return named(self.factors)

    def attach(self, backbone: Backbone) -> ExitStack:
        def hook_of(a: Tensor, b: Tensor):
            def add_update(_: nn.Module, args: tuple[Tensor], output: Tensor) -> Tensor:
                seen = F.dropout(args[0].float(), self.dropout, self.training)
                return output + (self.scale * F.linear(F.linear(seen, a), b)).to(output.dtype)

            return add_update

        return until_closed(linear.register_forward_hook(hook_of(a, b)) for linear, a, b in self._at(backbone))

    @torch.no_grad()
    def merge(self, backbone: Backbone) -> None:
        for linear, a, b in self._at(backbone):
            linear.weight += (self.scale * b @ a).to(linear.weight.dtype)

    def _at(self, backbone: Backbone) -> list[tuple[nn.Linear, nn.Parameter, nn.Parameter]]:
        """Each adapted linear map of `backbone` with its A and B."""
        factors = self.trainable()
        names = [name.removesuffix(".lora_A") for name in factors if name.endswith(".lora_A")]
        maps = [backbone.model.get_submodule(name) for name in names]
        return [
            (linear, factors[f"{name}.lora_A"], factors[f"{name}.lora_B"])
            for name, linear in zip(names, maps, strict=True)
            if isinstance(linear, nn.Linear)
        ]

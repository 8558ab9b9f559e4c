"""Prefix tuning: trained keys and values in front of those of every attention layer (Li & Liang 2021, section 4).

For T5: encoder self-attention, decoder self-attention and cross-attention, each of which can be left out. A prefix has
no position: the relative position bias is 0 for it, and every query sees all of it. Keys and values are
`[P, heads x d_kv]`, which is not `[P, H]` where heads x d_kv differs from H (T5 1.1 Small).

For a causal model: its one stack, called decoder. The text's positions begin behind the prefix; keys that train have no
position of their own, as in PEFT.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from omegaconf import MISSING

from softscale.backbone.families import known_family
from softscale.config import MethodConfig, Shape, schema
from softscale.errors import InputError
from softscale.formats.peft import read_prefix
from softscale.methods.start import started, stored_in
from softscale.ranges import MOST, at_least

if TYPE_CHECKING:
    from torch import Tensor

    from softscale.backbone.families.family import Family
    from softscale.methods.method import Context
    from softscale.methods.modules.prefix_tuning import PrefixTuning

PARTS = ("encoder", "decoder", "cross")


@schema("method", "prefix_tuning")
@dataclass(kw_only=True)
class PrefixTuningConfig(MethodConfig):
    formula: ClassVar[str] = (
        "stored: 2·L·P·A (keys, values) for each of encoder, decoder and cross that has a prefix; trained "
        "through an MLP of width k instead, again for each: P·H + k·(H + 1) + 2·L·A·(k + 1)"
    )

    causal_formula: ClassVar[str] = (
        "stored: 2·L·P·K (keys, values); trained through an MLP of width k instead: P·H + k·(H + 1) + 2·L·K·(k + 1)"
    )

    length: int = MISSING  # P
    encoder: bool = MISSING  # in the encoder's self-attention
    decoder: bool = MISSING  # in the decoder's self-attention
    cross: bool = MISSING  # in the decoder's attention to the encoder
    hidden: int | None = MISSING  # width of the reparameterising MLP; null: keys and values themselves train
    population: int = MISSING  # without the MLP: first ids of the vocabulary whose activations are the first values
    start: str | None = None  # without the MLP: the folder of a run or, on a causal model, of PEFT's to start from

    def check(self) -> None:
        at_least("method.length", self.length, 1, MOST)
        if self.hidden is not None:
            at_least("method.hidden", self.hidden, 1, MOST)
        at_least("method.population", self.population, 1, MOST)
        if self.start is not None and self.hidden is not None:
            raise InputError(
                f"method.hidden={self.hidden} is not allowed with method.start={self.start}, which holds keys and "
                "values and no MLP: it must be null"
            )
        if not any(getattr(self, part) for part in PARTS):
            raise InputError("method.encoder, method.decoder and method.cross are all false: one must be true")

    def check_on(self, family: Family, model: str) -> None:
        if not family.parts:
            raise InputError(
                f"method={self.name} is not allowed with model={model}: attention of {family.name} can hold no prefix; "
                "use another method, such as per_layer_prompts"
            )
        for part in PARTS:
            if getattr(self, part) and part not in family.parts:
                raise InputError(
                    f"method.{part}=true is not allowed with model={model}, whose attention is "
                    f"{', '.join(family.parts)}: it must be false"
                )

    def num_places(self) -> int:
        return self.length

    def find(self, runs: Path) -> None:
        if self.start is not None:
            self._check_length(stored_in(self.start, "prefix tuning", _of_peft))

    def num_trained(self, shape: Shape) -> int:
        # Keys and values of one place, in all layers.
        made = shape.num_layers * 2 * known_family(shape.family).keys_width(shape)
        each = self.length * made
        if self.hidden is not None:
            each = self.length * shape.d_model + (shape.d_model + 1) * self.hidden + (self.hidden + 1) * made
        return each * sum(getattr(self, part) for part in PARTS)

    def num_stored(self, shape: Shape) -> int:
        """The keys and values, whatever they were trained through."""
        return replace(self, hidden=None).num_trained(shape)

    def build(self, context: Context) -> PrefixTuning:
        from softscale.methods.init.sampled_vocab import sampled_ids
        from softscale.methods.modules.prefix_tuning import PrefixTuning

        chosen = [part for part in PARTS if getattr(self, part)]
        if self.hidden is None:
            method = PrefixTuning.of_activations(
                context.backbone, chosen, sampled_ids(self.length, self.population, context)
            )
            if self.start is not None:
                started(method, self.start, stored_in(self.start, "prefix tuning", _of_peft))
            return method
        return PrefixTuning.reparameterised(context.backbone, chosen, self.length, self.hidden, context.generator)

    def _check_length(self, stored: dict[str, Tensor]) -> None:
        """Raises InputError where what is started from has not P keys and values."""
        for values in stored.values():
            if values.ndim == 4 and values.shape[2] != self.length:
                raise InputError(
                    f"method.length={self.length} is not allowed: {self.start} has method.length={values.shape[2]}"
                )


def _of_peft(folder: Path) -> dict[str, Tensor]:
    return {"decoder.values": read_prefix(folder)}

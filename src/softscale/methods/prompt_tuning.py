"""Prompt tuning: a trainable `[P, H]` array in front of the embedded encoder input (Lester et al. 2021, section 2).

Making the array (methods/init/) and joining it to the input (methods/modules/prompt_tuning.py) are separate; the
decoder is untouched.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from omegaconf import MISSING

from softscale.config import MethodConfig, Shape, schema
from softscale.methods.init.initialisation import InitConfig
from softscale.ranges import MOST, at_least

if TYPE_CHECKING:
    from softscale.methods.method import Context
    from softscale.methods.modules.prompt_tuning import PromptTuning


@schema("method", "prompt_tuning")
@dataclass(kw_only=True)
class PromptTuningConfig(MethodConfig):
    formula: ClassVar[str] = "P·H"

    length: int = MISSING  # P
    init: InitConfig = MISSING

    def check(self) -> None:
        at_least("method.length", self.length, 1, MOST)
        self.init.check()

    def num_positions(self) -> int:
        return self.length

    def num_trained(self, shape: Shape) -> int:
        return self.length * shape.d_model

    def find(self, runs: Path) -> None:
        self.init.find(self.length, runs)

    def build(self, context: Context) -> PromptTuning:
        from softscale.methods.modules.prompt_tuning import PromptTuning

        return PromptTuning(self.init.prompt(self.length, context))

"""From a run: start from the prompt that another run trained, on another task or on a rung of equal width.

Vu et al. 2022 (SPoT: soft prompt transfer); the best step's prompt is taken, as the record's scores are its.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import MISSING

from softscale.config import schema
from softscale.errors import InputError
from softscale.methods.init.from_file import as_wide, check_length, stored_prompt
from softscale.methods.init.initialisation import InitConfig

if TYPE_CHECKING:
    from torch import Tensor

    from softscale.methods.method import Context


@schema("method/init", "from_run")
@dataclass(kw_only=True)
class FromRun(InitConfig):
    run: str = MISSING  # its id

    def find(self, length: int, runs: Path) -> None:
        check_length(self._read(runs), length, f"method.init.run={self.run}")

    def prompt(self, length: int, context: Context) -> Tensor:
        return as_wide(self._read(context.runs), context, f"method.init.run={self.run}")

    def _read(self, runs: Path) -> Tensor:
        folder = runs / self.run
        if not (folder / "record.json").exists():
            raise InputError(f"method.init.run={self.run} is not allowed: there is no finished run in {folder}")
        method = json.loads((folder / "record.json").read_text())["study"]["method"]["name"]
        if method != "prompt_tuning":
            raise InputError(
                f"method.init.run={self.run} is not allowed: run {self.run} is of method={method}, not prompt_tuning"
            )
        return stored_prompt(folder / "best.safetensors", f"method.init.run={self.run}")

"""What an initialisation is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import MISSING

if TYPE_CHECKING:
    from torch import Tensor

    from softscale.methods.method import Context


@dataclass(kw_only=True)
class InitConfig:
    """Base of every initialisation's configuration."""

    name: str = MISSING

    def check(self) -> None:
        """Raises InputError where a field's value is out of range."""

    def find(self, length: int, runs: Path) -> None:
        """Raises InputError where what it starts from is not there, or has not P = `length` rows."""

    def prompt(self, length: int, context: Context) -> Tensor:
        """The first value of a soft prompt, `[P, H]` with P = `length`."""
        raise NotImplementedError

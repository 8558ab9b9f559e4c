"""From a file: a prompt that was trained elsewhere, the authors' .npy, PEFT's folder or softscale's own safetensors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import MISSING

from softscale.config import schema
from softscale.errors import InputError
from softscale.formats.npy import read_npy
from softscale.formats.peft import is_adapter, read_prompt
from softscale.formats.tensors import load_checkpoint
from softscale.methods.init.initialisation import InitConfig

if TYPE_CHECKING:
    from torch import Tensor

    from softscale.methods.method import Context


@schema("method/init", "from_file")
@dataclass(kw_only=True)
class FromFile(InitConfig):
    path: str = MISSING  # FILE.npy, FILE.safetensors, or a folder of PEFT's

    def find(self, length: int, runs: Path) -> None:
        check_length(self._read([]), length, f"method.init.path={self.path}")

    def prompt(self, length: int, context: Context) -> Tensor:
        return as_wide(self._read(context.notes), context, f"method.init.path={self.path}")

    def _read(self, notes: list[str]) -> Tensor:
        path = Path(self.path).expanduser()
        if path.is_dir() and is_adapter(path):
            return read_prompt(path, notes)
        if path.suffix == ".npy" and path.is_file():
            return read_npy(path)
        if path.suffix == ".safetensors" and path.is_file():
            return stored_prompt(path, f"method.init.path={self.path}")
        raise InputError(
            f"method.init.path={self.path} is not allowed: it must be a .npy file, a .safetensors file of a run, or a "
            "folder of PEFT's with adapter_config.json"
        )


def stored_prompt(path: Path, given: str) -> Tensor:
    """The prompt `[P, H]` that a run stored; `given` is what the user typed.

    Raises:
        InputError: the run stored no prompt.
    """
    tensors, _ = load_checkpoint(path)
    if "prompt" not in tensors:
        raise InputError(
            f"{given} holds no soft prompt, but {', '.join(sorted(tensors)[:3])}: it must be one of prompt tuning"
        )
    return tensors["prompt"]


def check_length(prompt: Tensor, length: int, given: str) -> None:
    """Raises InputError where the stored prompt has not P rows, or is not of numbers."""
    if not bool(prompt.isfinite().all()):
        raise InputError(f"{given} holds values that are not finite: training that diverged leaves such a prompt")
    if len(prompt) != length:
        raise InputError(
            f"method.length={length} is not allowed: {given} has {len(prompt)} rows, method.length={len(prompt)}"
        )


def as_wide(prompt: Tensor, context: Context, given: str) -> Tensor:
    """The prompt, if it is as wide as the backbone. Raises InputError otherwise."""
    width = context.backbone.embeddings.shape[1]
    if prompt.shape[1] != width:
        raise InputError(f"{given} is {prompt.shape[1]} wide, but the backbone's width is {width}")
    return prompt.float()

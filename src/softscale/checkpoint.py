"""Tensors and a little JSON in one safetensors file, written so that a reader sees all of it or none."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from softscale.errors import InputError
from softscale.files import write_atomically


def save_checkpoint(path: Path, tensors: dict[str, torch.Tensor], state: dict[str, Any]) -> None:
    """Write tensors (copied to the CPU) and JSON-able state to `path`."""
    flat = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, save(flat, metadata={"state": json.dumps(state, allow_nan=False)}))


def load_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors and the state of `path`.

    Raises:
        InputError: the file is truncated, is no safetensors file, or was not written by `save_checkpoint`.
    """
    try:
        with safe_open(path, framework="pt") as file:
            state = json.loads((file.metadata() or {})["state"])
            return {name: file.get_tensor(name) for name in file.keys()}, state  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as a checkpoint ({error}); delete it to start this run from step 0"
        ) from error

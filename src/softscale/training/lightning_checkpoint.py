"""Lightning checkpoints as safetensors: tensors beside a JSON of everything else, never a pickle."""

from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins import CheckpointIO

from softscale.errors import InputError
from softscale.formats.tensors import load_checkpoint, save_checkpoint


class SafetensorsIO(CheckpointIO):
    """Writes and reads what Lightning wants to keep; a kill leaves the old file or the new one."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        tensors: dict[str, torch.Tensor] = {}
        save_checkpoint(Path(path), tensors, {"checkpoint": _packed(checkpoint, tensors)})

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: Any = None) -> dict[str, Any]:
        tensors, state = load_checkpoint(Path(path))
        if "checkpoint" not in state:
            raise InputError(f"{path} holds tensors but no training state; delete it to start this run from step 0")
        return _unpacked(state["checkpoint"], tensors)

    def remove_checkpoint(self, path: Any) -> None:
        Path(path).unlink(missing_ok=True)


def _packed(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """JSON for `value`; its tensors go to `tensors`. Dictionaries become lists of pairs, for keys may be numbers."""
    if isinstance(value, torch.Tensor):
        # A clone: one prompt may be stored under two names, and safetensors refuses shared memory.
        tensors[str(len(tensors))] = value.detach().cpu().clone()
        return {"tensor": str(len(tensors) - 1)}
    if isinstance(value, dict):
        return {"pairs": [[key, _packed(item, tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [_packed(item, tensors) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a checkpoint cannot hold {type(value).__name__}: {value!r}")


def _unpacked(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, dict):
        if "tensor" in value:
            return tensors[value["tensor"]]
        return {key: _unpacked(item, tensors) for key, item in value["pairs"]}
    if isinstance(value, list):
        return [_unpacked(item, tensors) for item in value]
    return value

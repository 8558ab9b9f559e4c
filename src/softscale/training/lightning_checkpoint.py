"""Lightning checkpoints as safetensors: tensors beside a JSON of everything else, never a pickle.

A checksum over all of it is in the file, for safetensors has none: a flipped bit would train on.
"""

import hashlib
import json
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
        packed = _packed(checkpoint, tensors)
        save_checkpoint(Path(path), tensors, {"checkpoint": packed, "sha256": _sha256(packed, tensors)})

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: Any = None) -> dict[str, Any]:
        return read_training_state(Path(path))

    def remove_checkpoint(self, path: Any) -> None:
        Path(path).unlink(missing_ok=True)


def read_training_state(path: Path) -> dict[str, Any]:
    """What Lightning kept in `path`.

    Raises:
        InputError: the file is damaged, or is no checkpoint of a training.
    """
    tensors, state = load_checkpoint(path)
    if "checkpoint" not in state:
        raise InputError(f"{path} holds tensors but no training state; delete it to start this run from step 0")
    # Those written before there was a checksum have none.
    if state.get("sha256") not in (None, _sha256(state["checkpoint"], tensors)):
        raise InputError(
            f"{path} cannot be read as a checkpoint (its checksum is another one); delete it to start this run from "
            "step 0"
        )
    return _unpacked(state["checkpoint"], tensors)


def _sha256(packed: Any, tensors: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256(json.dumps(packed).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


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

"""Tensors and a little JSON in one safetensors file, written so that a reader sees all of it or none."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from softscale.errors import InputError
from softscale.files import refuse_pointer, write_atomically

if TYPE_CHECKING:  # a file that cannot be read is refused without it
    import torch


def save_checkpoint(path: Path, tensors: dict[str, torch.Tensor], state: dict[str, Any]) -> None:
    """Write tensors (copied to the CPU) and JSON-able state to `path`."""
    from safetensors.torch import save

    flat = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, save(flat, metadata={"state": json.dumps(state, allow_nan=False)}))


# As safetensors names them.
NAMES = {"torch.float32": "F32", "torch.bfloat16": "BF16", "torch.float16": "F16", "torch.int64": "I64"}


def checkpoint_bytes(tensors: Mapping[str, torch.Tensor], state: Mapping[str, Any]) -> int:
    """The size of the file that `save_checkpoint` would write, from shapes and types alone (the meta device will do).

    The format: eight bytes with the header's length, the header as JSON filled with spaces to a multiple of eight, the
    values; wider types come first, then the names decide (safetensors, README "Format").
    """
    header: dict[str, Any] = {"__metadata__": {"state": json.dumps(state, allow_nan=False)}}
    end = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (-item[1].dtype.itemsize, item[0])):
        start, end = end, end + tensor.numel() * tensor.dtype.itemsize
        header[name] = {"dtype": NAMES[str(tensor.dtype)], "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False)
    return 8 + 8 * math.ceil(len(text.encode()) / 8) + end


def load_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors and the state of `path`.

    Raises:
        InputError: the file is truncated, is no safetensors file, or was not written by `save_checkpoint`.
    """
    try:
        refuse_pointer(path)
        with safe_open(path, framework="np") as file:  # its header only
            state = json.loads((file.metadata() or {})["state"])
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, state  # noqa: SIM118
    except InputError:  # also a ValueError
        raise
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as a checkpoint ({error}); delete it to start this run from step 0"
        ) from error

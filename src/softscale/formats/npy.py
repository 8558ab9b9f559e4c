"""The authors' form of a prompt: one float32 array `[P, H]` in a .npy file (google-research/prompt-tuning)."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from softscale.errors import InputError
from softscale.files import refuse_pointer, write_atomically

if TYPE_CHECKING:  # a file that cannot be read is refused without it
    from torch import Tensor


def read_npy(path: Path) -> Tensor:
    """The prompt `[P, H]` in a .npy file.

    Raises:
        InputError: the file is no array of numbers of two dimensions.
    """
    refuse_pointer(path)
    try:
        array = np.load(path, allow_pickle=False)  # a pickle could run anything
    except Exception as error:  # whatever a damaged file makes numpy say
        raise InputError(f"{path} cannot be read as a .npy file of numbers ({error})") from error
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind != "f":
        shape = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise InputError(f"{path} holds {shape}, but a prompt is an array of floats with two dimensions, rows x width")
    import torch

    return torch.from_numpy(array.astype(np.float32))


def write_npy(path: Path, prompt: Tensor) -> None:
    """Write a prompt `[P, H]` as float32."""
    content = BytesIO()
    np.save(content, prompt.detach().float().cpu().numpy())
    write_atomically(path, content.getvalue())

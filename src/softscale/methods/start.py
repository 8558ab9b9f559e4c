"""What a method starts from: what another run trained, or PEFT did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from softscale.errors import InputError
from softscale.formats.peft import is_adapter
from softscale.formats.tensors import load_checkpoint

if TYPE_CHECKING:
    from torch import Tensor

    from softscale.methods.modules.method import Method

Tensors = dict[str, "Tensor"]


def stored_in(start: str, kind: str, read: Callable[[Path], Tensors]) -> Tensors:
    """What is stored in the folder `start`, a run's, or one of PEFT's that `read` reads, by softscale's names.

    kind: PEFT's name of the method.

    Raises:
        InputError: it is neither, or cannot be read.
    """
    folder = Path(start).expanduser()
    if (folder / "best.safetensors").is_file():
        return load_checkpoint(folder / "best.safetensors")[0]
    if not is_adapter(folder):
        raise InputError(f"method.start={start} is not allowed: it must be the folder of a run, or of PEFT's {kind}")
    return read(folder)


def started(method: Method, start: str, stored: Tensors) -> None:
    """Let the method begin as `stored`. Raises InputError where that is another method's or another model's."""
    try:
        method.load(stored)
    except (KeyError, ValueError) as error:
        raise InputError(f"method.start={start} does not fit this backbone and method: {error}") from error

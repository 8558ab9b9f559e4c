"""What a training step costs: its median seconds, and the most memory that its tensors take at once.

On a CPU the seconds are those of this process on its cores (all its threads together), because the runs of a sweep
share the machine; on a GPU they are those of the clock. Of a run on several devices the first one is measured.
"""

import statistics
import time
import weakref
from collections.abc import Iterable
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from softscale.devices.sharding import is_sharded

MEASURED = 1  # the second step of an attempt: from then on the optimiser has its state


class StepCost(pl.Callback):
    """Times every training step without its evaluation; measures the memory of one, which is not timed."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.peak_bytes: int | None = None
        self.live: LiveBytes | None = None
        self.started, self.count = 0.0, 0

    def measured(self) -> dict[str, float]:
        """`step_seconds` (median) and `peak_memory_bytes` (weights and optimiser state included), where measured."""
        measured: dict[str, float] = {"step_seconds": round(statistics.median(self.seconds), 6)} if self.seconds else {}
        return measured | ({"peak_memory_bytes": self.peak_bytes} if self.peak_bytes is not None else {})

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if self.count == MEASURED:
            if pl_module.device.type == "cuda":
                torch.cuda.reset_peak_memory_stats()
            elif not is_sharded(pl_module):  # weights that come and go within a step are not followed
                state = tree_leaves([optimiser.state_dict()["state"] for optimiser in trainer.optimizers])
                self.live = LiveBytes([*pl_module.parameters(), *(leaf for leaf in state if isinstance(leaf, Tensor))])
                self.live.__enter__()
        self.started = _now(pl_module)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self.count != MEASURED:
            self.seconds.append(_now(pl_module) - self.started)
        elif self.live:
            self.live.__exit__(None, None, None)
            self.peak_bytes, self.live = self.live.peak, None
        elif pl_module.device.type == "cuda":
            self.peak_bytes = torch.cuda.max_memory_allocated()
        self.count += 1


def _now(module: pl.LightningModule) -> float:
    if module.device.type != "cuda":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


class LiveBytes(TorchDispatchMode):
    """Within, follows the bytes of all tensors that are alive: `held` before, and what operations make.

    The process's own peak would be mostly libraries where models are small, and is shared by the runs of a sweep.
    """

    def __init__(self, held: Iterable[Tensor]) -> None:
        super().__init__()
        self.known: set[int] = set()
        self.live = self.peak = 0
        for tensor in held:
            self._see(tensor)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, Tensor):
                self._see(leaf)
        return made

    def _see(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        address = storage._cdata
        if address not in self.known:  # a view shares its storage
            self.known.add(address)
            self.live += storage.nbytes()
            self.peak = max(self.peak, self.live)
            weakref.finalize(storage, self._gone, address, storage.nbytes())

    def _gone(self, address: int, size: int) -> None:
        self.known.discard(address)
        self.live -= size

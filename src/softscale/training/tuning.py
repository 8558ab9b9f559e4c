"""One Lightning module for every method: the loss of a step, greedy generation, and checkpoints of what trains."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.strategies import ParallelStrategy
from torch import Tensor

from softscale.backbone.backbone import Backbone, products
from softscale.config import OptimConfig
from softscale.data.batches import Batch
from softscale.devices.ranks import num_ranks, slices, summed
from softscale.devices.sharding import gathered, is_sharded
from softscale.methods.modules.method import Method, copy_tensors
from softscale.training.optim import Adafactor, adafactor


class Tuning(pl.LightningModule):
    """Adapts `backbone` by `method`.

    A step's loss is a sum over target tokens, so its gradient is the sum of those of any slices of the batch: `ranks`
    share a batch, and each may compute its share in slices of at most `micro_batch` examples (None: at once). On a CPU
    a slice is computed in parts of like length, so that little of it is padding.

    Its state dict holds the method's trainable tensors only: a 100 x 4096 prompt is 1.6 MB, not 44 GB.
    """

    def __init__(
        self,
        backbone: Backbone,
        method: Method,
        optim: OptimConfig,
        seed: int,
        micro_batch: int | None = None,
        mixed: bool = False,
    ) -> None:
        super().__init__()
        self.backbone, self.method, self.optim, self.seed = backbone, method, optim, seed
        self.micro_batch, self.mixed = micro_batch, mixed
        self.step_loss = torch.zeros(())  # of the last step's whole batch, on all ranks
        self.strict_loading = False
        self.attached = method.attach(backbone)

    def forward(self, batch: Batch) -> Tensor:
        """The loss of a batch, summed over its target tokens."""
        with self._products():
            embedded, mask = self.method.join(self.backbone.embed(batch.tokens), batch.mask)
            return self.backbone.loss(embedded, mask, batch.labels, self.optim.z_loss)

    def _products(self) -> AbstractContextManager:
        return products(self.device.type, "mixed" if self.mixed else "fp32")

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """The loss of the last part of this rank's slices; the gradients of those before it are in place.

        batch: the step's whole batch, the same on every rank.
        """
        for param in self.method.trainable().values():  # `zero_grad` would look through the whole backbone
            param.grad = None
        *before, last = slices(len(batch.tokens), self.micro_batch)
        losses = []
        for indices in before:
            losses += self._learnt(self._parts(batch, indices))
        *shorter, longest = self._parts(batch, last)
        losses += self._learnt(shorter)
        losses.append(self._part_loss(longest))
        self.step_loss = summed(torch.stack([loss.detach() for loss in losses]).sum() / num_ranks())
        return losses[-1]

    def _parts(self, batch: Batch, indices: range) -> list[Batch]:
        """A slice of the batch in parts of like length, where that is less work; the next masks are this slice's."""
        # Dropout is a function of the seed, the step and the place of the slice in the batch, so a resumed run drops
        # what an uninterrupted one drops, and a slice's masks are the same on whichever rank it is computed.
        torch.manual_seed(step_seed(self.seed, self.global_step, indices.start))
        part = batch.part(indices)
        # A GPU computes one large part sooner; and under fsdp all ranks make the same passes together.
        whole = self.device.type != "cpu" or (num_ranks() > 1 and is_sharded(self.backbone))
        return [part] if whole else part.alike(self.backbone.fixed_tokens)

    def _learnt(self, parts: Sequence[Batch]) -> list[Tensor]:
        """The losses of parts of the batch whose gradients are in place."""
        losses = []
        for part in parts:
            with self._own_gradients():
                losses.append(self._part_loss(part))
                losses[-1].backward()
        return losses

    def _part_loss(self, part: Batch) -> Tensor:
        """Multiplied by the number of ranks, because DDP and FSDP take the mean of their gradients."""
        return self(part) * num_ranks()

    def _own_gradients(self) -> AbstractContextManager:
        """Within, DDP leaves a slice's gradients on this rank: those of the last slice take them along."""
        if num_ranks() == 1:
            return nullcontext()
        strategy = self.trainer.strategy
        assert isinstance(strategy, ParallelStrategy)
        return strategy.block_backward_sync()

    def optimizer_zero_grad(self, *_: Any, **__: Any) -> None:
        """Nothing: Lightning calls this between `training_step` and the last backward pass."""

    @torch.no_grad()
    def generate(self, batch: Batch, length: int, decoder: str = "greedy") -> list[str]:
        """The text of at most `length` tokens that the adapted backbone writes for each input."""
        with self._products():
            embedded, mask = self.method.join(self.backbone.embed(batch.tokens), batch.mask)
            return self.backbone.generate(embedded, mask, length, decoder)

    def configure_optimizers(self) -> Adafactor:
        return adafactor(self.method.trainable().values(), self.optim)

    def state_dict(self, *_: Any, **__: Any) -> dict[str, Tensor]:  # type: ignore[override]
        return gathered({name: param.detach() for name, param in self.method.trainable().items()})

    def load_state_dict(self, state_dict: Mapping[str, Any], *_: Any, **__: Any) -> Any:
        """Copy tensors into the parameters that train; both must have the same names and shapes."""
        copy_tensors(state_dict, self.method.trainable())

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return Batch(tokens=batch.tokens.to(device), mask=batch.mask.to(device), labels=batch.labels.to(device))


def step_seed(seed: int, step: int, start: int = 0) -> int:
    """A seed for the slice of a step's batch that starts at `start`; neighbours give unrelated ones."""
    key = f"{seed} {step} {start}" if start else f"{seed} {step}"
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1

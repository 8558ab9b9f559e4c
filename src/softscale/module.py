"""One Lightning module for every method: the loss of a step, greedy generation, and checkpoints of what trains."""

import hashlib
from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from softscale.backbone.backbone import Backbone
from softscale.config import OptimConfig
from softscale.methods.method import Method, copy_tensors
from softscale.optim import Adafactor
from softscale.tokens import Batch


class Tuning(pl.LightningModule):
    """Adapts `backbone` by `method`.

    Its state dict holds the method's trainable tensors only: a 100 x 4096 prompt is 1.6 MB, not 44 GB.
    """

    def __init__(self, backbone: Backbone, method: Method, optim: OptimConfig, seed: int) -> None:
        super().__init__()
        self.backbone, self.method, self.optim, self.seed = backbone, method, optim, seed
        self.strict_loading = False
        self.attached = method.attach(backbone)

    def training_step(self, batch: Batch, _: int) -> Tensor:
        # Dropout is a function of the seed and the step, so a resumed run drops what an uninterrupted one drops.
        torch.manual_seed(step_seed(self.seed, self.global_step))
        embedded, mask = self.method.join(self.backbone.embed(batch.tokens), batch.mask)
        return self.backbone.loss(embedded, mask, batch.labels, self.optim.z_loss)

    @torch.no_grad()
    def generate(self, batch: Batch, length: int) -> list[str]:
        """The text of at most `length` tokens that the adapted backbone writes for each input."""
        embedded, mask = self.method.join(self.backbone.embed(batch.tokens), batch.mask)
        return self.backbone.generate(embedded, mask, length)

    def configure_optimizers(self) -> Adafactor:
        optim = self.optim
        return Adafactor(
            self.method.trainable().values(),
            lr=optim.lr,
            decay_rate=optim.decay_rate,
            weight_decay=optim.weight_decay,
            clip=optim.clip,
            parameter_scale=optim.parameter_scale,
            initial_step=optim.initial_step,
        )

    def state_dict(self, *_: Any, **__: Any) -> dict[str, Tensor]:  # type: ignore[override]
        return {name: param.detach() for name, param in self.method.trainable().items()}

    def load_state_dict(self, state_dict: Mapping[str, Any], *_: Any, **__: Any) -> Any:
        """Copy tensors into the parameters that train; both must have the same names and shapes."""
        copy_tensors(state_dict, self.method.trainable())

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return Batch(tokens=batch.tokens.to(device), mask=batch.mask.to(device), labels=batch.labels.to(device))


def step_seed(seed: int, step: int) -> int:
    """A seed for one step; neighbouring seeds and steps give unrelated ones."""
    return int.from_bytes(hashlib.sha256(f"{seed} {step}".encode()).digest()[:8], "big") >> 1

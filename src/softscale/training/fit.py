"""Training by Lightning: from last.ckpt, where there is one, to the last step, on one device or several."""

import logging
import warnings
from typing import Any

import pytorch_lightning as pl
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.utilities.rank_zero import rank_zero_only
from pytorch_lightning.loggers import Logger
from pytorch_lightning.strategies import DDPStrategy
from torch.utils.data import DataLoader

from softscale.data.batches import TrainingBatches
from softscale.data.tokenised import Tokenised
from softscale.devices.available import torch_device
from softscale.devices.ranks import rank
from softscale.devices.sharding import shard
from softscale.runs.job import Job
from softscale.training.evaluation import Evaluation
from softscale.training.lightning_checkpoint import SafetensorsIO
from softscale.training.step_cost import StepCost
from softscale.training.tuning import Tuning


class ShardedStrategy(DDPStrategy):
    """Lightning's DDP with FSDP2 in the place of DDP's wrapper, so that checkpoints stay ours.

    Lightning's own FSDP strategies write pickles, and its FSDP1 flattens the matrices that Adafactor factors.
    """

    def model_to_device(self) -> None:
        """Nothing yet: sharding moves one block at a time, and the whole model need not fit on a device."""

    def configure_ddp(self) -> None:
        model = self.model
        assert isinstance(model, Tuning)
        shard(model, model.backbone.blocks, self.root_device.type, methods=["generate"])
        model.to(self.root_device)

    def teardown(self) -> None:
        """The weights stay on the device: gathering them there is not over (record, transfer)."""
        super().teardown()
        assert self.model is not None
        self.model.to(self.root_device)


def fit(module: Tuning, train: Tokenised, evaluation: Evaluation, job: Job, logger: Logger | None) -> StepCost:
    """Train to the last step; score only where there are no steps."""
    quiet_lightning()
    # Lightning takes it from the variables of Slurm and others as it is imported.
    rank_zero_only.rank = rank()  # pyright: ignore[reportFunctionMemberAccess] - as Lightning itself sets it
    optim, cost = job.study.optim, StepCost()
    if not optim.steps:
        evaluation.evaluate(module.to(torch_device(job.runtime)), 0, logger)
        return cost
    trainer = trainer_of(job, [cost, evaluation], logger)
    batches = TrainingBatches(
        train, optim.batch_size, optim.steps, job.study.seed, lambda: trainer.global_step, evaluation.task.limit
    )
    last = job.folder / "last.ckpt"
    try:
        trainer.fit(module, DataLoader(batches, batch_size=None), ckpt_path=str(last) if last.exists() else None)
    except SystemExit as stop:  # what Lightning makes of Ctrl-C
        raise KeyboardInterrupt(f"stopped at step {trainer.global_step} of {optim.steps}") from stop
    return cost


STRATEGIES: dict[str, Any] = {"ddp": DDPStrategy, "fsdp": ShardedStrategy}


def trainer_of(job: Job, callbacks: list[pl.Callback], logger: Logger | None) -> pl.Trainer:
    """Lightning's trainer for a run; with several devices, in each of their processes (rank_processes.py)."""
    runtime = job.runtime
    # Always ours: Lightning would read what Slurm, torchrun or MPI say of their tasks, which are not those of a run.
    environment, several = LightningEnvironment(), runtime.strategy in STRATEGIES
    own = {"strategy": STRATEGIES[runtime.strategy](cluster_environment=environment)} if several else {}
    return pl.Trainer(
        accelerator=runtime.device,
        devices=runtime.devices,
        max_steps=job.study.optim.steps,
        callbacks=callbacks,
        plugins=[SafetensorsIO()] if several else [SafetensorsIO(), environment],
        logger=logger or False,
        default_root_dir=job.folder,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        **own,
    )


def quiet_lightning() -> None:
    """Hundreds of short runs: no banner for each, and no advice about loader processes that they do not need."""
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")
    warnings.filterwarnings("ignore", message=".*srun. command is available.*")  # no run is a task of Slurm's
    warnings.filterwarnings("ignore", message="FSDP2-wrapped module .* returned a view")  # T5 adds out of place

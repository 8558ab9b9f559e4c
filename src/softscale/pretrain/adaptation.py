"""Any T5 trained on with a pre-training objective, on plain text: LM adaptation (Lester et al. 2021, section 3.2).

The authors released T5 1.1 after 0 and 100,000 steps of LM adaptation; Figure 3(d) has 10,000 and 50,000 too. The paper
gives the objective and the steps only. The rest is T5's pre-training recipe as t5x has it (configs/runs/pretrain.gin):
Adafactor with parameter scaling and without weight decay, a rate of 1 / sqrt(step) that goes on from the last step of
pre-training, no dropout. Published checkpoints carry no optimiser state, so Adafactor's moments start afresh.
"""

from __future__ import annotations

import math
import shutil
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import MISSING

from softscale.backbone.shape import family_of, shape_of
from softscale.config import ModelConfig
from softscale.costs.fits import check_copies_fit
from softscale.errors import InputError
from softscale.pretrain.job import check_kept
from softscale.pretrain.objectives import ObjectiveConfig, sentinels_of
from softscale.pretrain.text import DOCUMENTS, Text, files_of, tokenised_text
from softscale.ranges import MOST, above_zero, at_least, one_of, random_seed

if TYPE_CHECKING:  # a configuration is checked without torch
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase

    from softscale.pretrain.begun import Begun


@dataclass(kw_only=True)
class Adaptation:
    """What decides the weights; values live in conf/adaptation.yaml."""

    model: ModelConfig = MISSING  # dtype is that of the passes: weights that train are held in fp32
    objective: ObjectiveConfig = MISSING
    text: str = MISSING  # a file, or a folder of files
    document: str = MISSING  # line | file
    steps: int = MISSING
    steps_before: int = MISSING  # steps of pre-training that the rate goes on from
    batch_size: int = MISSING  # pieces of text a step
    lr: float = MISSING  # rate of the first step
    decay_rate: float = MISSING
    clip: float = MISSING
    z_loss: float = MISSING
    seed: int = MISSING
    threads: int = MISSING
    micro_batch_size: int = MISSING  # pieces in memory at a time
    checkpoint_every: int = MISSING
    keep: list[int] = field(default_factory=list)  # steps whose T5 is kept in to/step_<step>
    to: str = MISSING  # folder for the weights

    @property
    def restarts(self) -> tuple[int, ...]:
        return ()

    def check(self) -> None:
        """Raises InputError for a value out of range, and for a folder with files of something else."""
        self.model.check()
        one_of("model.dtype", self.model.dtype, ("fp32", "bf16"))
        self.objective.check()
        one_of("document", self.document, tuple(DOCUMENTS))
        for name in ("steps", "steps_before", "checkpoint_every"):
            at_least(name, getattr(self, name), 1, MOST)
        for name in ("batch_size", "micro_batch_size"):
            at_least(name, getattr(self, name), 1, 10**6)
        at_least("threads", self.threads, 1, 256)
        random_seed("seed", self.seed)
        above_zero("lr", self.lr, 1000)
        above_zero("decay_rate", self.decay_rate, 10)
        above_zero("clip", self.clip)
        at_least("z_loss", self.z_loss, 0, 1)
        check_kept(self)
        shape = shape_of(self.model)
        if family_of(self.model).kind != "encoder_decoder":
            raise InputError(f"model={self.model.name} is not allowed: pretrain goes on with a T5, and it is none")
        if shape:
            check_copies_fit(f"model={self.model.name}", shape, copies=2)  # with gradients
        files_of(self.text)
        folder = Path(self.to)
        if folder.is_dir() and not (folder / "last.ckpt").exists():
            for file in sorted(folder.glob("[!.]*")):
                raise InputError(
                    f"to={self.to} holds {file.name}, but no last.ckpt to go on from: name a new or an empty folder"
                )

    def rate(self, step: int) -> float:
        """Falls with the square root of all steps: 1 / sqrt(10^6) to 1 / sqrt(1.1 x 10^6) in the authors' case."""
        return self.lr * math.sqrt(self.steps_before / (self.steps_before + step))

    def begin(self) -> Begun:
        import torch

        from softscale.backbone.load import load_backbone, load_tokenizer
        from softscale.backbone.padding import IGNORED, PAD
        from softscale.pretrain.begun import Begun
        from softscale.pretrain.text_batches import TextBatches
        from softscale.training.optim import Adafactor

        tokenizer = load_tokenizer(self.model)
        sentinels = sentinels_of(tokenizer)
        if self.objective.needs_sentinels and not sentinels:
            raise InputError(
                f"objective={self.objective.name} is not allowed: the tokenizer of {self.model.path} is "
                "without <extra_id_0>"
            )
        eos: int = tokenizer.eos_token_id  # type: ignore[assignment]
        text = self._text(tokenizer)
        backbone = load_backbone(replace(self.model, dtype="fp32"), tokenizer, dropout=0.0).requires_grad_(True)
        short = self.model.dtype == "bf16"

        def learn(inputs: Tensor, labels: Tensor) -> Tensor:
            """The mean loss over the batch's target tokens, however many pieces are in memory at a time."""
            counted = (labels != IGNORED).sum()
            total = torch.zeros((), device=labels.device)
            for part, part_labels in zip(
                inputs.split(self.micro_batch_size), labels.split(self.micro_batch_size), strict=True
            ):
                with torch.autocast(part.device.type, torch.bfloat16, enabled=short):
                    loss = backbone.loss(backbone.embed(part), part != PAD, part_labels, self.z_loss) / counted
                loss.backward()
                total += loss.detach()
            return total

        return Begun(
            name=f"{self.model.name} {self.objective.name}",
            model=backbone.model,  # type: ignore[arg-type] - `check` let T5s pass only
            tokenizer=tokenizer,
            optimiser=Adafactor(
                backbone.parameters(), lr=self.lr, decay_rate=self.decay_rate, clip=self.clip, parameter_scale=True
            ),
            batches=TextBatches(text, self.objective, sentinels, eos, self.batch_size, self.seed),
            learn=learn,
            facts={"text": text.facts, "backbone": backbone.sha256()},
        )

    def _text(self, tokenizer: PreTrainedTokenizerBase) -> Text:
        """The tokenised text, kept in the folder of the job until it is done; a refused text leaves nothing there."""
        folder = Path(self.to)
        cache = folder / ".text"
        try:
            text = tokenised_text(
                self.text, self.document, tokenizer, self.objective.piece, self.objective.joins, cache
            )
            if len(text) < self.batch_size:
                raise InputError(
                    f"text={self.text} gives {len(text)} pieces of text, less than one batch: batch_size="
                    f"{self.batch_size} must be at most that"
                )
            return text
        except InputError:
            for left in (cache, cache.with_name(".text.part")):
                shutil.rmtree(left, ignore_errors=True)
            with suppress(OSError):  # it holds a job
                folder.rmdir()
            raise

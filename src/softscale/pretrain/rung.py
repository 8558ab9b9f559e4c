"""One rung of the miniature ladder: what decides its weights, and what its pre-training begins with."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from omegaconf import MISSING

from softscale.config import Shape
from softscale.costs.fits import check_copies_fit
from softscale.errors import InputError
from softscale.pretrain.job import check_kept
from softscale.ranges import MOST, above_zero, at_least, between_zero_and_one, one_of, random_seed
from softscale.world.text import STAGES

if TYPE_CHECKING:  # a configuration is checked without torch
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase, T5ForConditionalGeneration

    from softscale.pretrain.begun import Begun


SHAPE = ("d_model", "d_ff", "d_kv", "num_heads", "num_layers")


@dataclass(kw_only=True)
class Rung:
    """The shape of one T5 1.1 of the miniature ladder."""

    name: str = MISSING
    d_model: int = MISSING
    d_ff: int = MISSING
    d_kv: int = MISSING
    num_heads: int = MISSING
    num_layers: int = MISSING  # of the encoder, and of the decoder
    lr: float = MISSING  # peak rate of span corruption: the wider, the lower

    def check(self) -> None:
        for name in SHAPE:
            at_least(f"rung.{name}", getattr(self, name), 1, 10**5)
        above_zero("rung.lr", self.lr, 1000)
        shape = Shape(vocab_size=1, **{name: getattr(self, name) for name in SHAPE})
        check_copies_fit(f"rung={self.name}", shape, copies=4)  # with gradients and two moments


@dataclass(kw_only=True)
class Pretraining:
    """One pre-training: span corruption, then LM adaptation. Values live in conf/pretrain.yaml."""

    rung: Rung = MISSING
    span: dict[str, int] = MISSING  # steps of span corruption: of each stage of the text (world/text.py), in order
    lm: dict[str, int] = MISSING  # of LM adaptation
    restarts: list[int] = field(default_factory=list)  # steps that begin with the weights as published, and no moments
    batch_size: int = MISSING  # documents a step
    lr: float = MISSING  # peak rate of span corruption, the rung's
    bias_lr: float = MISSING  # peak step of the relative position biases
    lm_share: float = MISSING  # peak rate of LM adaptation, as a share of lr
    warmup_steps: int = MISSING
    salient: float = MISSING  # share of documents of which what follows from the rest is masked, or continued
    density: float = MISSING  # share of tokens that span corruption masks in the others
    mean_span: float = MISSING  # tokens
    precision: str = MISSING  # fp32 | bf16: of products; weights and optimiser are fp32
    seed: int = MISSING
    threads: int = MISSING
    checkpoint_every: int = MISSING
    keep: list[int] = field(default_factory=list)  # steps whose T5 is kept in to/step_<step>
    to: str = MISSING  # folder for the weights

    def check(self) -> None:
        """Raises InputError for a value out of range."""
        self.rung.check()
        at_least("batch_size", self.batch_size, 1, 10**6)
        at_least("threads", self.threads, 1, 256)
        random_seed("seed", self.seed)
        for name in ("lr", "bias_lr", "lm_share", "mean_span"):
            above_zero(name, getattr(self, name), 1000)
        for name in ("warmup_steps", "checkpoint_every"):
            at_least(name, getattr(self, name), 1, MOST)
        for name in ("span", "lm"):
            for stage, steps in getattr(self, name).items():
                one_of(f"a stage of {name}", stage, STAGES)
                at_least(f"{name}.{stage}", steps, 0, MOST)
        if not self.steps:
            raise InputError("span and lm have no steps: one of their stages must have some")
        between_zero_and_one("density", self.density)
        if not 0 <= self.salient <= 1:
            raise InputError(f"salient={self.salient} is not allowed: it must be between 0 and 1")
        one_of("precision", self.precision, ("fp32", "bf16"))
        check_kept(self)

    @property
    def span_steps(self) -> int:
        return sum(self.span.values())

    @property
    def steps(self) -> int:
        return self.span_steps + sum(self.lm.values())

    def stage(self, step: int) -> str:
        """What is read at a step (world/text.py)."""
        stages = [*self.span.items(), *self.lm.items()]
        ends = itertools.accumulate(steps for _, steps in stages)
        return next(stage for (stage, _), end in zip(stages, ends, strict=True) if step < end)

    def rate(self, step: int) -> float:
        """Each phase warms up to its peak, stays there for three quarters, and falls linearly to a tenth of it."""
        if step < self.span_steps:
            peak, done, length = self.lr, step, self.span_steps
        else:
            peak, done, length = self.lm_share * self.lr, step - self.span_steps, sum(self.lm.values())
        falling = 1.0 - 0.9 * max(0.0, 4 * done / length - 3)
        return peak * min((done + 1) / self.warmup_steps, falling)

    def begin(self) -> Begun:
        import torch

        from softscale.backbone.padding import IGNORED, PAD
        from softscale.pretrain.batches import alike
        from softscale.pretrain.begun import Begun
        from softscale.pretrain.optimiser import ScaledAdamW, groups
        from softscale.pretrain.world_batches import WorldBatches
        from softscale.world.tokenizer import build_tokenizer

        tokenizer = build_tokenizer()
        model = initial_model(self.rung, len(tokenizer))

        def learn(inputs: Tensor, labels: Tensor) -> Tensor:
            counted, total = (labels != IGNORED).sum(), torch.zeros((), device=labels.device)
            for part, part_labels in alike(inputs, labels):
                with torch.autocast(part.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
                    loss = model(input_ids=part, attention_mask=part != PAD, labels=part_labels).loss
                share = loss * ((part_labels != IGNORED).sum() / counted)
                share.backward()
                total += share.detach()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            return total

        return Begun(
            name=self.rung.name,
            model=model,
            tokenizer=tokenizer,
            optimiser=ScaledAdamW(groups(model, self.bias_lr / self.lr), lr=self.lr),
            batches=WorldBatches(self, tokenizer),
            learn=learn,
            facts={"vocabulary": _vocabulary(tokenizer)},
            stored=torch.bfloat16,  # half the size: the checkpoints are committed
        )


def initial_model(rung: Rung, vocab_size: int) -> T5ForConditionalGeneration:
    """The T5 1.1 of a rung's shape at its first step; T5 1.1 was pre-trained without dropout."""
    from softscale.backbone.t5_1_1 import build_t5_1_1, t5_1_1_config

    shape = {key: value for key, value in asdict(rung).items() if key not in ("name", "lr")}
    config = t5_1_1_config(vocab_size=vocab_size, **shape)
    config.dropout_rate = 0.0
    return build_t5_1_1(config).train()


def _vocabulary(tokenizer: PreTrainedTokenizerBase) -> str:
    """Tells one numbering of words from another: the text decides it, and a checkpoint fits no other."""
    words = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    return hashlib.sha256(" ".join(word for word, _ in words).encode()).hexdigest()[:12]

"""One rung of the miniature ladder: what decides its weights, and what its pre-training begins with."""

from dataclasses import asdict, dataclass, field

import torch
from omegaconf import MISSING
from torch import Tensor
from transformers import T5ForConditionalGeneration

from softscale.backbone.t5_1_1 import build_t5_1_1, t5_1_1_config
from softscale.errors import InputError
from softscale.pretrain.job import Begun, check_kept
from softscale.pretrain.optimiser import ScaledAdamW
from softscale.pretrain.world_batches import WorldBatches
from softscale.world.tokenizer import build_tokenizer


@dataclass(kw_only=True)
class Rung:
    """The shape of one T5 1.1 of the miniature ladder."""

    name: str = MISSING
    d_model: int = MISSING
    d_ff: int = MISSING
    d_kv: int = MISSING
    num_heads: int = MISSING
    num_layers: int = MISSING  # of the encoder, and of the decoder


@dataclass(kw_only=True)
class Pretraining:
    """One pre-training: span corruption, then LM adaptation. Values live in conf/pretrain.yaml."""

    rung: Rung = MISSING
    span_steps: int = MISSING
    lm_steps: int = MISSING
    simple_steps: int = MISSING  # first steps of LM adaptation, on simple documents (world/text.py)
    question_steps: int = MISSING  # last steps, on questions with their answers (world/questions.py)
    batch_size: int = MISSING  # documents a step
    questions_a_step: int = MISSING
    lr: float = MISSING  # peak rate of span corruption
    lm_lr: float = MISSING  # peak rate of LM adaptation
    question_lr: float = MISSING  # peak rate on questions
    warmup_steps: int = MISSING
    density: float = MISSING  # share of tokens that span corruption masks
    mean_span: float = MISSING  # tokens
    seed: int = MISSING
    threads: int = MISSING
    checkpoint_every: int = MISSING
    keep: list[int] = field(default_factory=list)  # steps whose T5 is kept in to/step_<step>
    to: str = MISSING  # folder for the weights

    def check(self) -> None:
        """Raises InputError for a value out of range."""
        for name in (
            "batch_size",
            "questions_a_step",
            "lr",
            "lm_lr",
            "question_lr",
            "mean_span",
            "warmup_steps",
            "threads",
            "checkpoint_every",
        ):
            if getattr(self, name) <= 0:
                raise InputError(f"{name}={getattr(self, name)} is not allowed: it must be greater than 0")
        for name in ("span_steps", "lm_steps", "simple_steps", "question_steps"):
            if getattr(self, name) < 0:
                raise InputError(f"{name}={getattr(self, name)} is not allowed: it must be 0 or more")
        if not 0 < self.density < 1:
            raise InputError(f"density={self.density} is not allowed: it must lie between 0 and 1")
        check_kept(self)

    @property
    def steps(self) -> int:
        return self.span_steps + self.lm_steps + self.question_steps

    def phase(self, step: int) -> tuple[str, int]:
        """The phase of a step (span, lm or question), and how far into it the step is."""
        for name, length in (("span", self.span_steps), ("lm", self.lm_steps)):
            if step < length:
                return name, step
            step -= length
        return "question", step

    def rate(self, step: int) -> float:
        """Each phase warms up to its peak, stays there for three quarters, and falls linearly to a tenth of it."""
        phase, done = self.phase(step)
        peak, length = {
            "span": (self.lr, self.span_steps),
            "lm": (self.lm_lr, self.lm_steps),
            "question": (self.question_lr, self.question_steps),
        }[phase]
        falling = 1.0 - 0.9 * max(0.0, 4 * done / length - 3)
        return peak * min((done + 1) / self.warmup_steps, falling)

    def begin(self) -> Begun:
        tokenizer = build_tokenizer()
        model = initial_model(self.rung, len(tokenizer))

        def learn(inputs: Tensor, labels: Tensor) -> Tensor:
            loss = model(input_ids=inputs, attention_mask=inputs != 0, labels=labels).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            return loss.detach()

        return Begun(
            name=self.rung.name,
            model=model,
            tokenizer=tokenizer,
            optimiser=ScaledAdamW(model.parameters(), lr=self.lr),
            batches=WorldBatches(self, tokenizer),
            learn=learn,
        )


def initial_model(rung: Rung, vocab_size: int) -> T5ForConditionalGeneration:
    """The T5 1.1 of a rung's shape at its first step; T5 1.1 was pre-trained without dropout."""
    shape = {key: value for key, value in asdict(rung).items() if key != "name"}
    config = t5_1_1_config(vocab_size=vocab_size, **shape)
    config.dropout_rate = 0.0
    return build_t5_1_1(config).train()

"""What decides the weights of one rung of the miniature ladder."""

from dataclasses import dataclass

from omegaconf import MISSING

from softscale.errors import InputError


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
    batch_size: int = MISSING  # documents a step
    lr: float = MISSING  # peak rate of span corruption
    lm_lr: float = MISSING  # peak rate of LM adaptation
    warmup_steps: int = MISSING
    density: float = MISSING  # share of tokens that span corruption masks
    mean_span: float = MISSING  # tokens
    seed: int = MISSING
    threads: int = MISSING
    checkpoint_every: int = MISSING
    to: str = MISSING  # folder for the weights

    def check(self) -> None:
        """Raises InputError for a value out of range."""
        for name in ("batch_size", "lr", "lm_lr", "mean_span", "warmup_steps", "threads", "checkpoint_every"):
            if getattr(self, name) <= 0:
                raise InputError(f"{name}={getattr(self, name)} is not allowed: it must be greater than 0")
        for name in ("span_steps", "lm_steps", "simple_steps"):
            if getattr(self, name) < 0:
                raise InputError(f"{name}={getattr(self, name)} is not allowed: it must be 0 or more")
        if not 0 < self.density < 1:
            raise InputError(f"density={self.density} is not allowed: it must lie between 0 and 1")

    @property
    def steps(self) -> int:
        return self.span_steps + self.lm_steps

    def rate(self, step: int) -> float:
        """Each phase warms up to its peak, stays there for three quarters, and falls linearly to a tenth of it."""
        adapting = step >= self.span_steps
        peak, length = (self.lm_lr, self.lm_steps) if adapting else (self.lr, self.span_steps)
        done = step - self.span_steps if adapting else step
        falling = 1.0 - 0.9 * max(0.0, 4 * done / length - 3)
        return peak * min((done + 1) / self.warmup_steps, falling)

"""Time of a pre-training step of each rung beside what the machine's products alone would take, and where it goes.

  python benchmarks/pretraining_steps.py rung=1,2,3 rounds=10

A step is that of `softscale pretrain`: a batch of the world's text, forward, backward, clipping and ScaledAdamW, in the
precision of conf/pretrain.yaml, on the first steps that read all of the world. Every round makes one step of every rung
and times products of matrices, so that what else the machine does falls on all of them; medians are told, and of the
products the best. On a machine that is never idle `clock=cpu` counts the processor's time instead of the wall's. Any
override of `softscale pretrain rung=…` may be given, such as `precision=fp32 batch_size=64`.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from softscale.backbone.backbone import choose_attention_kernel
from softscale.commands.pretrain import config_of
from softscale.compose.cells import hydra_session
from softscale.config import Shape
from softscale.costs.flops import score_flops, training_flops
from softscale.markdown import aligned_table
from softscale.pretrain.batches import POOL
from softscale.pretrain.loop import device
from softscale.pretrain.rung import Pretraining

RUNGS = "1,2,3,4,5"
SIZES = {"cpu": (512, 1024, 2048), "cuda": (4096, 8192)}  # of square matrices, one of which is as fast as any
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
PARTS = ("batch", "forward", "backward", "optimiser")  # clipping counts as backward
FIXED = "start of operations"


def main(arguments: list[str]) -> None:
    told = {key: value for key, _, value in (argument.partition("=") for argument in arguments)}
    rounds, rungs = int(told.pop("rounds", "10")), told.pop("rung", RUNGS).split(",")
    clock = Clock(told.pop("clock", "wall"))
    overrides = [f"{name}={value}" for name, value in told.items()]
    with hydra_session():
        configs = [config_of([f"rung={rung}", *overrides]) for rung in rungs]
    steps = [Steps(config, clock) for config in configs if isinstance(config, Pretraining)]
    torch.set_num_threads(steps[0].config.threads)
    choose_attention_kernel()
    best = 0.0
    for place in range(rounds + 2):
        best = max(best, *(product_rate(size, size, size, steps[0].dtype, clock) for size in SIZES[device().type]))
        for step in steps:
            step.make()
            if place < 2:  # the first two make optimiser state and caches
                step.forget()
    _say(steps, best, rounds)


@dataclass(frozen=True)
class Clock:
    """Seconds, after all work that was given to the device."""

    name: str

    def now(self) -> float:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return CLOCKS[self.name]()

    def seconds(self, action: Callable[[], object]) -> float:
        started = self.now()
        action()
        return self.now() - started


@dataclass
class Steps:
    """Steps of one rung's pre-training: seconds of each, part by part, and what they computed."""

    config: Pretraining
    clock: Clock
    seconds: dict[str, list[float]] = field(default_factory=lambda: {part: [] for part in PARTS})
    fixed: list[float] = field(default_factory=list)  # seconds of forward and backward on one document of the batch
    flops: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)  # input and target positions, padding included
    own_rates: list[float] = field(default_factory=list)  # of its feed-forward product, FLOP/s

    def __post_init__(self) -> None:
        self.config.check()
        torch.manual_seed(self.config.seed)
        self.begun = self.config.begin()
        self.begun.model.to(device())  # type: ignore[arg-type]
        self.dtype = torch.bfloat16 if self.config.precision == "bf16" else torch.float32
        whole = self.config.span["reading"] + self.config.span["judging"]
        self.pool = -(-whole // POOL)  # the first one whose documents are of all kinds
        self.step = 0
        # `learn` is forward and backward in one, part by part of a batch.
        self.forward = 0.0
        self.begun.model.register_forward_pre_hook(lambda *_: self._mark(-1))
        self.begun.model.register_forward_hook(lambda *_: self._mark(1))

    def make(self) -> None:
        """One step; its batch costs what one of a pool does, since a pool is drawn at once."""
        first = (self.pool + self.step) * POOL
        started = self.clock.now()
        batches = [self.begun.batches[first + place] for place in range(POOL)]
        self.seconds["batch"].append((self.clock.now() - started) / POOL)
        inputs, labels = (part.to(device()) for part in batches[self.step % POOL])
        cleared = self.clock.now()
        self.begun.optimiser.zero_grad()
        started = self.clock.now()
        self.forward = 0.0
        self.begun.learn(inputs, labels)
        learnt = self.clock.now()
        self.begun.optimiser.step()
        self.seconds["forward"].append(self.forward)
        self.seconds["backward"].append(learnt - started - self.forward)
        self.seconds["optimiser"].append(self.clock.now() - learnt + started - cleared)
        self.fixed.append(self.clock.seconds(lambda: self.begun.learn(inputs[:1], labels[:1])))
        self.tokens.append(inputs.numel() + labels.numel())
        self.flops.append(self._flops(*inputs.shape, labels.shape[1]))
        rung = self.config.rung
        self.own_rates.append(product_rate(inputs.numel(), rung.d_model, rung.d_ff, self.dtype, self.clock))
        self.step += 1

    def forget(self) -> None:
        for told in (*self.seconds.values(), self.fixed, self.flops, self.tokens, self.own_rates):
            told.clear()

    def total(self) -> list[float]:
        """Seconds of each whole step."""
        return [sum(parts) for parts in zip(*self.seconds.values(), strict=True)]

    def _mark(self, sign: int) -> None:
        self.forward += sign * self.clock.now()

    def _flops(self, examples: int, encoder: int, decoder: int) -> int:
        """Of a step, attention scores included (costs/flops.py)."""
        names = ("d_model", "d_ff", "d_kv", "num_heads", "num_layers")
        rung = {name: getattr(self.config.rung, name) for name in names}
        shape = Shape(vocab_size=len(self.begun.tokenizer), **rung)
        each = training_flops(shape, encoder, decoder, trains_backbone=True) + 3 * score_flops(shape, encoder, decoder)
        return examples * each


def product_rate(rows: int, inner: int, columns: int, dtype: torch.dtype, clock: Clock) -> float:
    """FLOP/s of a product `[rows, inner]` x `[inner, columns]`, the best of three."""
    left = torch.randn(rows, inner, device=device()).to(dtype)
    right = torch.randn(inner, columns, device=device()).to(dtype)
    return 2 * rows * inner * columns / min(clock.seconds(lambda: left @ right) for _ in range(3))


def _say(steps: list[Steps], best: float, rounds: int) -> None:
    config = steps[0].config
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {config.threads} thread(s)"
    print(f"{name}, torch {torch.__version__}, {config.precision}, batches of {config.batch_size}, ", end="")
    print(f"median of {rounds} rounds by the {steps[0].clock.name} clock; ", end="")
    print(f"the fastest product of matrices: {best / 1e9:,.0f} GFLOP/s\n")
    header = ["rung", "step", *PARTS, FIXED, "GFLOP", "limit", "step / limit", "limit at its width", "tokens/s"]
    print(aligned_table(header, [_row(step, best) for step in steps], left=1))
    print(
        "\nlimit: the step's FLOPs at the speed of the fastest product; at its width: at the speed of the product "
        "[tokens, d_model] x [d_model, d_ff]. Start of operations: forward and backward on one document, with next "
        "to nothing to compute. Times in ms. What a step takes beyond these is norms, softmax, masks and copies of "
        "whole batches, which are bound by memory, the batch and the optimiser."
    )


def _row(told: Steps, best: float) -> list[str]:
    middle = statistics.median
    flops, seconds = middle(told.flops), middle(told.total())
    own = max(told.own_rates)
    parts = [middle(told.seconds[part]) for part in PARTS]
    limit = flops / best
    return [
        told.config.rung.name,
        *(f"{1000 * value:.1f}" for value in (seconds, *parts, middle(told.fixed))),
        f"{flops / 1e9:.2f}",
        f"{1000 * limit:.1f}",
        f"{seconds / limit:.1f}",
        f"{1000 * flops / own:.1f}",
        f"{middle(told.tokens) / seconds:,.0f}",
    ]


if __name__ == "__main__":
    main(sys.argv[1:])

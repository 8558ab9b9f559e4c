"""The memory of one training process in closed form, without weights, and which devices have it.

Of the data that a step keeps for its backward pass, a frozen model keeps less: the gradient of an activation needs a
frozen weight, but not the weight's input. Nothing is recomputed (no activation checkpointing).
"""

from dataclasses import dataclass

from softscale.backbone.families import known_family
from softscale.backbone.families.family import FP32
from softscale.backbone.shape import total_parameters
from softscale.config import Shape, Study
from softscale.costs.flops import tokens_of

LEAST_FACTORED = 128  # Adafactor's (training/optim.py)
WORKING_COPIES = 3  # of the largest matrix in fp32 within a step of Adafactor: gradient, its square, update
USABLE = 0.9  # of a device; the rest is for its runtime, and lost between allocations


@dataclass(frozen=True, kw_only=True)
class Device:
    """One GPU: gigabytes (10^9 bytes) of memory and peak operations a second, dense, from NVIDIA's data sheets."""

    name: str
    gigabytes: int
    peak: dict[str, float]  # by model.dtype; fp32 is without TF32, torch's default


DEVICES = (
    Device(name="RTX 4090 24 GB", gigabytes=24, peak={"bf16": 165e12, "fp32": 82.6e12}),
    Device(name="A100 40 GB", gigabytes=40, peak={"bf16": 312e12, "fp32": 19.5e12}),
    Device(name="H100 80 GB", gigabytes=80, peak={"bf16": 989e12, "fp32": 67e12}),
    Device(name="H200 141 GB", gigabytes=141, peak={"bf16": 989e12, "fp32": 67e12}),
)


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes at the peak of a training step."""

    weights: int
    gradients: int
    optimiser: int
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimiser + self.activations


def memory_of(study: Study, shape: Shape) -> Memory | None:
    """At batches of full length; None where the method does not say how many parameters it trains."""
    trained = study.method.num_trained(shape)
    if trained is None:
        return None
    weights = weight_bytes(shape, study.model.dtype)
    whole = study.method.trains_backbone
    read, written = tokens_of(study)
    return Memory(
        weights=weights if whole else weights + FP32 * trained,
        gradients=weights if whole else FP32 * trained,
        optimiser=adafactor_bytes(shape) if whole else FP32 * trained,  # at most: long prompts are factored
        activations=study.optim.batch_size
        * known_family(shape.family).activation_bytes(
            shape,
            read=read,
            written=written,
            element=element_bytes(study.model.dtype),
            trains_backbone=whole,
            dropout=study.optim.dropout > 0,
        ),
    )


def element_bytes(dtype: str) -> int:
    return {"fp32": 4, "bf16": 2, "mixed": 4}[dtype]


def weight_bytes(shape: Shape, dtype: str) -> int:
    return element_bytes(dtype) * total_parameters(shape)


def adafactor_bytes(shape: Shape) -> int:
    """State of the optimiser for all weights: rows and columns of the large matrices, the square of the rest."""
    family = known_family(shape.family)
    matrices = [(each.inputs, each.outputs) for each in family.maps(shape) for _ in range(each.count)]
    matrices += [(shape.vocab_size, shape.d_model)] * (1 if shape.tied else 2)
    kept = sum(rows + columns if min(rows, columns) >= LEAST_FACTORED else rows * columns for rows, columns in matrices)
    others = family.total_parameters(shape) - sum(rows * columns for rows, columns in matrices)  # norms, biases
    return FP32 * (kept + others + WORKING_COPIES * max(rows * columns for rows, columns in matrices))

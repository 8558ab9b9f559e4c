"""The memory of one training process in closed form, without weights, and which devices have it.

Of the data that a step keeps for its backward pass, a frozen T5 keeps less: the gradient of an activation needs a
frozen weight, but not the weight's input. Nothing is recomputed (no activation checkpointing).
"""

from dataclasses import dataclass

from softscale.backbone.shape import RELATIVE_BUCKETS, total_parameters
from softscale.config import Shape, Study
from softscale.costs.flops import tokens_of

FP32 = 4  # bytes
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
    encoder, decoder = tokens_of(study)
    return Memory(
        weights=weights if whole else weights + FP32 * trained,
        gradients=weights if whole else FP32 * trained,
        optimiser=adafactor_bytes(shape) if whole else FP32 * trained,  # at most: long prompts are factored
        activations=study.optim.batch_size
        * activation_bytes(
            shape,
            encoder=encoder,
            decoder=decoder,
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
    width, inner = shape.d_model, shape.num_heads * shape.d_kv
    attention = [(inner, width)] * 3 + [(width, inner)]
    feed_forward = [(shape.d_ff, width)] * 2 + [(width, shape.d_ff)]
    layer = attention * 3 + feed_forward * 2  # one of the encoder and one of the decoder
    matrices = layer * shape.num_layers + [(shape.vocab_size, width)] * 2 + [(RELATIVE_BUCKETS, shape.num_heads)] * 2
    kept = sum(rows + columns if min(rows, columns) >= LEAST_FACTORED else rows * columns for rows, columns in matrices)
    norms = width * (5 * shape.num_layers + 2)
    return FP32 * (kept + norms + WORKING_COPIES * max(rows * columns for rows, columns in matrices))


def activation_bytes(
    shape: Shape, *, encoder: int, decoder: int, element: int, trains_backbone: bool, dropout: bool
) -> int:
    """What one example keeps for the backward pass, with `encoder` = T + P and `decoder` = S tokens.

    An encoder layer keeps of each token, with inner = heads x d_kv: 2 of d_model (what its norms read), 4 of inner
    (queries, keys, values, their mix), 6 of d_ff (gated GELU), and a row of heads x (T + P) scores with the position
    bias; a decoder layer also cross-attention, with keys and values of every encoder token. Where weights train, their
    inputs too: 4 of d_model, 1 of inner, 1 of d_ff. Dropout keeps a byte an element of what it drops.
    """
    inner, heads, width, hidden = shape.num_heads * shape.d_kv, shape.num_heads, shape.d_model, shape.d_ff
    norm = element + (FP32 if element < FP32 else 0)  # norms compute in fp32: a second copy beside bf16

    def stack(tokens: int, norms: int, inners: int, keys: int) -> int:
        layer = norm * norms * width + element * (inners * inner + 6 * hidden + heads * keys)
        if trains_backbone:
            layer += element * (2 * norms * width + (norms - 1) * inner + hidden)
        if dropout:
            layer += norms * width + hidden
        return tokens * (shape.num_layers * layer + element * 3 * width)  # and the last norm

    crossed = element * encoder * shape.num_layers * 2 * inner
    logits = decoder * shape.vocab_size * (element + 2 * FP32)  # as they are, in fp32, and log-softmax
    return stack(encoder, 2, 4, encoder) + stack(decoder, 3, 6, decoder + encoder) + crossed + logits

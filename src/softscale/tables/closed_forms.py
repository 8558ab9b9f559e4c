"""Closed forms of what each method trains and stores, to be held against what is counted (costs/parameters.py).

Letters: P prompt or prefix length, H model width, L layers of the encoder (and of the decoder), A = heads x d_kv,
F = d_ff, M parameters of the backbone. A is H in T5 1.1 but for Small, where it is 384 and H is 512.

The paper names the methods of Figure 4 (section 4) and prints no formulas. For prefix tuning its 0.1 to 1 % agree with
keys and values of the encoder alone; Li & Liang 2021 put them into the decoder too, self- and cross-attention, which is
three times as much.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from softscale.backbone.shape import total_parameters
from softscale.config import MethodConfig, Shape
from softscale.tables.paper import trained_parameters

Count = Callable[[Shape, Any], int]  # of a shape and the method's configuration


@dataclass(frozen=True, kw_only=True)
class ClosedForm:
    """One method's formulas."""

    formula: str  # as the page prints it
    stored: Count
    trained: Count | None = None  # where it differs from `stored`

    def counts(self, shape: Shape, method: MethodConfig) -> tuple[int, int]:
        """Trained parameters, stored values."""
        stored = self.stored(shape, method)
        return (self.trained(shape, method) if self.trained else stored), stored


def inner(shape: Shape) -> int:
    """A, the width of all heads of an attention layer together."""
    return shape.num_heads * shape.d_kv


def _prefix_parts(method: Any) -> int:
    return method.encoder + method.decoder + method.cross


def _prefix_stored(shape: Shape, method: Any) -> int:
    return _prefix_parts(method) * 2 * shape.num_layers * method.length * inner(shape)


def _prefix_trained(shape: Shape, method: Any) -> int:
    if method.hidden is None:
        return _prefix_stored(shape, method)
    width, hidden = shape.d_model, method.hidden
    maps = hidden * (width + 1) + 2 * shape.num_layers * inner(shape) * (hidden + 1)
    return _prefix_parts(method) * (method.length * width + maps)


def _lora(shape: Shape, method: Any) -> int:
    attention = 3 * shape.num_layers * (shape.d_model + inner(shape))  # encoder, decoder, cross
    feed_forward = 2 * shape.num_layers * (shape.d_model + shape.d_ff)  # encoder, decoder
    both_ways = {name: attention for name in "qkvo"} | {name: feed_forward for name in ("wi_0", "wi_1", "wo")}
    return method.rank * sum(both_ways[name] for name in method.targets)


CLOSED_FORMS = {
    "model_tuning": ClosedForm(
        formula="M",
        stored=lambda shape, _: total_parameters(shape),
    ),
    "prompt_tuning": ClosedForm(
        formula="P·H",
        stored=lambda shape, method: trained_parameters(shape, method.length),
    ),
    "per_layer_prompts": ClosedForm(
        formula="L·P·H",
        stored=lambda shape, method: shape.num_layers * trained_parameters(shape, method.length),
    ),
    "prefix_tuning": ClosedForm(
        formula="stored: 2·L·P·A (keys, values) for each of encoder, decoder and cross that has a prefix; trained "
        "through an MLP of width k instead, again for each: P·H + k·(H + 1) + 2·L·A·(k + 1)",
        stored=_prefix_stored,
        trained=_prefix_trained,
    ),
    "lora": ClosedForm(
        formula="r·3·L·(H + A) for each of q, k, v, o among the targets, r·2·L·(H + F) for each of wi_0, wi_1, wo",
        stored=_lora,
    ),
    "ia3": ClosedForm(
        formula="6·L·A (keys, values) + 2·L·F",
        stored=lambda shape, _: 6 * shape.num_layers * inner(shape) + 2 * shape.num_layers * shape.d_ff,
    ),
    "bitfit": ClosedForm(
        formula="3·L·(2·A + H) (queries, values, outputs) + 2·L·(2·F + H)",
        stored=lambda shape, _: (
            3 * shape.num_layers * (2 * inner(shape) + shape.d_model)
            + 2 * shape.num_layers * (2 * shape.d_ff + shape.d_model)
        ),
    ),
}

# Token ids of a hand-written prompt: what prompt design keeps for a task, counted as the paper does (Figure 4).
PROMPT_DESIGN_IDS = (500, 2000)

WARP_CLASSES = 2  # of most tasks of SuperGLUE


def warp(width: int, length: int, classes: int = WARP_CLASSES) -> int:
    """WARP: P prompt vectors and an output vector a class, P·H + C·H (Hambardzumyan et al. 2021); not built here."""
    return (length + classes) * width

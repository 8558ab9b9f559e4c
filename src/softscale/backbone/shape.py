"""The shape of a rung and its number of parameters, without weights and without torch."""

import json
from pathlib import Path

from softscale.config import ROOT, ModelConfig, Shape

RELATIVE_BUCKETS = 32  # of the relative position bias, one table a stack


def shape_of(model: ModelConfig) -> Shape | None:
    """The shape that the configuration states, or that the folder's config.json states; None where neither does."""
    if model.shape is not None:
        return model.shape
    path = (ROOT if model.source == "miniature" else Path()) / model.path / "config.json"
    if not path.is_file():
        return None
    try:
        config = json.loads(path.read_text())
        return Shape(**{name: config[name] for name in Shape.__dataclass_fields__})
    except (ValueError, KeyError, TypeError):  # no T5's: load.py refuses the folder, and says why
        return None


def parameters_of(model: ModelConfig) -> int:
    """Parameters of the backbone; 0 where its shape is not known."""
    shape = shape_of(model)
    return total_parameters(shape) if shape else 0


def total_parameters(shape: Shape) -> int:
    """Parameters of a T5 1.1: GEGLU (three matrices), untied output head, no biases, RMS norms; Table 4's totals."""
    width = shape.d_model
    attention = 4 * width * shape.d_kv * shape.num_heads  # queries, keys, values, output
    feed_forward = 3 * width * shape.d_ff
    encoder_layer = attention + feed_forward + 2 * width
    decoder_layer = 2 * attention + feed_forward + 3 * width
    embeddings = 2 * shape.vocab_size * width  # input table, and output head
    ends = 2 * width + 2 * RELATIVE_BUCKETS * shape.num_heads  # last norms, position biases
    return embeddings + shape.num_layers * (encoder_layer + decoder_layer) + ends


def map_shapes(shape: Shape) -> dict[str, tuple[int, int, int]]:
    """How many linear maps of encoder and decoder have each short name, and the inputs and outputs of one."""
    width, inner, hidden = shape.d_model, shape.d_kv * shape.num_heads, shape.d_ff
    attentions, feed_forwards = 3 * shape.num_layers, 2 * shape.num_layers
    return {
        **dict.fromkeys(("q", "k", "v"), (attentions, width, inner)),
        "o": (attentions, inner, width),
        **dict.fromkeys(("wi_0", "wi_1"), (feed_forwards, width, hidden)),
        "wo": (feed_forwards, hidden, width),
    }

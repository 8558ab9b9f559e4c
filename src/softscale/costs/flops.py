"""Floating point operations of training, in closed form from a model's shape (Kaplan et al. 2020, section 2.1).

A weight costs 2 operations for each token that it multiplies, so a forward pass costs 2ND. Tokens that are read and
tokens that are written meet other weights: N_enc each of D_enc = batch x (T + P), N_dec each of D_dec = batch x S, and
ND is their sum. In a causal model they differ by the output head only. The backward pass through a frozen backbone adds
2ND (gradients of activations only), through one that trains 4ND: 4ND and 6ND in all. Embedding lookups and norms
multiply nothing; attention scores are no weights and are left out of ND: `score_share` says how much they add.
"""

from softscale.backbone.families import known_family
from softscale.config import Shape, Study


def tokens_of(study: Study) -> tuple[int, int]:
    """T + P and S of one example at full length: a bound, since batches are padded to their longest example only."""
    return study.task.input_length + study.method.num_positions(), study.task.target_length + study.task.sentinel


def read_weights(shape: Shape) -> int:
    """N_enc: what a token that is read meets; of T5 also the keys and values that every decoder layer makes of it."""
    return sum(each.weights for each in known_family(shape.family).maps(shape) if each.read)


def written_weights(shape: Shape) -> int:
    """N_dec: what a token that is written meets, the output head among it."""
    maps = sum(each.weights for each in known_family(shape.family).maps(shape) if each.written)
    return maps + shape.vocab_size * shape.d_model


def forward_flops(shape: Shape, read: int, written: int) -> int:
    """2ND of one example with `read` = T + P and `written` = S tokens."""
    return 2 * (read_weights(shape) * read + written_weights(shape) * written)


def training_flops(shape: Shape, read: int, written: int, trains_backbone: bool) -> int:
    """4ND of one example, or 6ND where the backbone trains."""
    return (3 if trains_backbone else 2) * forward_flops(shape, read, written)


def score_flops(shape: Shape, read: int, written: int) -> int:
    """Attention scores and what they weigh, forward: two products over all pairs a layer; backward is twice that."""
    pairs = known_family(shape.family).score_pairs(read, written)
    return 4 * shape.num_layers * shape.num_heads * shape.d_kv * pairs


def score_share(shape: Shape, read: int, written: int, trains_backbone: bool) -> float:
    """What attention scores add to `training_flops`, as a share of it."""
    return 3 * score_flops(shape, read, written) / training_flops(shape, read, written, trains_backbone)

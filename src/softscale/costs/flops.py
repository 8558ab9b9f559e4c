"""Floating point operations of training a T5 1.1, in closed form from its shape (Kaplan et al. 2020, section 2.1).

A weight costs 2 operations for each token that it multiplies, so a forward pass costs 2ND. An encoder-decoder spends
other weights on either kind of token: N_enc on each of D_enc = batch x (T + P), N_dec on each of D_dec = batch x S, and
ND is their sum. The backward pass through a frozen backbone adds 2ND (gradients of activations only), through one that
trains 4ND: 4ND and 6ND in all. Embedding lookups and norms multiply nothing; attention scores are no weights and are
left out of ND: `score_share` says how much they add.
"""

from softscale.config import Shape, Study


def tokens_of(study: Study) -> tuple[int, int]:
    """T + P and S of one example at full length: a bound, since batches are padded to their longest example only."""
    return study.task.input_length + study.method.num_positions(), study.task.target_length + study.task.sentinel


def encoder_weights(shape: Shape) -> int:
    """N_enc: the encoder's matrices, and the keys and values that every decoder layer makes of the encoder's output."""
    inner = shape.num_heads * shape.d_kv
    layer = 4 * shape.d_model * inner + 3 * shape.d_model * shape.d_ff
    return shape.num_layers * (layer + 2 * shape.d_model * inner)


def decoder_weights(shape: Shape) -> int:
    """N_dec: the rest of the decoder's matrices, and the output head."""
    inner = shape.num_heads * shape.d_kv
    layer = 6 * shape.d_model * inner + 3 * shape.d_model * shape.d_ff
    return shape.num_layers * layer + shape.vocab_size * shape.d_model


def forward_flops(shape: Shape, encoder: int, decoder: int) -> int:
    """2ND of one example with `encoder` = T + P and `decoder` = S tokens."""
    return 2 * (encoder_weights(shape) * encoder + decoder_weights(shape) * decoder)


def training_flops(shape: Shape, encoder: int, decoder: int, trains_backbone: bool) -> int:
    """4ND of one example, or 6ND where the backbone trains."""
    return (3 if trains_backbone else 2) * forward_flops(shape, encoder, decoder)


def score_flops(shape: Shape, encoder: int, decoder: int) -> int:
    """Attention scores and what they weigh, forward: two products over all pairs a layer; backward is twice that."""
    pairs = encoder * encoder + decoder * decoder + decoder * encoder
    return 4 * shape.num_layers * shape.num_heads * shape.d_kv * pairs


def score_share(shape: Shape, encoder: int, decoder: int, trains_backbone: bool) -> float:
    """What attention scores add to `training_flops`, as a share of it."""
    return 3 * score_flops(shape, encoder, decoder) / training_flops(shape, encoder, decoder, trains_backbone)

"""T5 1.1: encoder and decoder, GEGLU (three matrices), no biases, RMS norms, an output head of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from softscale.backbone.families.family import FP32, Family, Map
from softscale.config import Shape

if TYPE_CHECKING:
    from transformers import T5Config


RELATIVE_BUCKETS = 32  # of the relative position bias, one table a stack
SIZES = ("vocab_size", "d_model", "d_ff", "d_kv", "num_heads", "num_layers")


class T5(Family):
    name = "t5"
    kind: ClassVar[str] = "encoder_decoder"
    peft_task: ClassVar[str] = "SEQ_2_SEQ_LM"
    peft_holds_prefix: ClassVar[bool] = False  # it reaches the decoder's self-attention only, and ties layers
    parts = ("encoder", "decoder", "cross")
    roles: Mapping[str, str] = {}

    def shape_in(self, config: Mapping[str, Any]) -> Shape:
        return Shape(**{name: config[name] for name in SIZES})

    def maps(self, shape: Shape) -> list[Map]:
        width, inner, hidden, layers = shape.d_model, self.keys_width(shape), shape.d_ff, shape.num_layers

        def attention(keys_of_read: bool, queries_of_read: bool) -> list[Map]:
            queries, keys = _met(queries_of_read), _met(keys_of_read)
            return [
                Map(name="q", count=layers, inputs=width, outputs=inner, **queries),
                Map(name="k", count=layers, inputs=width, outputs=inner, **keys),
                Map(name="v", count=layers, inputs=width, outputs=inner, **keys),
                Map(name="o", count=layers, inputs=inner, outputs=width, **queries),
            ]

        def feed_forward(read: bool) -> list[Map]:
            return [
                *(
                    Map(name=name, count=layers, inputs=width, outputs=hidden, **_met(read))
                    for name in ("wi_0", "wi_1")
                ),
                Map(name="wo", count=layers, inputs=hidden, outputs=width, **_met(read)),
            ]

        encoder = [*attention(True, True), *feed_forward(True)]
        return [*encoder, *attention(False, False), *attention(True, False), *feed_forward(False)]

    def other_parameters(self, shape: Shape) -> int:
        norms = (2 + 3) * shape.num_layers + 2  # of each layer of encoder and decoder, and the last ones
        return norms * shape.d_model + 2 * RELATIVE_BUCKETS * shape.num_heads

    def score_pairs(self, read: int, written: int) -> int:
        return read * read + written * written + written * read

    def keys_width(self, shape: Shape) -> int:
        return shape.num_heads * shape.d_kv

    def activation_bytes(
        self, shape: Shape, *, read: int, written: int, element: int, trains_backbone: bool, dropout: bool
    ) -> int:
        """An encoder layer keeps of each token, with inner = heads x d_kv: 2 of d_model (what its norms read), 4 of
        inner (queries, keys, values, their mix), 6 of d_ff (gated GELU), and a row of heads x (T + P) scores with the
        position bias; a decoder layer also cross-attention, with keys and values of every encoder token. Where weights
        train, their inputs too: 4 of d_model, 1 of inner, 1 of d_ff. Dropout keeps a byte an element of what it drops.
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

        crossed = element * read * shape.num_layers * 2 * inner
        logits = written * shape.vocab_size * (element + 2 * FP32)  # as they are, in fp32, and log-softmax
        return stack(read, 2, 4, read) + stack(written, 3, 6, written + read) + crossed + logits

    def config_of(self, shape: Shape) -> T5Config:
        from softscale.backbone.t5_1_1 import t5_1_1_config

        return t5_1_1_config(**{name: getattr(shape, name) for name in SIZES})


def _met(read: bool) -> dict[str, bool]:
    return {"read": read, "written": not read}

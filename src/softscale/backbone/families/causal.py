"""What decoder-only models share: one stack, whose tokens are read and then written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from softscale.backbone.families.family import FP32, Family
from softscale.config import Shape
from softscale.errors import InputError

if TYPE_CHECKING:
    from softscale.config import Study


def shape_stated(name: str, config: Mapping[str, Any], **own: Any) -> Shape:
    """The shape in a config.json that has the names that Llama and GPT-NeoX share; `own` values come before them."""
    heads = config["num_attention_heads"]
    shared = {
        "vocab_size": config["vocab_size"],
        "d_model": config["hidden_size"],
        "d_ff": config["intermediate_size"],
        "d_kv": config["hidden_size"] // heads,
        "num_heads": heads,
        "num_layers": config["num_hidden_layers"],
        "tied": bool(config.get("tie_word_embeddings", False)),
        "context": config.get("max_position_embeddings"),
    }
    return Shape(family=name, **(shared | own))


def as_stated(shape: Shape) -> dict[str, Any]:
    """The same names with the values of a shape, as transformers' configurations take them."""
    return {
        "vocab_size": shape.vocab_size,
        "hidden_size": shape.d_model,
        "intermediate_size": shape.d_ff,
        "num_attention_heads": shape.num_heads,
        "num_hidden_layers": shape.num_layers,
        "tie_word_embeddings": shape.tied,
        "max_position_embeddings": shape.context or 2048,
    }


class Causal(Family):
    """Abstract: a family says how its maps are called, and its shape."""

    kind: ClassVar[str] = "causal"
    peft_task: ClassVar[str] = "CAUSAL_LM"
    peft_holds_prefix: ClassVar[bool] = True
    parts: tuple[str, ...] = ("decoder",)

    attention: str | None = "sdpa"  # the implementation that transformers is asked for; None: its own choice

    def __init__(self, name: str) -> None:
        self.name = name

    def score_pairs(self, read: int, written: int) -> int:
        return (read + written) ** 2  # of which half is masked, and computed all the same

    def keys_width(self, shape: Shape) -> int:
        return (shape.num_kv_heads or shape.num_heads) * shape.d_kv

    def activation_bytes(
        self, shape: Shape, *, read: int, written: int, element: int, trains_backbone: bool, dropout: bool
    ) -> int:
        """Of each token a layer keeps `kept`, and for each head a row of what softmax made in fp32, with a byte of the
        mask a pair, and once more in another type that is mixed. So it is on a CPU; a GPU's fused attention keeps no
        such rows. Where weights train, their inputs too. Logits are of written tokens only.
        """
        tokens, width = read + written, shape.d_model
        rows = tokens * (shape.num_heads * (FP32 + (element if element < FP32 else 0)) + 1)
        layer = element * self.kept(shape) + rows
        if trains_backbone:
            layer += element * (2 * width + shape.num_heads * shape.d_kv + shape.d_ff)
        if dropout:
            layer += 2 * width + shape.num_heads * tokens
        logits = written * shape.vocab_size * (element + 2 * FP32)
        return tokens * (shape.num_layers * layer + element * width) + logits

    def kept(self, shape: Shape) -> int:
        """Elements that a layer keeps of a token, its rows of scores apart."""
        raise NotImplementedError(f"softscale does not know what a layer of {self.name} keeps")

    def check(self, study: Study) -> None:
        if study.task.sentinel:
            raise InputError(
                f"task.sentinel=true is not allowed with model={study.model.name}: no causal model was pre-trained to "
                "write T5's sentinels; it must be false"
            )
        if study.task.decoder != "greedy":
            raise InputError(
                f"task.decoder={study.task.decoder} is not allowed with model={study.model.name}: it is that of the "
                "released code, which has T5s; it must be greedy"
            )
        if study.optim.dropout_shared:
            raise InputError(
                f"optim.dropout_shared=true is not allowed with model={study.model.name}: it is T5's; it must be false"
            )

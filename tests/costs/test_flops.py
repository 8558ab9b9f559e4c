"""The closed form of training FLOPs against what torch counts in a real step, and against 4ND and 6ND."""

import pytest
import torch
from tiny import METHODS, OPTIM
from torch.utils.flop_counter import FlopCounterMode
from transformers import PreTrainedTokenizerFast

from softscale.backbone.encoder_decoder import EncoderDecoder
from softscale.backbone.shape import total_parameters
from softscale.backbone.t5_1_1 import build_t5_1_1, t5_1_1_config
from softscale.config import OptimConfig, Shape
from softscale.costs.flops import forward_flops, read_weights, score_share, training_flops, written_weights
from softscale.data.batches import Batch
from softscale.methods.method import Context
from softscale.training.tuning import Tuning

SHAPE = {"vocab_size": 1000, "d_model": 128, "d_ff": 256, "d_kv": 32, "num_heads": 4, "num_layers": 4}
B, T, P, S = 2, 60, 4, 3  # P is that of tiny.METHODS
SIZES = {
    "small": Shape(d_model=512, d_ff=1024, d_kv=64, num_heads=6, num_layers=8),
    "xxl": Shape(d_model=4096, d_ff=10240, d_kv=64, num_heads=64, num_layers=24),
}


def counted(method: str, tokenizer: PreTrainedTokenizerFast) -> tuple[int, int]:
    """FLOPs of the products with weights, and of all products, of one training step."""
    backbone = EncoderDecoder(build_t5_1_1(t5_1_1_config(**SHAPE)), tokenizer)
    context = Context(backbone=backbone, words=(), generator=torch.Generator().manual_seed(0), notes=[])
    module = Tuning(backbone, METHODS[method].build(context), OptimConfig(**OPTIM), 0)
    tokens = torch.randint(3, 200, (B, T))
    batch = Batch(tokens=tokens, mask=torch.ones_like(tokens), labels=tokens[:, :S])
    with FlopCounterMode(display=False) as counter:
        embedded, mask = module.method.join(backbone.embed(batch.tokens), batch.mask)
        backbone.loss(embedded, mask, batch.labels, 1e-4).backward()
    products = counter.get_flop_counts()["Global"]
    return products[torch.ops.aten.mm], counter.get_total_flops()


@pytest.mark.parametrize(("method", "positions"), [("prompt_tuning", P), ("model_tuning", 0)])
def test_torch_counts_what_the_closed_form_says_to_five_percent(
    method: str, positions: int, tokenizer: PreTrainedTokenizerFast
) -> None:
    weights, everything = counted(method, tokenizer)
    whole = method == "model_tuning"
    expected = B * training_flops(Shape(**SHAPE), T + positions, S, whole)
    assert weights == pytest.approx(expected, rel=0.05)
    scores = score_share(Shape(**SHAPE), T + positions, S, whole)
    assert everything == pytest.approx(expected * (1 + scores), rel=0.05)


@pytest.mark.parametrize("size", SIZES)
def test_a_frozen_backbone_costs_4nd_and_one_that_trains_6nd(size: str) -> None:
    shape = SIZES[size]
    nd = read_weights(shape) * 612 + written_weights(shape) * 8
    assert forward_flops(shape, 612, 8) == 2 * nd
    assert training_flops(shape, 612, 8, trains_backbone=False) == 4 * nd
    assert training_flops(shape, 612, 8, trains_backbone=True) == 6 * nd


@pytest.mark.parametrize("size", SIZES)
def test_every_matrix_is_met_by_one_kind_of_token_but_the_input_table(size: str) -> None:
    shape = SIZES[size]
    matrices = read_weights(shape) + written_weights(shape)
    rest = total_parameters(shape) - shape.vocab_size * shape.d_model - matrices  # norms and position biases
    assert 0 < rest < 0.001 * matrices

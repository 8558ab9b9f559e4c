"""The closed forms of FLOPs and memory of causal models against what torch counts and keeps in a step."""

import pytest
import torch
from tiny import METHODS, OPTIM
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from transformers import PreTrainedTokenizerFast

from softscale.backbone.families import known_family
from softscale.backbone.load import built
from softscale.config import OptimConfig, Shape
from softscale.costs.flops import read_weights, score_share, training_flops, written_weights
from softscale.costs.memory import adafactor_bytes
from softscale.methods.method import Context
from softscale.training.optim import Adafactor
from softscale.training.tuning import Tuning

T, P, S = 300, 4, 4  # P is that of tiny.METHODS
SHAPES = {
    "llama": Shape(
        family="llama",
        vocab_size=300,
        d_model=64,
        d_ff=160,
        d_kv=16,
        num_heads=4,
        num_kv_heads=2,
        num_layers=3,
        tied=True,
        context=512,
    ),
    "gpt_neox": Shape(
        family="gpt_neox", vocab_size=300, d_model=64, d_ff=256, d_kv=16, num_heads=4, num_layers=3, context=512
    ),
    "bloom": Shape(family="bloom", vocab_size=300, d_model=64, d_ff=256, d_kv=16, num_heads=4, num_layers=3, tied=True),
}


def kept(family: str, dtype: torch.dtype, trains: bool, tokenizer: PreTrainedTokenizerFast) -> int:
    """Bytes that one forward pass of one example keeps for its backward pass, weights excepted."""
    backbone = built(SHAPES[family], tokenizer)
    backbone.to(dtype).requires_grad_(trains)
    held: dict[int, Tensor] = {}

    def hold(tensor: Tensor) -> Tensor:
        held.setdefault(tensor.untyped_storage().data_ptr(), tensor)
        return tensor

    embedded = torch.randn(1, T, 64, dtype=dtype, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
        loss = backbone.loss(embedded * 1, torch.ones(1, T).long(), torch.zeros(1, S).long())
    assert loss.requires_grad
    weights = {param.untyped_storage().data_ptr() for param in backbone.parameters()}
    return sum(tensor.untyped_storage().nbytes() for place, tensor in held.items() if place not in weights)


@pytest.mark.parametrize("family", SHAPES)
@pytest.mark.parametrize(("dtype", "trains"), [(torch.float32, False), (torch.float32, True), (torch.bfloat16, False)])
def test_activations_are_what_torch_keeps_for_the_backward_pass_to_five_percent(
    family: str, dtype: torch.dtype, trains: bool, tokenizer: PreTrainedTokenizerFast
) -> None:
    told = known_family(family).activation_bytes(
        SHAPES[family], read=T, written=S, element=dtype.itemsize, trains_backbone=trains, dropout=False
    )
    assert told == pytest.approx(kept(family, dtype, trains, tokenizer), rel=0.05)


@pytest.mark.parametrize("family", SHAPES)
@pytest.mark.parametrize(("method", "positions"), [("prompt_tuning", P), ("model_tuning", 0)])
def test_torch_counts_the_flops_that_the_closed_form_says_to_five_percent(
    method: str, positions: int, family: str, tokenizer: PreTrainedTokenizerFast
) -> None:
    shape = SHAPES[family]
    backbone = built(shape, tokenizer)
    context = Context(backbone=backbone, words=(), generator=torch.Generator().manual_seed(0), notes=[])
    module = Tuning(backbone, METHODS[method].build(context), OptimConfig(**OPTIM), 0)
    tokens = torch.randint(3, 200, (1, 60))
    with FlopCounterMode(display=False) as counter:
        embedded, mask = module.method.join(backbone.embed(tokens), torch.ones_like(tokens))
        backbone.loss(embedded, mask, tokens[:, :S]).backward()
    whole = method == "model_tuning"
    expected = training_flops(shape, 60 + positions, S, whole)
    scores = score_share(shape, 60 + positions, S, whole)
    assert counter.get_total_flops() == pytest.approx(expected * (1 + scores), rel=0.05)


@pytest.mark.parametrize("family", SHAPES)
def test_a_token_that_is_written_meets_the_weights_of_one_that_is_read_and_the_head(family: str) -> None:
    shape = SHAPES[family]
    assert written_weights(shape) - read_weights(shape) == shape.vocab_size * shape.d_model


@pytest.mark.parametrize("family", SHAPES)
def test_the_state_of_model_tuning_is_what_adafactor_keeps(family: str, tokenizer: PreTrainedTokenizerFast) -> None:
    model = built(SHAPES[family], tokenizer).model
    told = {name: value for name, value in OPTIM.items() if name in ("lr", "decay_rate", "weight_decay", "clip")}
    optimiser = Adafactor(model.parameters(), **told)
    for param in model.parameters():
        param.grad = torch.ones_like(param)
    optimiser.step()
    state = [value for each in optimiser.state.values() for value in each.values() if isinstance(value, Tensor)]
    working = 3 * 4 * max(param.numel() for param in model.parameters())  # within a step
    assert adafactor_bytes(SHAPES[family]) == sum(value.numel() * 4 for value in state) + working

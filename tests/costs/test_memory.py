"""The closed forms of memory against what torch really holds."""

from pathlib import Path

import pytest
import torch
from tiny import METHODS, OPTIM, load, study_of
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import PreTrainedTokenizerFast

from softscale.backbone.families.t5 import T5
from softscale.backbone.shape import shape_of
from softscale.backbone.t5_1_1 import build_t5_1_1, t5_1_1_config
from softscale.config import Shape
from softscale.costs.memory import DEVICES, adafactor_bytes, element_bytes, memory_of, weight_bytes
from softscale.training.optim import Adafactor

WIDE = {"vocab_size": 300, "d_model": 64, "d_ff": 160, "d_kv": 16, "num_heads": 4, "num_layers": 3}
T, S = 300, 4


def kept(dtype: torch.dtype, trains: bool) -> int:
    """Bytes that one forward pass of one example keeps for its backward pass, weights excepted."""
    config = t5_1_1_config(**WIDE)
    config.dropout_rate = 0.0
    model = build_t5_1_1(config).to(dtype).requires_grad_(trains)
    model.set_attn_implementation("sdpa")
    held: dict[int, Tensor] = {}

    def hold(tensor: Tensor) -> Tensor:
        held.setdefault(tensor.untyped_storage().data_ptr(), tensor)
        return tensor

    embedded = torch.randn(1, T, 64, dtype=dtype, requires_grad=True)
    fused = sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.MATH])  # as on a GPU, whatever this process chose
    with fused, torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
        out = model(inputs_embeds=embedded * 1, attention_mask=torch.ones(1, T), labels=torch.zeros(1, S).long())
    assert out.loss.requires_grad
    weights = {param.untyped_storage().data_ptr() for param in model.parameters()}
    return sum(tensor.untyped_storage().nbytes() for place, tensor in held.items() if place not in weights)


@pytest.mark.parametrize(
    ("dtype", "trains"),
    [("fp32", False), ("bf16", False), ("fp32", True)],  # bf16 that trains takes another kernel on CPU
)
def test_activations_are_what_torch_keeps_for_the_backward_pass_to_five_percent(dtype: str, trains: bool) -> None:
    told = T5().activation_bytes(
        Shape(**WIDE), read=T, written=S, element=element_bytes(dtype), trains_backbone=trains, dropout=False
    )
    assert told == pytest.approx(kept({"fp32": torch.float32, "bf16": torch.bfloat16}[dtype], trains), rel=0.05)


def test_dropout_keeps_a_byte_of_everything_that_it_may_drop() -> None:
    told = [
        T5().activation_bytes(Shape(**WIDE), read=T, written=S, element=2, trains_backbone=False, dropout=dropout)
        for dropout in (False, True)
    ]
    assert told[1] - told[0] == 3 * (T * (2 * 64 + 160) + S * (3 * 64 + 160))


@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
def test_weights_are_those_of_a_loaded_backbone(dtype: str, t5_folder: Path) -> None:
    model = load(t5_folder, dtype).model
    shape = shape_of(study_of(t5_folder).model)
    assert shape is not None
    assert weight_bytes(shape, dtype) == sum(param.numel() * param.element_size() for param in model.parameters())


def test_the_state_of_model_tuning_is_what_adafactor_keeps(tokenizer: PreTrainedTokenizerFast) -> None:
    shape = {"vocab_size": 256, "d_model": 128, "d_ff": 192, "d_kv": 64, "num_heads": 2, "num_layers": 1}
    model = build_t5_1_1(t5_1_1_config(**shape))
    told = {name: value for name, value in OPTIM.items() if name in ("lr", "decay_rate", "weight_decay", "clip")}
    optimiser = Adafactor(model.parameters(), **told)
    for param in model.parameters():
        param.grad = torch.ones_like(param)
    optimiser.step()
    state = [value for each in optimiser.state.values() for value in each.values() if isinstance(value, Tensor)]
    working = 3 * 4 * 256 * 128  # of the largest matrix, within a step
    assert adafactor_bytes(Shape(**shape)) == sum(value.numel() * 4 for value in state) + working


def test_a_prompt_adds_next_to_nothing_to_a_frozen_model_and_model_tuning_doubles_its_weights(t5_folder: Path) -> None:
    studies = {method: study_of(t5_folder, method) for method in METHODS}
    shape = shape_of(studies["prompt_tuning"].model)
    assert shape is not None
    prompt, whole = (memory_of(studies[method], shape) for method in ("prompt_tuning", "model_tuning"))
    assert prompt is not None
    assert whole is not None
    assert prompt.gradients == prompt.optimiser == 4 * 4 * 16  # bytes x P x H
    assert prompt.weights == whole.weights + prompt.gradients  # and the prompt itself
    assert whole.gradients == whole.weights


def test_xxl_is_44_5_gigabytes_of_weights_in_fp32_and_22_3_in_bf16() -> None:
    xxl = Shape(d_model=4096, d_ff=10240, d_kv=64, num_heads=64, num_layers=24)
    assert weight_bytes(xxl, "fp32") == pytest.approx(44.5e9, rel=0.005)
    assert weight_bytes(xxl, "bf16") == pytest.approx(22.3e9, rel=0.005)
    assert [device.gigabytes for device in DEVICES] == [24, 40, 80, 141]

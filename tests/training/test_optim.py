"""Adafactor against the rules of the paper and of t5x, computed slowly with numpy."""

import copy
import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from softscale.training.optim import Adafactor, is_factored

Array = NDArray[np.float64]
PROMPT = {"lr": 0.3, "decay_rate": 0.8, "weight_decay": 1e-5, "clip": 1.0, "parameter_scale": False, "initial_step": 0}
FACTORED = (150, 160)


class Slow:
    """One parameter by hand, in float64."""

    def __init__(self, param: Array, **told: Any) -> None:
        self.param, self.told, self.t = param.astype(np.float64), PROMPT | told, (PROMPT | told)["initial_step"]
        self.square = np.zeros_like(self.param)
        self.row, self.column = np.zeros(param.shape[0]), np.zeros(param.shape[1])

    def step(self, grad: Array) -> Array:
        mixing = (self.t + 1.0) ** -self.told["decay_rate"]
        self.t += 1
        squared = grad.astype(np.float64) ** 2 + 1e-30
        if min(self.param.shape) >= 128:
            self.row = (1 - mixing) * self.row + mixing * squared.mean(axis=1)
            self.column = (1 - mixing) * self.column + mixing * squared.mean(axis=0)
            second = np.outer(self.row, self.column) / self.row.mean()
        else:
            self.square = (1 - mixing) * self.square + mixing * squared
            second = self.square
        update = grad / np.sqrt(second)
        update = update / max(1.0, math.sqrt((update**2).mean()) / self.told["clip"])
        rate = self.told["lr"]
        if self.told["parameter_scale"]:
            rate *= max(1e-3, math.sqrt((self.param**2).mean()))
        self.param = self.param - rate * update - self.told["weight_decay"] * self.param
        return self.param


def both(shape: tuple[int, int], steps: int, scale: float = 1.0, **told: Any) -> tuple[Array, Array]:
    """The parameter after `steps` random gradients, by our optimiser and by hand."""
    rng = np.random.default_rng(0)
    start = (scale * rng.normal(size=shape)).astype(np.float32)
    param = torch.nn.Parameter(torch.tensor(start))
    ours, slow = Adafactor([param], **(PROMPT | told)), Slow(start, **told)
    for number in range(steps):
        grad = (rng.normal(size=shape) * 10.0 ** -(number % 3)).astype(np.float32)
        param.grad = torch.tensor(grad)
        ours.step()
        slow.step(grad)
    return param.detach().numpy(), slow.param


@pytest.mark.parametrize("initial_step", [0, 1_100_000])
@pytest.mark.parametrize("parameter_scale", [False, True])
@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize("shape", [(1, 512), (100, 512), (150, 512)])  # prompts on T5 Small: only 150 is factored
def test_steps_are_those_of_the_slow_computation(
    shape: tuple[int, int], steps: int, parameter_scale: bool, initial_step: int
) -> None:
    ours, slow = both(shape, steps, parameter_scale=parameter_scale, initial_step=initial_step)
    np.testing.assert_allclose(ours, slow, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("clip", [0.01, 1000.0])
def test_an_update_is_clipped_by_its_root_mean_square(clip: float) -> None:
    np.testing.assert_allclose(*both((8, 16), 3, clip=clip, initial_step=1_100_000), rtol=2e-4, atol=2e-5)
    param = torch.nn.Parameter(torch.zeros(8, 16))
    param.grad = torch.randn(8, 16, generator=torch.Generator().manual_seed(0))
    Adafactor([param], **(PROMPT | {"clip": clip, "initial_step": 1_100_000})).step()
    size = param.detach().square().mean().sqrt().item()
    # Unclipped, the first update is grad / sqrt(1.47e-5 grad^2).
    assert size == pytest.approx(0.3 * min(clip, 1 / math.sqrt(1.47e-5)), rel=0.01)


def test_only_matrices_with_both_sides_of_at_least_128_are_factored() -> None:
    shapes = [(1, 4096), (100, 4096), (127, 128), (128, 128), (150, 4096), (128,), (128, 128, 128)]
    assert [is_factored(torch.Size(shape)) for shape in shapes] == [False, False, False, True, True, False, False]


def test_a_factored_state_has_one_row_and_one_column() -> None:
    param = torch.nn.Parameter(torch.ones(FACTORED))
    param.grad = torch.ones(FACTORED)
    optimiser = Adafactor([param], **PROMPT)
    optimiser.step()
    assert {name: tuple(value.shape) for name, value in optimiser.state[param].items() if name != "step"} == {
        "row": (150,),
        "column": (160,),
    }


def test_weight_decay_is_not_multiplied_by_the_rate() -> None:
    param = torch.nn.Parameter(torch.full((4, 4), 2.0))
    param.grad = torch.zeros(4, 4)
    Adafactor([param], **(PROMPT | {"lr": 1e-9, "weight_decay": 0.25})).step()
    torch.testing.assert_close(param.detach(), torch.full((4, 4), 1.5))


def test_parameter_scale_multiplies_the_rate_by_the_parameters_size_and_by_at_least_a_thousandth() -> None:
    for size, factor in ((5.0, 5.0), (0.0, 1e-3)):
        param = torch.nn.Parameter(torch.full((4, 4), size))
        param.grad = torch.ones(4, 4)
        Adafactor([param], **(PROMPT | {"weight_decay": 0.0, "parameter_scale": True})).step()
        torch.testing.assert_close(size - param.detach(), torch.full((4, 4), 0.3 * factor))


def test_a_restored_counter_makes_the_mixing_rate_1_47e_5() -> None:
    param = torch.nn.Parameter(torch.zeros(2, 2))
    param.grad = torch.full((2, 2), 3.0)
    optimiser = Adafactor([param], **(PROMPT | {"initial_step": 1_100_000}))
    optimiser.step()
    assert optimiser.state[param]["square"][0, 0].item() / 9.0 == pytest.approx(1.47e-5, rel=2e-3)


def test_the_rate_is_the_same_at_step_0_and_at_step_30_000() -> None:
    moved = []
    for initial_step in (0, 30_000):
        param = torch.nn.Parameter(torch.zeros(4, 4))
        optimiser = Adafactor([param], **(PROMPT | {"initial_step": initial_step}))
        param.grad = torch.ones(4, 4)
        optimiser.step()  # of size 1 at step 0, clipped to 1 at step 30,000
        moved.append(param.detach().clone())
        assert [group["lr"] for group in optimiser.param_groups] == [0.3]
    torch.testing.assert_close(moved[0], torch.full((4, 4), -0.3))
    torch.testing.assert_close(moved[1], moved[0])


def test_a_parameter_without_gradient_stays_as_it_is() -> None:
    param = torch.nn.Parameter(torch.ones(4, 4))
    Adafactor([param], **PROMPT).step()
    assert torch.equal(param, torch.ones(4, 4))


@pytest.mark.parametrize("shape", [(4, 16), FACTORED])
def test_an_optimiser_with_restored_state_goes_on_bit_for_bit(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    grads = [torch.randn(shape, generator=generator) for _ in range(6)]
    whole = torch.nn.Parameter(torch.ones(shape))
    optimiser = Adafactor([whole], **PROMPT)
    for number, grad in enumerate(grads):
        if number == 3:
            resumed = torch.nn.Parameter(whole.detach().clone())
            told = copy.deepcopy(optimiser.state_dict())
        whole.grad = grad
        optimiser.step()
    second = Adafactor([resumed], **PROMPT)
    second.load_state_dict(told)
    for grad in grads[3:]:
        resumed.grad = grad
        second.step()
    assert torch.equal(resumed, whole)
    assert second.state[resumed]["step"] == 6


@pytest.mark.parametrize("shape", [(4, 16), FACTORED])
def test_the_state_of_bf16_weights_is_fp32_and_stays_so_bit_for_bit_when_it_is_restored(
    shape: tuple[int, int],
) -> None:
    generator = torch.Generator().manual_seed(0)
    param = torch.nn.Parameter(torch.ones(shape, dtype=torch.bfloat16))
    optimiser = Adafactor([param], **PROMPT)
    for _ in range(2):
        param.grad = torch.randn(shape, generator=generator).bfloat16()
        optimiser.step()
    restored = Adafactor([param], **PROMPT)
    restored.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    moments = {name: value for name, value in optimiser.state[param].items() if isinstance(value, torch.Tensor)}
    assert moments
    for name, value in moments.items():
        assert restored.state[param][name].dtype == value.dtype == torch.float32
        assert torch.equal(restored.state[param][name], value)
        assert not torch.equal(value, value.bfloat16().float())  # what torch's own rule would have made of it


def test_restored_state_shares_no_memory_with_what_it_was_restored_from() -> None:
    param = torch.nn.Parameter(torch.ones(4, 16))
    param.grad = torch.ones(4, 16)
    optimiser = Adafactor([param], **PROMPT)
    optimiser.step()
    told = optimiser.state_dict()
    restored = Adafactor([param], **PROMPT)
    restored.load_state_dict(told)
    restored.state[param]["square"].zero_()
    assert optimiser.state[param]["square"].all()

"""Adafactor as t5x has it and as the paper set it (section 3), which no library's Adafactor can express.

torch's multiplies by the parameter's size and caps the rate by 1/sqrt(t); transformers' factors every matrix and
multiplies weight decay by the rate. The rules of t5x (adafactor.py) under the released prompt recipe:
beta2_t = 1 - (t + 1)^-decay_rate with t from `initial_step`; no first moment; the second moment is factored only where
both dimensions are at least 128, so prompts of 1 to 100 rows are not; the update's root mean square is clipped; weight
decay is applied to the parameter each step and is not multiplied by the rate; parameter scaling is off for prompts and
on for model tuning.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from softscale.config import OptimConfig
from softscale.devices.sharding import rows_of, whole

EPSILON_SQUARE = 1e-30  # added to squared gradients
EPSILON_SCALE = 1e-3  # least root mean square by which a parameter scales its rate
LEAST_FACTORED = 128


class Adafactor(torch.optim.Optimizer):
    """Constant rate; state per parameter: `step`, and `square` or its factors `row` `[R]` and `column` `[C]`, in fp32.

    Of a sharded parameter every rank holds the whole state, which is small: matrices are factored.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        *,
        lr: float,
        decay_rate: float = 0.8,
        weight_decay: float = 0.0,
        clip: float = 1.0,
        parameter_scale: bool = False,
        initial_step: int = 0,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "decay_rate": decay_rate,
                "weight_decay": weight_decay,
                "clip": clip,
                "parameter_scale": parameter_scale,
                "initial_step": initial_step,
            },
        )

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:  # type: ignore[override]
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is not None:
                    self._update(param, param.grad.float(), group)
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave. torch casts state to its parameter's type; ours stays fp32 beside bf16."""
        super().load_state_dict(state_dict)
        indices = [index for group in state_dict["param_groups"] for index in group["params"]]
        params = [param for group in self.param_groups for param in group["params"]]
        for index, param in zip(indices, params, strict=True):
            for name, value in state_dict["state"].get(index, {}).items():
                if isinstance(value, Tensor):
                    self.state[param][name] = value.to(param.device, torch.float32, copy=True)

    def _update(self, param: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state = self.state[param]
        if not state:
            state |= {"step": group["initial_step"], **_zero_moments(param)}
        beta2 = 1.0 - (state["step"] + 1) ** -group["decay_rate"]
        state["step"] += 1
        update = grad * rows_of(_inverse_root(state, grad.square() + EPSILON_SQUARE, beta2), like=grad)
        update /= max(1.0, float(_rms(update)) / group["clip"])
        rate = group["lr"] * (max(EPSILON_SCALE, float(_rms(param))) if group["parameter_scale"] else 1.0)
        param.mul_(1.0 - group["weight_decay"]).sub_(update.to(param.dtype), alpha=rate)


def is_factored(shape: torch.Size) -> bool:
    return len(shape) == 2 and min(shape) >= LEAST_FACTORED


def _zero_moments(param: Tensor) -> dict[str, Tensor]:
    if is_factored(param.shape):
        return {
            "row": torch.zeros(param.shape[0], device=param.device),
            "column": torch.zeros(param.shape[1], device=param.device),
        }
    return {"square": torch.zeros(param.shape, device=param.device)}


def _inverse_root(state: dict[str, Any], square: Tensor, beta2: float) -> Tensor:
    """Update the second moment with `square` and return its power -1/2, factored (Shazeer & Stern 2018) or not.

    What it returns is whole, where `square` is sharded too.
    """
    if "square" in state:
        return state["square"].lerp_(whole(square), 1.0 - beta2).rsqrt()
    row = state["row"].lerp_(whole(square.mean(1)), 1.0 - beta2)
    column = state["column"].lerp_(whole(square.mean(0)), 1.0 - beta2)
    return (row / row.mean()).rsqrt()[:, None] * column.rsqrt()[None, :]


def _rms(value: Tensor) -> Tensor:
    return whole(value.float().square().mean()).sqrt()


def adafactor(parameters: Iterable[nn.Parameter], recipe: OptimConfig) -> Adafactor:
    """The optimiser of a recipe."""
    return Adafactor(
        parameters,
        lr=recipe.lr,
        decay_rate=recipe.decay_rate,
        weight_decay=recipe.weight_decay,
        clip=recipe.clip,
        parameter_scale=recipe.parameter_scale,
        initial_step=recipe.initial_step,
    )

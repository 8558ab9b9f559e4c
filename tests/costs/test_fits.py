"""A run that cannot fit is refused by the field that makes it large; one that may fit is not."""

from dataclasses import replace

import pytest

from softscale.compose.cells import hydra_session, single
from softscale.config import Config, Shape
from softscale.costs.fits import check_copies_fit, check_fit_together, check_fits, least_memory
from softscale.costs.memory import memory_of
from softscale.devices.available import usable_memory
from softscale.errors import InputError

GIGABYTE = 10**9


def composed(*overrides: str) -> Config:
    with hydra_session():
        return single(overrides).config


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (["method.length=1000000"], "method.length=1000000 is not allowed"),
        (["method=lora", "method.rank=1000000"], "method.rank=1000000 is not allowed"),
        (["method=prefix_tuning", "method.hidden=10000000"], "method.hidden=10000000 is not allowed"),
        (["optim.batch_size=1000000"], "optim.batch_size=1000000 is not allowed"),
        (["model=t5_xxl_lm"], "model=t5_xxl_lm is not allowed"),
    ],
)
def test_what_cannot_fit_is_named_with_the_need_and_what_there_is(typed: list[str], named: str) -> None:
    config = composed(*typed)
    with pytest.raises(InputError, match=rf"^{named}: the run needs at least [\d,.]+ GB of memory .*has 8.0 GB$"):
        check_fits(config.study(), config.runtime, 8 * GIGABYTE)


def test_slices_of_a_batch_need_what_one_of_them_needs() -> None:
    config = composed("optim.batch_size=1000000")
    check_fits(config.study(), replace(config.runtime, micro_batch=32), 8 * GIGABYTE)


@pytest.mark.parametrize("model", ["t5_small_lm", "t5_xxl_lm"])
def test_the_least_is_less_than_what_full_inputs_take(model: str) -> None:
    config = composed(f"model={model}")
    shape = config.model.shape
    assert shape is not None
    least, full = least_memory(config.study(), config.runtime, shape), memory_of(config.study(), shape)
    assert least is not None
    assert full is not None
    assert least.total <= full.total


def test_so_many_runs_at_once_are_refused_with_how_many_fit() -> None:
    config, there = composed("model=t5_small_lm"), usable_memory()
    assert there is not None
    need = least_memory(config.study(), config.runtime, config.model.shape or Shape())
    assert need is not None
    fitting = there // need.total
    studies = [config.study()] * (fitting + 1)
    check_fit_together(studies, config.runtime, fitting)
    with pytest.raises(InputError, match=rf"runtime.workers={fitting + 1} is not allowed.*at most {fitting}$"):
        check_fit_together(studies, config.runtime, fitting + 1)


def test_a_rung_that_cannot_be_trained_here_is_refused() -> None:
    shape = Shape(vocab_size=1, d_model=10**5, d_ff=10**5, d_kv=64, num_heads=1000, num_layers=100)
    with pytest.raises(InputError, match="rung=mini_9 is not allowed: its weights"):
        check_copies_fit("rung=mini_9", shape, copies=4)

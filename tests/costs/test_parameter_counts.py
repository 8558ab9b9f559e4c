"""What is counted without weights is what the formulas say, what training trains and what it writes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from table_4 import LENGTHS, table_4
from tiny import METHODS, job_of, model_of, study_of
from torch import Tensor, nn

from softscale.backbone.shape import shape_of
from softscale.compose.cells import hydra_session, single
from softscale.config import MethodConfig, ModelConfig
from softscale.costs.parameters import Accounting
from softscale.errors import InputError
from softscale.formats.tensors import checkpoint_bytes, save_checkpoint
from softscale.methods.method import Context
from softscale.methods.modules.method import Method
from softscale.tables.paper import BASE_PARAMETERS
from softscale.training.run import run

# Of the large sizes every layer is made, without weights, which takes seconds.
SIZES = [size if size in ("small", "base") else pytest.param(size, marks=pytest.mark.slow) for size in BASE_PARAMETERS]


@pytest.fixture(scope="module", params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def accounting(size: str) -> Accounting:
    return Accounting(configured(f"model=t5_{size}_v1_1")[0])


def configured(*overrides: str) -> tuple[ModelConfig, MethodConfig]:
    with hydra_session():
        config = single(["data=hub", *overrides]).config
    return config.model, config.method


@pytest.fixture(scope="module")
def prompts() -> dict[int, MethodConfig]:
    return {length: configured(f"method.length={length}")[1] for length in LENGTHS}


def test_a_soft_prompt_trains_what_table_4_says(
    size: str, accounting: Accounting, prompts: dict[int, MethodConfig]
) -> None:
    for length, method in prompts.items():
        counts = accounting.count(method)
        trained, percent = table_4()[size, length]
        assert counts.trained == counts.stored == trained
        assert counts.total == BASE_PARAMETERS[size] + trained
        assert round(100 * trained / counts.total, 5) == percent
        assert counts.share == trained / BASE_PARAMETERS[size]


def test_model_tuning_trains_and_stores_every_parameter(size: str, accounting: Accounting) -> None:
    counts = accounting.count(METHODS["model_tuning"])
    assert counts.total == counts.trained == counts.stored == BASE_PARAMETERS[size]
    assert counts.share == 1


# Where a prefix in the encoder alone is 0.1 to 1 % of the model for inference, as the paper has it (section 4): the
# lengths by size; at 100 tokens, the longest of its bands, it holds for every size.
WITHIN_THE_PAPERS_SHARES = {
    "small": (20, 50, 100),
    "base": (20, 50, 100),
    "large": (20, 50, 100, 150),
    "xl": (50, 100, 150),
    "xxl": (100, 150),
}


def test_a_prefix_is_what_its_closed_form_says_and_at_100_tokens_within_the_papers_shares(
    size: str, accounting: Accounting
) -> None:
    within = []
    for length in LENGTHS:
        parts = ("method.encoder=true", "method.decoder=false", "method.cross=false")
        model, method = configured(f"model=t5_{size}_v1_1", "method=prefix_tuning", f"method.length={length}", *parts)
        assert model.shape
        counts = accounting.count(method)
        assert (counts.trained, counts.stored) == (method.num_trained(model.shape), method.num_stored(model.shape))
        if 0.001 <= counts.share <= 0.01:
            within.append(length)
    assert tuple(within) == WITHIN_THE_PAPERS_SHARES[size]


@pytest.mark.parametrize("large", [size for size, parameters in BASE_PARAMETERS.items() if parameters > 1e9])
def test_a_soft_prompt_is_under_a_ten_thousandth_of_a_model_over_a_billion_up_to_100_tokens(
    large: str, prompts: dict[int, MethodConfig]
) -> None:
    accounting = Accounting(configured(f"model=t5_{large}_v1_1")[0])
    assert all(accounting.count(method).share < 1e-4 for length, method in prompts.items() if length <= 100)


@pytest.fixture(scope="module")
def small() -> Accounting:
    return Accounting(configured("model=t5_small_v1_1")[0])


# Small is the rung whose heads together are narrower than the model.
@pytest.mark.parametrize(
    "overrides",
    [
        ("method=prefix_tuning",),
        ("method=prefix_tuning", "method.hidden=null"),
        ("method=prefix_tuning", "method.decoder=false", "method.cross=false"),
        ("method=lora",),
        ("method=lora", "method.targets=[k,o,wi_0,wo]", "method.rank=3"),
        ("method=ia3",),
        ("method=bitfit",),
        ("method=per_layer_prompts",),
    ],
    ids=" ".join,
)
def test_what_is_counted_is_what_the_closed_form_says(overrides: tuple[str, ...], small: Accounting) -> None:
    model, method = configured("model=t5_small_v1_1", *overrides)
    shape = shape_of(model)
    assert shape
    counts = small.count(method)
    assert (counts.trained, counts.stored) == (method.num_trained(shape), method.num_stored(shape))


def test_lengths_do_not_share_what_is_counted(small: Accounting, prompts: dict[int, MethodConfig]) -> None:
    assert [small.count(prompts[length]).trained for length in (150, 1, 20)] == [150 * 512, 512, 20 * 512]


def test_a_method_after_model_tuning_is_counted_as_before_it(small: Accounting) -> None:
    prompt = configured("method.length=7")[1]
    before = small.count(prompt)
    small.count(METHODS["model_tuning"])
    assert small.count(prompt) == before


class Forgotten(Method):
    """Trains a tensor that it never uses."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.ones(3))
        self.used = nn.Parameter(torch.ones(1))

    def trainable(self) -> dict[str, nn.Parameter]:
        return {"used": self.used, "unused": self.unused}

    def join(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return embedded * self.used, mask


class ForgottenConfig(MethodConfig):
    def build(self, context: Context) -> Forgotten:
        return Forgotten()


def test_a_trainable_tensor_without_a_gradient_is_an_error(small: Accounting) -> None:
    with pytest.raises(ValueError, match="calls unused trainable, but it receives no gradient"):
        small.count(ForgottenConfig(name="forgotten"))


def test_nothing_is_allocated_even_for_xxl() -> None:
    accounting = Accounting(configured("model=t5_xxl_v1_1")[0])
    assert {param.device.type for param in accounting.backbone.parameters()} == {"meta"}


def test_a_model_without_a_known_shape_is_refused() -> None:
    with pytest.raises(InputError, match="model=local cannot be counted"):
        Accounting(ModelConfig(name="local", source="folder", path="/nowhere", dtype="fp32"))


@pytest.fixture(scope="module", params=["prompt_tuning", "model_tuning"])
def method(request: pytest.FixtureRequest) -> str:
    return request.param


def test_counts_are_those_of_the_record_that_training_leaves(t5_folder: Path, tmp_path: Path, method: str) -> None:
    record = run(job_of(study_of(t5_folder, method, steps=2, eval_every=1), tmp_path))
    counts = Accounting(model_of(t5_folder)).count(METHODS[method], step=int(record.best["step"]))
    told = {"total": counts.total, "trained": counts.trained, "stored": counts.stored, "bytes": counts.bytes}
    assert told == record.parameters


def tensors() -> Iterator[dict[str, Tensor]]:
    yield {}
    yield {"prompt": torch.zeros(4, 16)}
    yield {"text": torch.zeros(90, dtype=torch.long)}
    yield {f"b.{place}": torch.zeros(place, 3) for place in (1, 20, 300)} | {"a": torch.zeros(1)}
    yield {"a": torch.zeros(5, dtype=torch.bfloat16), "z": torch.zeros(7), "ü": torch.zeros(2, dtype=torch.bfloat16)}


@pytest.mark.parametrize("step", [0, 5, 262_144])
def test_the_bytes_of_a_file_are_known_before_it_is_written(tmp_path: Path, step: int) -> None:
    for told in tensors():
        save_checkpoint(tmp_path / "file", told, {"step": step})
        on_meta = {name: tensor.to("meta") for name, tensor in told.items()}
        assert checkpoint_bytes(on_meta, {"step": step}) == (tmp_path / "file").stat().st_size

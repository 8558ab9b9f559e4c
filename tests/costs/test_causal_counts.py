"""Causal models are counted as the published ones are, by closed form and on tensors without storage."""

from collections.abc import Iterator

import pytest

from softscale.backbone.shape import parameters_of
from softscale.compose.cells import hydra_session, single
from softscale.config import ModelConfig
from softscale.costs.parameters import Accounting

# All parameters, as transformers counts them in the published models.
PUBLISHED = {
    "pythia_14m": 14_067_712,
    "pythia_31m": 30_494_720,
    "pythia_70m": 70_426_624,
    "pythia_160m": 162_322_944,
    "pythia_410m": 405_334_016,
    "pythia_1b": 1_011_781_632,
    "pythia_1_4b": 1_414_647_808,
    "pythia_2_8b": 2_775_208_960,
    "pythia_6_9b": 6_857_302_016,
    "pythia_12b": 11_846_072_320,
    "smollm2_135m": 134_515_008,
    "smollm2_360m": 361_821_120,
    "smollm2_1_7b": 1_711_376_384,
    "bloomz_560m": 559_214_592,
}
ONE_OF_EACH = ("pythia_14m", "smollm2_135m", "bloomz_560m")
METHODS = {
    "prompt_tuning": ("method.length=7",),
    "per_layer_prompts": (),
    "prefix_tuning": (),
    "prefix_tuning without the MLP": ("method.hidden=null",),
    "lora": (),
    "lora on every kind of map": ("method.targets=[q,k,o,wi_0,wo]", "method.rank=3"),
    "ia3": (),
    "bitfit": (),
    "model_tuning": (),
}


@pytest.fixture(scope="module", autouse=True)
def _session() -> Iterator[None]:
    with hydra_session():
        yield


def model_named(name: str) -> ModelConfig:
    return single([f"model={name}"]).config.model


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_model_has_as_many_parameters_as_the_published_one(name: str) -> None:
    model = model_named(name)
    assert parameters_of(model) == PUBLISHED[name]
    assert Accounting(model).parameters == PUBLISHED[name]


@pytest.fixture(scope="module", params=ONE_OF_EACH)
def accounting(request: pytest.FixtureRequest) -> tuple[str, Accounting]:
    return request.param, Accounting(model_named(request.param))


@pytest.mark.parametrize("method", METHODS)
def test_what_a_method_trains_and_stores_is_what_its_closed_form_says(
    method: str, accounting: tuple[str, Accounting]
) -> None:
    name, counted = accounting
    if name == "bloomz_560m" and method.startswith("prefix"):
        pytest.skip("BLOOM's attention holds no prefix")
    config = single([f"model={name}", "data=hub", f"method={method.split()[0]}", *METHODS[method]]).config
    assert config.model.shape
    counts = counted.count(config.method)
    assert (counts.trained, counts.stored) == (
        config.method.num_trained(config.model.shape),
        config.method.num_stored(config.model.shape),
    )

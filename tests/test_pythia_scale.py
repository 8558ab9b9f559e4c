"""Every experiment on Pythia: as many runs as planned, told apart, and its first cell runs on random weights.

The shape is that of Pythia 14M; words and data are the miniature's, so scores mean nothing.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import job_of
from transformers import PreTrainedTokenizerFast

from softscale.backbone.load import built
from softscale.compose.cells import cells, hydra_session
from softscale.config import ROOT, Study
from softscale.runs.fingerprint import fingerprint
from softscale.sources.miniature import MiniatureConfig
from softscale.training.run import run

EXPERIMENTS = sorted(path.stem for path in (ROOT / "experiments" / "pythia").glob("*.yaml"))
# Sizes x settings x tasks x seeds.
PLANNED = {
    "figure_1_scale": 10 * 2 * 8 * 3,
    "figure_3a_length": 5 * 5 * 8 * 3,
    "figure_3b_init": 5 * 3 * 8 * 3,
    "figure_3d_adaptation": 3 * 5 * 8 * 3,
    "method_comparison": 6 * 10 * 4 * 3,
}


@pytest.fixture(scope="module", autouse=True)
def _session() -> Iterator[None]:
    with hydra_session():
        yield


def studies_of(name: str) -> list[Study]:
    return [cell.config.study() for cell in cells([f"experiment=pythia/{name}"])]


def test_every_experiment_is_planned() -> None:
    assert set(PLANNED) == set(EXPERIMENTS)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_it_has_as_many_runs_as_planned_each_of_its_own(name: str) -> None:
    studies = studies_of(name)
    assert len({fingerprint(study) for study in studies}) == len(studies) == PLANNED[name]


def test_checkpoints_of_one_size_are_runs_of_their_own_by_their_revision() -> None:
    told = {(study.model.name, study.model.path, study.model.revision) for study in studies_of("figure_3d_adaptation")}
    assert len(told) == 3 * 5
    assert ("pythia_410m", "EleutherAI/pythia-410m", "step1000") in told


def test_rates_are_those_of_causal_models() -> None:
    rates = {(study.method.name, study.optim.lr, study.optim.dropout) for study in studies_of("figure_1_scale")}
    assert rates == {("prompt_tuning", 0.01, 0.0), ("model_tuning", 0.001, 0.0)}


@pytest.fixture(scope="module")
def pythia(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> Path:
    folder = tmp_path_factory.mktemp("pythia") / "14m"
    study = studies_of("figure_1_scale")[0]
    assert study.model.shape
    backbone = built(study.model.shape, tokenizer)
    backbone.save(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_its_first_cell_runs_for_three_steps_on_random_weights(name: str, pythia: Path, tmp_path: Path) -> None:
    study = studies_of(name)[0]
    here = replace(
        study,
        model=replace(study.model, source="folder", path=str(pythia), revision=None),
        data=MiniatureConfig(name="miniature", seed=0, train_records=40, dev_records=8, num_dev=4),
        task=replace(study.task, input_length=64, target_length=4),
        optim=replace(study.optim, steps=3, eval_every=3, batch_size=4),
    )
    record = run(job_of(here, tmp_path))
    assert record.last["step"] == 3
    assert (record.backbone["before"] == record.backbone["after"]) == (here.method.name != "model_tuning")

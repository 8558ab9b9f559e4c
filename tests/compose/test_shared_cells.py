"""An experiment that is typed out has the cells that Hydra makes of it, and shared cells are those with the same id."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from softscale.compose.cells import cells, hydra_session
from softscale.compose.shared_cells import EXPERIMENTS, NAMED, jobs_of, plain_sweep, shared_cells
from softscale.config import ROOT
from softscale.runs.job import Job

SOME = sorted(EXPERIMENTS.glob("paper/*.yaml")) + [
    EXPERIMENTS / "miniature" / f"{stem}.yaml"
    for stem in ("figure_1_first_look", "method_comparison", "rate_search_prefix_tuning")
]


@pytest.mark.parametrize("file", SOME, ids=lambda file: f"{file.parent.name}/{file.stem}")
@pytest.mark.slow
def test_typed_out_an_experiment_has_the_jobs_that_hydra_composes(file: Path) -> None:
    assert plain_sweep(file) is not None
    name = f"experiment={file.parent.name}/{file.stem}"
    with hydra_session():
        composed = {job.id: job for job in (Job.of(cell.config, cell.experiment) for cell in cells([name]))}
        assert jobs_of([name]) == composed


def test_where_data_and_weights_are_holds_for_what_is_typed_out() -> None:
    told = ["experiment=paper/table_3_ensemble", "data=local", "data.root=there", "model.dtype=bf16"]
    with hydra_session():
        jobs = jobs_of(told)
        assert jobs.keys() == {Job.of(cell.config, None).id for cell in cells(told)}
        assert not jobs.keys() & jobs_of(told[:1]).keys()
        shared, refused = shared_cells(jobs, told)
    assert {name: len(ids) for name, ids in shared.items() if ids} == {
        "paper/figure_1_scale": 24,
        "paper/figure_3a_length": 24,
        "paper/figure_3b_init": 24,
        "paper/figure_3c_objective": 24,
        "paper/figure_3d_adaptation": 24,
    }
    assert refused == {}


@pytest.mark.parametrize(
    "text",
    [
        "# @package _global_\ndefaults:\n  - override /data: ${model}\n",
        "# @package _global_\ndefaults:\n  - /optim/paper/any@optim\n",
        "# @package _global_\ndefaults:\n  - _self_\n  - override /data: hub\n",
        "# @package _global_\noptim:\n  lr: 0.1\n",
        "# @package _global_\nhydra:\n  sweeper:\n    other: 1\n",
        "defaults:\n  - override /data: hub\n",
    ],
)
def test_an_experiment_that_says_more_is_left_to_hydra(text: str, tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text(text)
    assert plain_sweep(tmp_path / "more.yaml") is None


@pytest.mark.parametrize("group", NAMED)
def test_an_option_is_named_as_its_file(group: str) -> None:
    """So that an experiment of other models, methods or tasks is known to share nothing without composing it."""
    files = sorted((ROOT / "conf" / group).glob("*.yaml"))
    assert len(files) > 3
    assert {file.stem: OmegaConf.load(file)["name"] for file in files} == {file.stem: file.stem for file in files}

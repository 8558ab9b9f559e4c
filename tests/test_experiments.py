"""The paper's grid, counted as the paper counts its runs (section A.2): a size, a setting, a seed, on eight tasks."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hydra import compose

from softscale import tasks
from softscale.compose.cells import cells, hydra_session, single
from softscale.compose.fast_cells import PARTS, config_of, part, reaching
from softscale.config import ROOT, Study
from softscale.runs.fingerprint import fingerprint
from softscale.tables.scores import SUPERGLUE

MAIN_AND_ABLATIONS = (
    "figure_1_scale",
    "figure_3a_length",
    "figure_3b_init",
    "figure_3c_objective",
    "figure_3d_adaptation",
)
RUNS = 195  # section A.2; of these 15 of multi-task model tuning, five sizes x three seeds


@pytest.fixture(scope="module", autouse=True)
def _session() -> Iterator[None]:
    with hydra_session():
        yield


def runs_of(stem: str) -> dict[str, set[str]]:
    """The runs of an experiment, by what is left of a cell's identity without its task, and the tasks of each."""
    runs = defaultdict(set)
    for cell in cells([f"experiment=paper/{stem}"]):
        study = cell.config.study()
        run = replace(study, task=replace(study.task, name="any", target_length=1))
        runs[fingerprint(run)].update(part.name for part in tasks.of(study.task).parts())
    return runs


def test_figure_1_and_the_four_panels_of_figure_3_are_the_paper_s_195_runs() -> None:
    runs = [runs_of(stem) for stem in MAIN_AND_ABLATIONS]
    assert [len(each) for each in runs] == [45, 75, 45, 45, 60]
    assert len(set().union(*runs)) == RUNS
    assert all(scored == SUPERGLUE for each in runs for scored in each.values())


def test_the_default_runs_are_shared_by_figure_1_and_all_panels_of_figure_3() -> None:
    shared = set.intersection(*(set(runs_of(stem)) for stem in MAIN_AND_ABLATIONS))
    assert len(shared) == 15  # five sizes x three seeds


def test_table_3_takes_five_prompts_a_task_of_which_three_are_those_of_figure_1() -> None:
    ensemble = runs_of("table_3_ensemble")
    assert len(ensemble) == 5
    assert len(set(ensemble) & set(runs_of("figure_1_scale"))) == 3


def test_prompts_adapt_lm_adapted_models_and_model_tuning_the_public_ones_each_by_its_recipe() -> None:
    made = {
        (cell.config.method.name, cell.config.model.name.partition("_")[2].partition("_")[2], cell.config.optim.lr)
        for cell in cells(["experiment=paper/figure_1_scale"])
    }
    assert made == {("prompt_tuning", "lm", 0.3), ("model_tuning", "v1_1", 0.001)}


def test_what_is_typed_rules_over_the_grids_of_an_experiment() -> None:
    made = cells(["experiment=paper/figure_1_scale", "model=t5_small_lm", "seed=7,8", "data=local", "data.root=b"])
    assert len(made) == (2 * 8 + 1) * 2  # two methods on eight tasks, and model tuning on all at once
    assert {cell.config.model.name for cell in made} == {"t5_small_lm"}
    assert {cell.config.seed for cell in made} == {7, 8}
    assert {cell.config.data.name for cell in made} == {"local"}


@pytest.mark.parametrize("stem", [*MAIN_AND_ABLATIONS, "table_3_ensemble"])
def test_a_cell_put_together_is_the_one_that_hydra_composes(stem: str) -> None:
    made = cells([f"experiment=paper/{stem}"])
    for cell in made[:: len(made) // 3]:
        assert single(cell.overrides).config == cell.config


@pytest.mark.parametrize(
    "axes",
    [
        ["model=t5_small_lm,mini_1", "model.dtype=bf16"],  # an override of the part itself
        ["model=t5_small_lm,mini_1", "model.dtype=bf16,fp32", "task=rte,cb", "task.input_length=512,9"],
        ["model=local,mini_2", "model.path=a,b"],
        ["model=mini_1,pythia_14m,t5_small_lm,smollm2_135m", "data=hub", "method=prompt_tuning,prefix_tuning"],
        ["model=pythia_14m,pythia_31m", "model.revision=step0,step1000", "data=hub"],
        ["data=miniature,hub", "method=prompt_tuning,model_tuning", "optim.steps=1,2"],
        ["method=prompt_design,lora", "task=rte,cb", "model=mini_1,mini_2"],  # words of prompt design go by task
        ["task=rte,wic", "method=prompt_tuning", "method.init.population=1,2", "data.num_train=null,3"],
    ],
)
def test_axes_of_every_kind_give_what_hydra_composes(axes: list[str]) -> None:
    for cell in cells(axes):
        assert single(cell.overrides).config == cell.config


def test_recipes_go_by_the_family_of_each_model_of_a_sweep(tmp_path: Path) -> None:
    for name, said in {"a": {"model_type": "t5"}, "b": {"model_type": "llama"}}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps(said))
    folders = cells(["data=hub", "model=local", f"model.path={tmp_path}/a,{tmp_path}/b"])
    named = cells(["data=hub", "model=t5_small_lm,pythia_14m", "optim=paper/prompt_tuning"])
    for made in (folders, named):
        assert [(cell.config.optim.lr, cell.config.optim.dropout) for cell in made] == [(0.3, 0.1), (0.01, 0.0)]
        assert [single(cell.overrides).config for cell in made] == [cell.config for cell in made]


# Files that want values, and one that takes in a file of another group.
UNFINISHED = {
    "local": ["model.path=a"],
    "custom": ["task.template='{a}'", "task.target=b"],
    "superglue": ["prefixes@task.prefixes=paper"],
}


@pytest.mark.parametrize("group", PARTS)
@pytest.mark.slow
def test_a_part_is_what_hydra_makes_of_its_file(group: str) -> None:
    for file in sorted((ROOT / "conf" / group).glob("*.yaml")):
        asked = UNFINISHED.get(file.stem, [])
        composed = config_of(compose("config", overrides=[f"{group}={file.stem}", *asked]))
        alone = not asked and "${" not in file.read_text()  # what follows from another group, Hydra composes
        assert part(group, file.stem) == (getattr(composed, group) if alone else None)


def test_files_that_depend_on_a_part_are_known_and_what_builds_on_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {name for name in reaching("model") if not name.startswith("experiment/real/")} == set()  # they choose one
    assert "method/prompt_design" in reaching("task")  # its words are the task's
    files = {
        "conf/method/own.yaml": "defaults: [own_schema]\nname: ${model.name}",
        "conf/method/ours.yaml": "defaults:\n  - own\n  - _self_",
        "conf/optim/mine/any.yaml": "# @package _global_\nmodel: {dtype: bf16}",
        "conf/optim/mine/lora.yaml": "defaults: [/optim/mine/any@_here_]",
        "conf/optim/mine/bitfit.yaml": "lr: 0.1  # as any, whatever ${model} is",
        "experiments/mine/choice.yaml": "# @package _global_\ndefaults: [{override /model: mini_1}]",
        "experiments/mine/sweep.yaml": "# @package _global_\nhydra: {sweeper: {params: {model: 'mini_1,mini_2'}}}",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("softscale.compose.fast_cells.ROOT", tmp_path)
    reaching.cache_clear()
    names = {"method/own", "method/ours", "optim/mine/any", "optim/mine/lora", "experiment/mine/choice"}
    assert reaching("model") == names
    reaching.cache_clear()


def test_a_study_that_is_out_of_range_among_the_cells_of_a_sweep_is_refused() -> None:
    from softscale.errors import InputError

    with pytest.raises(InputError, match=r"method\.length=0"):
        cells(["method.length=5,0", "task=rte,cb"])


def test_cells_are_studies_of_their_own() -> None:
    made: list[Study] = [cell.config.study() for cell in cells(["task=rte,cb", "optim.lr=0.1,0.2"])]
    assert [(study.task.name, study.optim.lr) for study in made] == [
        ("rte", 0.1),
        ("rte", 0.2),
        ("cb", 0.1),
        ("cb", 0.2),
    ]


def recipes_of(*overrides: str) -> set[tuple[str, int, bool, int, str]]:
    """Of the cells: method, Adafactor's first step, shared dropout, batch, decoder."""
    chosen = (cell.config for cell in cells(["experiment=paper/figure_1_scale", *overrides]))
    return {
        (each.method.name, each.optim.initial_step, each.optim.dropout_shared, each.optim.batch_size, each.task.decoder)
        for each in chosen
    }


def test_the_paper_s_experiments_run_the_released_recipe_and_the_printed_one_by_name() -> None:
    assert recipes_of() == {
        ("prompt_tuning", 1_100_000, True, 32, "released"),
        ("model_tuning", 0, True, 128, "released"),
        ("model_tuning", 0, True, 2048, "released"),
    }
    assert recipes_of("recipe=paper") == {
        ("prompt_tuning", 0, False, 32, "greedy"),
        ("model_tuning", 0, False, 128, "greedy"),
        ("model_tuning", 0, False, 2048, "greedy"),
    }


@pytest.mark.parametrize("path", sorted((ROOT / "experiments" / "paper").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_experiment_of_the_paper_that_trains_takes_the_released_recipe(path: Path) -> None:
    config = single([f"experiment=paper/{path.stem}"]).config
    trains = config.report.kind != "parameters"
    assert (config.optim.initial_step, config.task.decoder) == ((1_100_000, "released") if trains else (0, "greedy"))

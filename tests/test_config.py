"""Every YAML file of conf/ and experiments/ composes into a typed study that is in range."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hydra import compose
from hydra.errors import HydraException
from omegaconf import OmegaConf

from softscale import tasks
from softscale.backbone.shape import parameters_of
from softscale.compose.cells import cells, hydra_session, single
from softscale.config import ROOT, Config
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.runs.fingerprint import fingerprint
from softscale.tasks.custom import CustomTask

CONF = ROOT / "conf"


def options(group: str) -> list[str]:
    """Every file of a group, as it is typed."""
    return sorted(str(path.relative_to(CONF / group).with_suffix("")) for path in (CONF / group).rglob("*.yaml"))


METHODS = [name for name in options("method") if "/" not in name]


@pytest.fixture(scope="module", autouse=True)
def _session() -> Iterator[None]:
    with hydra_session():
        yield


def composed(*overrides: str) -> Config:
    told = [*overrides] if any(each.startswith("model=") for each in overrides) else ["model=local", *overrides]
    return single([*told, *(["model.path=a"] if "model=local" in told else [])]).config


@pytest.mark.parametrize("name", options("model"))
def test_every_model_composes_and_states_where_it_is(name: str) -> None:
    model = composed(f"model={name}").model
    assert model.name == name
    assert model.path
    assert model.source in ("hub", "folder", "miniature")
    if model.source != "folder":
        assert model.revision
    if model.source == "hub":
        assert parameters_of(model) > 10_000_000


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("data", options("data"))
def test_every_method_composes_with_every_source_and_its_own_recipe(method: str, data: str) -> None:
    places = {
        "local": ["data.root=b"],
        "local_causal": ["data.root=b"],
        "custom": ["data.train=a.csv", "data.dev=b.csv"],
    }
    if (method, data) == ("prompt_design", "custom"):  # nobody has put a user's own task in words
        places["custom"].append("method/wording=plain")
    config = composed(f"method={method}", f"data={data}", *places.get(data, []))
    assert (config.method.name, config.data.name) == (method, data.removesuffix("_causal"))
    assert config.optim.parameter_scale == (method == "model_tuning")
    paper = {"model_tuning": 262144, "prompt_design": 0}.get(method, 30000)
    small = data == "miniature" or data.endswith("_causal")
    assert config.optim.steps < 1000 if small else config.optim.steps == paper


@pytest.mark.parametrize("init", options("method/init"))
def test_every_initialisation_composes(init: str) -> None:
    wanted = {"from_text": "text=true", "from_file": "path=p.npy", "from_run": "run=0123456789ab"}
    more = [f"method.init.{wanted[init]}"] if init in wanted else []
    method = composed(f"method/init={init}", *more).method
    assert isinstance(method, PromptTuningConfig)
    assert method.init.name == init


@pytest.mark.parametrize("name", tasks.names())
def test_every_task_composes_under_its_name(name: str) -> None:
    assert composed(f"task={name}").task.name == name
    assert tasks.by_name(name).name == name


def test_every_task_has_a_file_and_the_other_files_are_tasks_of_one_s_own() -> None:
    others = set(options("task")) - {*tasks.names(), "superglue"}
    assert len(set(options("task"))) - len(others) == len(tasks.names()) + 1
    assert others >= {"custom", "tickets", "sentiment", "summary", "translation", "entities"}
    for task in others - {"custom"}:
        assert isinstance(composed(f"task={task}", "data=examples").task, CustomTask)


@pytest.mark.parametrize("recipe", options("optim"))
def test_every_recipe_composes(recipe: str) -> None:
    named = recipe.rpartition("/")[2]
    assert composed(f"method={named if named in METHODS else 'prompt_tuning'}", f"optim={recipe}").optim.steps >= 0


def test_a_method_without_a_recipe_of_its_own_takes_that_of_any_method() -> None:
    assert not (ROOT / "conf" / "optim" / "paper" / "prompt_tuning.yaml").exists()
    assert composed("data=hub").optim == composed("optim=paper/any").optim


@pytest.mark.parametrize("method", ["prompt_tuning", "model_tuning", "per_layer_prompts"])
def test_the_released_recipe_shares_dropout_masks_and_a_prompt_s_counter_is_restored(method: str) -> None:
    paper, released = (composed(f"method={method}", f"optim={name}/{method}").optim for name in ("paper", "released"))
    counter = 0 if method == "model_tuning" else 1_100_000
    assert released == replace(paper, dropout_shared=True, initial_step=counter)
    assert not paper.dropout_shared
    assert paper.initial_step == 0


@pytest.mark.parametrize("runtime", options("runtime"))
def test_every_runtime_composes(runtime: str) -> None:
    assert composed(f"runtime={runtime}", "method=model_tuning").runtime.device == (
        "cpu" if runtime == "cpu" else "gpu"
    )


@pytest.mark.parametrize(("logger", "mode"), [("none", "disabled"), ("wandb", "offline")])
def test_every_logger_composes_and_none_goes_to_the_network(logger: str, mode: str) -> None:
    assert set(options("logger")) == {"none", "wandb"}
    assert composed(f"logger={logger}").wandb.mode == mode


@pytest.mark.parametrize("rung", options("rung"))
def test_every_rung_composes_for_pre_training(rung: str) -> None:
    import softscale.commands.pretrain  # noqa: F401 - registers the schemas
    from softscale.pretrain.rung import Pretraining

    config = OmegaConf.to_object(compose("pretrain", overrides=[f"rung={rung}"]))
    assert isinstance(config, Pretraining)
    config.check()
    assert config.rung.name == rung


def test_the_paper_s_recipe_is_the_paper_s() -> None:
    config = composed("model=t5_xl_lm", "data=hub", "task=cb")
    optim, method = config.optim, config.method
    assert isinstance(method, PromptTuningConfig)
    assert (optim.lr, optim.steps, optim.batch_size, optim.decay_rate) == (0.3, 30000, 32, 0.8)
    assert (optim.weight_decay, optim.parameter_scale, optim.clip) == (1e-5, False, 1.0)
    assert (method.length, method.init.name) == (100, "class_labels")
    assert (config.task.input_length, config.model.path) == (512, "google/t5-xl-lm-adapt")


@pytest.mark.parametrize("name", options("experiment"))
def test_every_cell_of_an_experiment_is_a_study_of_its_own(name: str) -> None:
    try:
        made = cells([f"experiment={name}"])
    except HydraException as refused:
        missing = str(refused)
    else:
        assert len({fingerprint(cell.config.study()) for cell in made}) == len(made) > 1
        assert {cell.experiment for cell in made} == {name}
        assert made[0].config.report.title
        assert made[0].config.report.claim
        return
    assert "Could not find 'model/mini_" in missing
    pytest.skip(f"the miniature ladder is not complete: {missing.splitlines()[0]}")


def test_every_file_says_what_it_is_in_its_first_lines() -> None:
    paths = [*CONF.rglob("*.yaml"), *(Path(CONF).parent / "experiments").rglob("*.yaml")]
    silent = [path.name for path in paths if not any(line[:2] == "# " for line in path.read_text().splitlines()[:2])]
    assert silent == []

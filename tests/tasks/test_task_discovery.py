"""Tasks are found by their modules, cheaply, and their YAML agrees with them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from softscale import tasks
from softscale.compose.cells import hydra_session, single
from softscale.errors import InputError

CONF = Path(__file__).parents[2] / "conf" / "task"
SUPERGLUE = {"boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc"}
MRQA = {"bioasq", "drop", "duorc", "race", "re", "textbookqa"}


def test_the_tasks_of_the_paper_are_found_under_their_names() -> None:
    assert set(tasks.names()) == SUPERGLUE | {"mrpc", "qqp", "squad"} | MRQA
    assert all(tasks.by_name(name).name == name for name in tasks.names())


def test_a_task_has_the_name_of_its_module() -> None:
    for name in tasks.names():
        assert type(tasks.by_name(name)).__module__ == f"softscale.tasks.{name}"


@pytest.mark.parametrize("name", tasks.names())
def test_no_two_metrics_of_a_task_have_one_key(name: str) -> None:
    keys = tasks.by_name(name).metrics
    assert keys
    assert len(set(keys)) == len(keys)


def test_an_unknown_task_is_refused_with_the_known_names() -> None:
    with pytest.raises(InputError, match=r"'sst', .*boolq, cb, copa"):
        tasks.by_name("sst")


def test_finding_tasks_loads_no_heavy_library() -> None:
    script = "import json, sys; from softscale import tasks; tasks.by_name('cb'); print(json.dumps(list(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    loaded = set(json.loads(run.stdout))
    assert not loaded & {"torch", "datasets", "evaluate", "sklearn", "transformers", "pandas"}


def test_the_initial_words_are_the_labels_unless_the_paper_names_others() -> None:
    named = {
        "record": ("commonsense", "reasoning", "reading", "comprehension"),
        "wsc": ("commonsense", "pronoun", "resolution"),
    }
    for name in tasks.names():
        task = tasks.by_name(name)
        assert task.init_words == named.get(name, task.labels)


@pytest.mark.parametrize("name", tasks.names())
def test_the_yaml_of_a_task_has_its_name_and_positive_lengths(name: str) -> None:
    text = (CONF / f"{name}.yaml").read_text()
    config = OmegaConf.create(text)
    assert text.startswith("# ")
    assert set(config) == {"defaults", "name", "input_length", "target_length"}
    assert (config.name, config.input_length) == (name, 512)


@pytest.mark.parametrize("name", [*tasks.names(), "superglue"])
def test_answers_have_t5_s_own_lengths_on_real_data_and_keep_the_miniature_s(name: str) -> None:
    with hydra_session():
        lengths = [single([f"data={data}", f"task={name}"]).config.task.target_length for data in ("hub", "miniature")]
    if name != "superglue" and tasks.by_name(name).labels:
        assert lengths == [8, 8]
    else:
        assert lengths == [62 if name in ("record", "wsc", "superglue") else 97, 32]

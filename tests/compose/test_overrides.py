"""What is typed is what is run: a value of a sweep is the value typed alone, and the value in Python."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from softscale.compose.cells import cells, hydra_session, single
from softscale.compose.overrides import quoted
from softscale.errors import InputError
from softscale.runs.fingerprint import fingerprint
from softscale.tasks.custom import CustomTask

Refused = Callable[..., str]
OWN = ["task=custom", "data=custom", "data.train=a.csv", "data.dev=b.csv", "task.target=y", "task.template=a {x} ?"]


@pytest.fixture(autouse=True)
def _session() -> Iterator[None]:
    with hydra_session():
        yield


@pytest.mark.parametrize(
    ("overrides", "key", "values"),
    [
        ([], "seed=010,011", [10, 11]),
        ([], "seed=08,09", [8, 9]),
        ([], "optim.lr=1e-2,.5", [0.01, 0.5]),
        ([], "data.num_train=null,3", [None, 3]),
        (["method/init=from_text"], "method.init.text=does it,is it", ["does it", "is it"]),
        (["method/init=from_text"], "method.init.text='does it, or not',yes", ["does it, or not", "yes"]),
        (OWN, "task.labels=[a b,c d],[e,f]", [["a b", "c d"], ["e", "f"]]),
        (OWN, "task.labels=['no','yes'],['yes','no']", [["no", "yes"], ["yes", "no"]]),
        (OWN, "task.target=yes,no", ["yes", "no"]),
        (OWN, "data.train=my data/a.csv,other/b.csv", ["my data/a.csv", "other/b.csv"]),
    ],
)
def test_a_value_of_a_sweep_is_the_one_that_was_typed(overrides: list[str], key: str, values: list[Any]) -> None:
    name = key.partition("=")[0]
    made = cells([*(each for each in overrides if not each.startswith(f"{name}=")), key])
    path = name.split(".")
    assert [_at(cell.config, path) for cell in made] == values
    for cell in made:
        assert single(cell.overrides).config == cell.config  # what a cluster's job reads


def _at(owner: Any, path: list[str]) -> Any:
    for name in path:
        owner = getattr(owner, name)
    return owner


WORDS = ("yes", "no", "true", "null", "on", "1e3", "007", "a b", "x:y", "é", "0x1f", "1_000", "~", "-", "nan")


def test_generated_values_have_one_id_in_a_sweep_alone_and_in_python() -> None:
    rng = random.Random(0)
    for _ in range(15):
        texts = rng.sample(WORDS, 2)
        made = cells(["method/init=from_text", "seed=3", f"method.init.text={','.join(map(_typed, texts))}"])
        for cell, text in zip(made, texts, strict=True):
            alone = single(["method/init=from_text", "seed=3", f"method.init.text={_typed(text)}"])
            study = alone.config.study()
            in_python = replace(study, method=replace(study.method, init=replace(study.method.init, text=text)))  # type: ignore[attr-defined]
            ids = {fingerprint(each) for each in (cell.config.study(), study, in_python)}
            assert len(ids) == 1, text


def _typed(text: str) -> str:
    return f"'{text}'"


@pytest.mark.parametrize(
    ("override", "readable"),
    [
        ("task.template=a {x} = b ?", "task.template='a {x} = b ?'"),
        ("task.template=it's {x}", r"task.template='it\'s {x}'"),
        ("task.template=costs ${x}", r"task.template='costs \${x}'"),
        ("runtime.runs=~/runs", "runtime.runs='~/runs'"),
        ("seed=0,1", "seed=0,1"),
        ("task.labels={0: bad, 1: good}", "task.labels={0: bad, 1: good}"),
    ],
)
def test_quotes_stand_where_the_grammar_needs_them_only(override: str, readable: str) -> None:
    assert quoted(override) == readable


def test_a_dollar_in_front_of_a_column_stays_a_dollar() -> None:
    config = single([*OWN[:-1], "task.template=costs ${x}"]).config
    assert config.task.template == "costs ${x}"  # type: ignore[attr-defined]


WITHOUT_SUBMITIT = pytest.mark.skipif(find_spec("submitit") is not None, reason="the extra is installed")


def test_the_folders_of_a_user_are_where_tilde_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    runtime = single(["runtime.runs=~/runs", "runtime.results=~/results"]).config.runtime
    assert (runtime.runs, runtime.results) == (f"{tmp_path}/runs", f"{tmp_path}/results")


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["seed=abc,2"], ["seed=abc", "integer"]),
        (["seed=0,null"], ["seed=null"]),
        (["seed=1.5,true"], ["seed=1.5", "integer"]),
        (["seed=0,1", "seed=2,3"], ["seed is swept twice"]),
        (["seed=range(0)"], ["seed=range(0)", "no values"]),
        (["logger=null"], ["logger=null", "leave logger out"]),
        (["experiment=null"], ["experiment=null", "miniature/figure_1_scale"]),
        (["experiment=../conf/config"], ["../conf/config", "miniature/figure_1_scale"]),
        (["hydra.launcher._target_=x"], ["hydra/launcher"]),
        pytest.param(["hydra/launcher=submitit_slurm"], ["softscale[slurm]"], marks=WITHOUT_SUBMITIT),
        (["task=glob(*)"], ["task.target has no value"]),
        (["data.name=local"], ["data.name=local", "data=…"]),
        (["method.name=lora"], ["method.name=lora", "method=…"]),
        (["method.init.name=x"], ["method.init.name=x", "method/init=…"]),
        (["model.name=mini_2"], ["model.name=mini_2", "model=…"]),
        (["runtime.runs=''"], ["runtime.runs", "folder"]),
        (["data.seed=-1"], ["data.seed=-1", "0 or more"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_would_be_read_otherwise_than_it_is_typed_is_refused(
    overrides: list[str], words: list[str], refused: Refused
) -> None:
    message = refused("status", *overrides)
    assert all(word in message for word in words), message


def test_a_glob_takes_the_options_that_it_matches() -> None:
    assert {cell.config.model.name for cell in cells(["model=glob(mini_*_span)"])} == {
        f"mini_{rung}_span" for rung in range(1, 6)
    }


def test_an_experiment_has_one_name() -> None:
    with pytest.raises(InputError, match="is not known"):
        cells(["experiment=figure_1_scale"])


@pytest.mark.parametrize("task", ["tickets", "sentiment"])
@pytest.mark.parametrize("labels", [{1: "bad", 5: "good"}, ["yes", "no", "maybe"], None])
def test_labels_that_are_typed_take_the_place_of_those_of_a_file(task: str, labels: Any) -> None:
    text = "null" if labels is None else str(labels).replace("'", "").replace(", ", ",")
    typed = [f"task={task}", "task.metric=accuracy", "data=examples", f"task.labels={text}"]
    (cell,) = cells(typed)
    assert isinstance(cell.config.task, CustomTask)
    assert cell.config.task.labels == labels
    assert single(typed).config == cell.config
    swept = [*typed[:-1], f"task.labels={text},[a,b]"]
    assert [getattr(each.config.task, "labels", None) for each in cells(swept)] == [labels, ["a", "b"]]

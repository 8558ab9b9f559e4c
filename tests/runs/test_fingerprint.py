"""One study has one identity, however it was typed, and every field that decides a number is part of it."""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from omegaconf import MISSING

from softscale.compose.cells import cells, hydra_session, single
from softscale.config import ModelConfig, OptimConfig, Shape, Study, TaskConfig
from softscale.methods.init.class_labels import ClassLabels
from softscale.methods.init.random_uniform import RandomUniform
from softscale.methods.init.sampled_vocab import SampledVocab
from softscale.methods.model_tuning import ModelTuningConfig
from softscale.methods.prompt_design import PromptDesignConfig
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.methods.wording import WordingConfig
from softscale.runs.fingerprint import fingerprint
from softscale.sources.hub import HubConfig
from softscale.sources.local import LocalConfig
from softscale.sources.miniature import MiniatureConfig


def optim(**told: Any) -> OptimConfig:
    paper: dict[str, Any] = {
        "lr": 0.3,
        "steps": 30000,
        "batch_size": 32,
        "eval_every": 1000,
        "decay_rate": 0.8,
        "weight_decay": 1e-5,
        "clip": 1.0,
        "parameter_scale": False,
        "initial_step": 0,
        "dropout": 0.1,
        "z_loss": 1e-4,
    }
    return OptimConfig(**(paper | told))


def xl() -> Study:
    """The paper's default at XL."""
    return Study(
        model=ModelConfig(
            name="t5_xl_lm",
            source="hub",
            path="google/t5-xl-lm-adapt",
            revision="main",
            dtype="fp32",
            shape=Shape(d_model=2048, d_ff=5120, d_kv=64, num_heads=32, num_layers=24),
        ),
        method=PromptTuningConfig(
            name="prompt_tuning", length=100, init=ClassLabels(name="class_labels", population=5000)
        ),
        task=TaskConfig(name="cb", input_length=512, target_length=8),
        data=HubConfig(name="hub", path="aps/super_glue", revision="main"),
        optim=optim(),
        seed=0,
    )


def local() -> Study:
    return Study(
        model=ModelConfig(name="local", source="folder", path="a", dtype="bf16"),
        method=ModelTuningConfig(name="model_tuning"),
        task=TaskConfig(name="boolq", input_length=512, target_length=8),
        data=LocalConfig(name="local", root="b", num_train=100),
        optim=optim(lr=0.001, parameter_scale=True),
        seed=1,
    )


def miniature(init: Any = None) -> Study:
    return Study(
        model=ModelConfig(name="local", source="folder", path="a", dtype="fp32"),
        method=PromptTuningConfig(
            name="prompt_tuning", length=20, init=init or RandomUniform(name="random_uniform", bound=0.5)
        ),
        task=TaskConfig(name="rte", input_length=512, target_length=8),
        data=MiniatureConfig(name="miniature", seed=0, train_records=4000, dev_records=250),
        optim=optim(lr=0.1, steps=200, eval_every=50, dropout=0.0),
        seed=2,
    )


def designed() -> Study:
    wording = WordingConfig(name="w", task="rte", template="{{ premise }}", verbaliser={"entailment": "yes"})
    method = PromptDesignConfig(name="prompt_design", shots=4, wording=wording)
    return replace(miniature(), method=method, optim=optim(steps=0))


STUDIES = {
    "xl": xl(),
    "local": local(),
    "miniature": miniature(),
    "sampled": miniature(SampledVocab(name="sampled_vocab", population=5000)),
    "designed": designed(),
}


def test_ids_stay_what_they_are() -> None:
    # A change here orphans every result that was ever published: give a new field a default instead.
    assert {name: fingerprint(study) for name, study in STUDIES.items() if name not in ("sampled", "designed")} == {
        "xl": "e908b4df97b6",
        "local": "1f58079a7e14",
        "miniature": "2507d4bf5ef6",
    }


TYPED = ["model=local", "model.path=a", "method/init=random_uniform", "method.length=20", "seed=2"]
TYPED += ["optim.lr=0.1", "optim.steps=200", "optim.eval_every=50", "optim.stop_at=null"]


def test_the_command_line_gives_the_id_of_plain_python() -> None:
    with hydra_session():
        assert fingerprint(single(TYPED).config.study()) == fingerprint(miniature())
        paper = ["model=t5_xl_lm", "data=hub", "task=cb"]
        assert fingerprint(single(paper).config.study()) == fingerprint(xl())
        typed = ["model=local", "model.path=a", "model.dtype=bf16", "method=model_tuning", "task=boolq", "data=local"]
        typed += ["data.root=b", "data.num_train=100", "optim.steps=30000", "optim.batch_size=32", "seed=1"]
        assert fingerprint(single(typed).config.study()) != fingerprint(local())  # weight decay differs
        assert fingerprint(single([*typed, "optim.weight_decay=1e-5"]).config.study()) == fingerprint(local())


AXES = [
    "method=prompt_tuning,model_tuning",
    "task=rte,wsc",
    "seed=range(1,3)",
    "optim.lr=1e-1,1,0.3",
    "model.path=a,'b/c=d','007'",
    "data.num_train=null,7",
]


@pytest.mark.slow
def test_a_cell_of_a_sweep_has_the_id_of_the_same_study_typed_alone() -> None:
    with hydra_session():
        made = cells(["model=local", "model.path=x", *AXES])
        assert len(made) == 2 * 2 * 2 * 3 * 3 * 2
        assert len({fingerprint(cell.config.study()) for cell in made}) == len(made)
        for cell in made[::11]:
            assert fingerprint(single(cell.overrides).config.study()) == fingerprint(cell.config.study())


def test_a_choice_that_the_sweep_has_anyway_still_holds_beside_one_that_would_change_it() -> None:
    with hydra_session():
        made = cells(["method=model_tuning", "data=miniature,hub", "optim=miniature/model_tuning,paper/model_tuning"])
        assert len({fingerprint(cell.config.study()) for cell in made}) == len(made) == 4
        for cell in made:
            assert fingerprint(single(cell.overrides).config.study()) == fingerprint(cell.config.study())


def test_a_cell_among_initialisations_and_lengths_has_the_id_of_the_same_study_typed_alone() -> None:
    with hydra_session():
        axes = ["method.length=1,20", "method/init=random_uniform,sampled_vocab,class_labels"]
        made = cells([*(word for word in TYPED if not word.startswith("method")), *axes])
        assert fingerprint(miniature()) in {fingerprint(cell.config.study()) for cell in made}
        for cell in made:
            assert fingerprint(single(cell.overrides).config.study()) == fingerprint(cell.config.study())


@pytest.mark.parametrize(
    "other",
    [
        "runtime.threads=3",
        "runtime=gpu",
        "runtime.runs=elsewhere",
        "runtime.checkpoint_every=7",
        "logger=none",
        "wandb.project=other",
        "wandb.mode=online",
        "report.title=T",
        "report.claim=C",
    ],
)
def test_runtime_logging_and_report_are_no_part_of_the_identity(other: str) -> None:
    with hydra_session():
        config = single([*TYPED, other]).config
    assert fingerprint(config.study()) == fingerprint(config) == fingerprint(miniature())


def leaves(owner: Any) -> Iterator[tuple[Any, str]]:
    """Every dataclass below `owner`, with the names of its fields that hold no dataclass."""
    for part in fields(owner):
        value = getattr(owner, part.name)
        if is_dataclass(value):
            yield from leaves(value)
        else:
            yield owner, part.name


def changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else 3


@pytest.mark.parametrize("name", STUDIES)
def test_every_field_of_a_study_changes_its_id(name: str) -> None:
    study = copy.deepcopy(STUDIES[name])
    seen = {fingerprint(study)}
    places = list(leaves(study))
    for owner, field in places:
        before = getattr(owner, field)
        setattr(owner, field, changed(before))
        seen.add(fingerprint(study))
        setattr(owner, field, before)
    assert len(places) >= 20
    assert len(seen) == len(places) + 1
    assert fingerprint(study) == fingerprint(STUDIES[name])


@dataclass(kw_only=True)
class LaterOptim(OptimConfig):
    warmup: int = 0


def test_a_field_added_later_changes_an_id_only_where_it_leaves_its_default() -> None:
    later = miniature()
    told = {part.name: getattr(later.optim, part.name) for part in fields(OptimConfig)}
    later.optim = LaterOptim(**told)
    assert fingerprint(later) == fingerprint(miniature())
    later.optim = LaterOptim(**told, warmup=10)
    assert fingerprint(later) != fingerprint(miniature())


def test_one_and_one_point_zero_are_the_same_number() -> None:
    assert fingerprint(with_lr(1)) == fingerprint(with_lr(1.0)) != fingerprint(with_lr(1.5))


def with_lr(value: Any) -> Study:
    study = miniature()
    study.optim.lr = value
    return study


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        fingerprint(with_lr(value))


@pytest.mark.parametrize("value", [len, {1, 2}, Path("a"), b"a", object()], ids=lambda value: type(value).__name__)
def test_a_value_without_a_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="no canonical form"):
        fingerprint(with_lr(value))


def test_a_field_without_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="lr"):
        fingerprint(with_lr(MISSING))
    study = miniature()
    study.seed = MISSING  # type: ignore[assignment]
    with pytest.raises(ValueError, match="seed"):
        fingerprint(study)

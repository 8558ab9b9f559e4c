"""How a run differs from the paper's recipe as printed and from the released code as it ran.

The two recipes are those of conf/ for a T5: the default method, task and model, and the optimiser of conf/optim/paper
or conf/optim/released. A study of a causal model is held beside the same, as the paper has no other. A value's source
is the comment on its line there. What no field says stands in FACTS.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from softscale.compose.by_model import is_t5
from softscale.compose.recipe_files import composed
from softscale.config import ROOT, ModelConfig, OptimConfig, Shape, TaskConfig
from softscale.runs.record import dotted

RECIPES = {
    "paper": "as printed (Lester et al. 2021)",
    "released": "as the code ran (google-research/prompt-tuning with t5x)",
}
OWNERS = {"optim": OptimConfig, "task": TaskConfig}
STUDIED = ("prompt_tuning", "model_tuning")  # the paper's methods that train
SUPERGLUE_SOURCES = ("hub", "local")

Flat = Mapping[str, Any]  # {"optim.lr": 0.3}


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """One thing that is different here and in a recipe."""

    field: str
    here: str
    there: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What no field says: true of the runs that `applies` picks."""

    recipes: tuple[str, ...]
    applies: Callable[[Flat], bool]
    deviation: Deviation


def is_causal(study: Flat) -> bool:
    """By the shape that the study states, or by the model's folder or file."""
    family = study.get("model.shape.family")
    shape = Shape(family=family) if family else None
    model = ModelConfig(
        name=study["model.name"], source=study["model.source"], path=study["model.path"], dtype="fp32", shape=shape
    )
    return not is_t5(model)


FACTS = (
    Fact(
        recipes=("paper", "released"),
        applies=is_causal,
        deviation=Deviation(
            field="sequence",
            here="one: prompt, input, joiner, target, end",
            there="an encoder reads prompt and input, a decoder writes the target",
            source="section 2",
        ),
    ),
    Fact(
        recipes=("paper", "released"),
        applies=lambda study: study["method.name"] == "model_tuning",
        deviation=Deviation(
            field="Adafactor's state",
            here="starts afresh: published checkpoints carry none",
            there="restored from pre-training",
            source="section 3.1, footnote 3",
        ),
    ),
    Fact(
        recipes=("paper", "released"),
        applies=lambda study: "task.tasks" in study,
        deviation=Deviation(
            field="mixture",
            here="its tasks alone, an example a row",
            there="with DPR's 1,322 examples, several in a row",
            source="footnote 4; t5 data/glue_utils.py",
        ),
    ),
    Fact(
        recipes=("paper", "released"),
        applies=lambda study: study["method.name"] == "model_tuning" and "task.tasks" not in study,
        deviation=Deviation(
            field="packing",
            here="an example a row",
            there="several in a row, as T5 fine-tunes",
            source="section 3.1, footnote 3: 2^16 tokens a batch",
        ),
    ),
    Fact(
        recipes=("released",),
        applies=lambda study: study.get("task.decoder", "greedy") != "released",
        deviation=Deviation(
            field="task.decoder",
            here="greedy",
            there="released: beam search, one beam kept, alpha 0.6",
            source="t5x models.py, decoding.py",
        ),
    ),
    Fact(
        recipes=("released",),
        applies=lambda study: study["model.source"] == "miniature",
        deviation=Deviation(
            field="ids to text",
            here="an unknown word is left out",
            there="⁇ in its place",
            source="seqio vocabularies.py",
        ),
    ),
    Fact(
        recipes=("paper", "released"),
        applies=lambda study: bool(re.fullmatch(r"t5_[a-z]+_lm_[15]0k", study["model.name"])),
        deviation=Deviation(
            field="LM adaptation",
            here="your own, by default 128 pieces a batch, t5x's default",
            there="not told; T5 1.1 was pre-trained with 2,048",
            source="section 3.2; conf/adaptation.yaml",
        ),
    ),
    Fact(
        recipes=("released",),
        applies=lambda study: study.get("method.init.name") == "random_uniform",
        deviation=Deviation(
            field="random uniform",
            here="both signs, as printed",
            there="[0, 0.5)",
            source="gin t5_1_1_prompt: linen.initializers.uniform, scale 0.5",
        ),
    ),
    Fact(
        recipes=("released",),
        applies=lambda study: True,
        deviation=Deviation(
            field="order of examples",
            here="epochs of a seeded permutation",
            there="a shuffled stream of seqio",
            source="t5x configs/runs/finetune.gin",
        ),
    ),
)


def deviations(study: Flat, recipe: str) -> list[Deviation]:
    """Every deviation of a study from one of RECIPES; `study` is flat."""
    found = [*_model(study, recipe), *_data(study), *_method(study)]
    for name, there in _reference(study, recipe).items():
        here = study.get(name, _before_the_field(name))
        if here != there:
            source = _source(study, recipe, name)
            found.append(Deviation(field=name, here=said(here), there=said(there), source=source))
    return found + [fact.deviation for fact in FACTS if recipe in fact.recipes and fact.applies(study)]


def said(value: Any) -> str:
    """As it is typed: 1e-05, true, null."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _model(study: Flat, recipe: str) -> list[Deviation]:
    """The checkpoint, and how its numbers are held."""
    adapted = study["method.name"] != "model_tuning"
    family, source = ("lm", "section 3: 100,000 steps of LM adaptation") if adapted else ("v1_1", "section 3.1: T5 1.1")
    found = []
    if not re.fullmatch(rf"t5_[a-z]+_{family}", study["model.name"]):
        there = f"t5_small_{family} … t5_xxl_{family}"
        found.append(Deviation(field="model", here=study["model.name"], there=there, source=source))
    if recipe == "released":
        products = {"mixed": "weights fp32, products bf16"}.get(study["model.dtype"], f"all {study['model.dtype']}")
        head = "" if study["model.dtype"] == "fp32" else ", the head's too"
        here, there = f"{products}{head}, logits fp32 in the loss", "weights fp32, activations bf16, the head fp32"
        found.append(Deviation(field="model.dtype", here=here, there=there, source="gin t5_1_1_flaxformer"))
    return found


def _data(study: Flat) -> list[Deviation]:
    """Which examples."""
    found = []
    if study["data.name"] not in SUPERGLUE_SOURCES:
        found.append(Deviation(field="data", here=study["data.name"], there="hub or local", source="section A.3"))
    for name in ("data.num_train", "data.num_dev"):
        if study.get(name) is not None:
            found.append(Deviation(field=name, here=said(study[name]), there="all", source="Table 7"))
    return found


def _method(study: Flat) -> list[Deviation]:
    """A method that the paper does not train."""
    if study["method.name"] in STUDIED:
        return []
    there = " or ".join(STUDIED)
    return [Deviation(field="method", here=study["method.name"], there=there, source="section 3.1")]


def _reference(study: Flat, recipe: str) -> dict[str, Any]:
    """The fields of method, task and optimiser that the recipe sets for such a study."""
    task = study["task.name"]
    values = _files(study["method.name"], _optim(study, recipe), task if _file("task", task).is_file() else None)
    init = values.get("method.init.name")
    foreign = "method.init." if study.get("method.init.name") != init else "\0"  # fields of another initialisation
    return {
        name: value
        for name, value in values.items()
        if value != MISSING
        and name not in ("method.name", "task.name", "task.decoder")  # the decoder: the paper is silent, FACTS tells
        and (not name.startswith(foreign) or name == "method.init.name")
    }


@cache  # hundreds of runs have the same
def _files(method: str, optim: str, task: str | None) -> Flat:
    """The fields of these options on the paper's ladder; without a task, none of its fields."""
    groups = composed({"method": method, "optim": optim, **({"task": task} if task else {})}, ladder="paper")
    later = {group: {n: v for n, v in _later_fields(group).items() if n not in groups[group]} for group in groups}
    return dotted({group: {**values, **later[group]} for group, values in groups.items()})


def _later_fields(group: str) -> dict[str, Any]:
    """The fields that no file need set, at their defaults."""
    owner = OWNERS.get(group)
    return {part.name: part.default for part in fields(owner) if part.default != MISSING} if owner else {}


def _optim(study: Flat, recipe: str) -> str:
    """The recipe's optimiser; what the code ran is known of the paper's methods only."""
    method = study["method.name"]
    if "task.tasks" in study:
        return f"{recipe}/multi_task"
    return f"{recipe if method in STUDIED else 'paper'}/{method}"


def _before_the_field(name: str) -> Any:
    """What runs did before there was such a field: its default (config.py)."""
    group, _, field = name.partition(".")
    owner = OWNERS.get(group)
    return next((part.default for part in fields(owner) if part.name == field), None) if owner else None


def _file(group: str, option: str) -> Path:
    return ROOT / "conf" / group / f"{option}.yaml"


def _source(study: Flat, recipe: str, name: str) -> str:
    """The comment on the line that sets the value, in the first of the files that could."""
    group, *_, key = name.split(".")
    option = {"optim": _optim(study, recipe), "method": study["method.name"], "task": study["task.name"]}
    if name == "method.init.name":
        key = "init"
    file = _file("prefixes", "paper") if name.startswith("task.prefixes.") else _file(group, option[group])
    if not file.is_file():  # a method without a recipe of its own (cells.py)
        file = file.with_name("any.yaml")
    return _comment(file, key) or "the default (src/softscale/config.py)"


def _comment(file: Path, key: str) -> str | None:
    text = file.read_text()
    line = re.search(rf"^\s*(?:- )?{key}:[^#\n]+#\s*(.+)$", text, re.MULTILINE)
    if line:
        return line[1].strip()
    for path in re.findall(r"/(optim/\w+/\w+)@_here_", text):
        return _comment(ROOT / "conf" / f"{path}.yaml", key)
    return None

"""The cells of a sweep put together from typed parts, because Hydra needs about 0.1 s to compose each of them.

Hydra composes one cell for each choice of groups but models and tasks, and for each family of models, and that cell is
typed once. The others take over from it with another model of its family (`${model.is_t5:A,B}` says the same of both),
another task and other values, each typed once too. The result is what Hydra makes of the same overrides; where that is
not certain, Hydra makes it.
"""

import os
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from hydra import compose
from hydra.core.config_store import ConfigStore
from hydra.errors import ConfigCompositionException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from softscale.compose.by_model import CHOICE, DECISIVE, is_t5
from softscale.compose.overrides import REPLACED
from softscale.config import ROOT, Config
from softscale.devices.available import check_runnable
from softscale.errors import InputError

PARTS = ("model", "task")
Options = Mapping[str, str]  # of groups: {"model": "mini_1"}


class Choice(NamedTuple):
    """A value of a sweep."""

    text: str  # as an override has it
    value: Any  # as Hydra reads it: 0.3, None, ["a b", "c"]


Values = Mapping[str, Choice]  # by field: {"optim.lr": …}


def config_of(composed: DictConfig) -> Config:
    """The typed configuration inside a composed one; nothing below sees an OmegaConf object.

    Raises:
        InputError: a value is missing or out of range.
    """
    return _checked(_typed(_ours(composed)))


def _typed(chosen: DictConfig) -> Config:
    for key in sorted(OmegaConf.missing_keys(chosen)):
        raise InputError(f"{key} has no value: give it one with {key}=…")
    config = OmegaConf.to_object(chosen)
    if isinstance(config, dict):  # masking the typed root gives a plain one with typed groups
        config = Config(**{str(key): value for key, value in config.items()})
    assert isinstance(config, Config)
    return config


def _ours(composed: DictConfig) -> DictConfig:
    """Without what is Hydra's own."""
    return OmegaConf.masked_copy(composed, sorted(part.name for part in fields(Config)))


def _checked(config: Config) -> Config:
    """Within range, and with `~` in the folders of its runtime as the user's own."""
    config.check()
    config.runtime.check()
    check_runnable(config.study(), config.runtime)
    config.wandb.check()
    folders = {name: os.path.expanduser(getattr(config.runtime, name)) for name in ("runs", "results")}
    return replace(config, runtime=replace(config.runtime, **folders))


class _Base(NamedTuple):
    """What Hydra composed, and a cell of it."""

    composed: DictConfig  # before its values
    values: Values
    config: Config


class Assembly:
    """Cells that share the overrides `fixed`, which alone make `whole`. Within `hydra_session`."""

    def __init__(self, fixed: tuple[str, ...], whole: DictConfig) -> None:
        self.fixed, self.whole = fixed, whole
        self.bases: dict[Any, _Base] = {}
        self.values: dict[Any, Any] = {}
        self.choices = dict(whole.hydra.runtime.choices)
        self.reached = {re.split(r"[.@]", each.lstrip("~"))[0] for each in fixed if re.match(r"~?\w+[.@]", each)}

    def config(self, groups: Options, values: Values) -> Config:
        """The cell with these choices of groups and these values.

        Raises:
            InputError, HydraException: it is not a valid study.
        """
        told = tuple(choice.text for name, choice in values.items() if name.startswith(DECISIVE))
        found = {
            group: part(group, groups[group])
            for group in PARTS
            if group in groups and self._is_apart(group, groups) and not (told and group == "model")
        }
        parts = {group: typed for group, typed in found.items() if typed is not None}
        composed_of = tuple(f"{group}={option}" for group, option in groups.items() if group not in parts)
        alike = [f"model={groups['model']}"] if "model" in parts else []
        key = composed_of, tuple(values), told, bool(alike) and is_t5(parts["model"])
        if key not in self.bases:
            composed = compose("config", overrides=[*self.fixed, *composed_of, *alike])
            self.bases[key] = _Base(composed, values, _typed(_merged(composed, values)))
        base = self.bases[key]
        config = replace(base.config, **parts)
        for name, value in values.items():
            if base.values[name] != value or name.partition(".")[0] in parts:
                config = _replaced(config, name.split("."), self._value(key, name, value))
        return _checked(config)

    def _is_apart(self, group: str, groups: Options) -> bool:
        """Whether no file that may be chosen beside this group decides what is in it, or depends on it."""
        chosen = {**{owner: option for owner, option in self.choices.items() if owner not in interpolated()}, **groups}
        return group not in self.reached and not any(_may_be_chosen(file, chosen) for file in reaching(group))

    def _value(self, key: Any, name: str, choice: Choice) -> Any:
        """The value as its field's type."""
        if (key, name, choice.text) not in self.values:
            base = self.bases[key]
            found: Any = _typed(_merged(base.composed, {**base.values, name: choice}))
            for field in name.split("."):
                found = found[field] if isinstance(found, dict) else getattr(found, field)
            self.values[key, name, choice.text] = found
        return self.values[key, name, choice.text]


def _merged(composed: DictConfig, values: Values) -> DictConfig:
    """With these values, set as Hydra sets those of overrides. Raises ConfigCompositionException as it does."""
    merged = deepcopy(composed)
    for name, choice in values.items():
        try:
            if name in REPLACED:
                OmegaConf.update(merged, name, None)
            OmegaConf.update(merged, name, choice.value, merge=True)
        except OmegaConfBaseException as error:
            raise ConfigCompositionException(f"Error merging override {name}={choice.text}") from error
    return merged


def _replaced(owner: Any, path: list[str], value: Any) -> Any:
    """`owner` with another value at `path`; `owner` itself stays as it is."""
    if not path:
        return value
    if isinstance(owner, dict):
        return {**owner, path[0]: _replaced(owner.get(path[0]), path[1:], value)}
    return replace(owner, **{path[0]: _replaced(getattr(owner, path[0]), path[1:], value)})


@cache
def interpolated() -> frozenset[str]:
    """The groups whose options follow from others' where nothing chooses them (conf/config.yaml)."""
    return frozenset(re.findall(r"- (\S+): \$\{", (ROOT / "conf" / "config.yaml").read_text()))


@cache
def reaching(group: str) -> frozenset[str]:
    """The files that decide what is in `group`, or depend on it, or build on one that does, such as method/lora.

    Found by their text; in doubt a file is one of them.
    """
    paths = [*(ROOT / "conf").glob("*/**/*.yaml"), *(ROOT / "experiments").rglob("*.yaml")]
    texts = {_name(path): CHOICE.sub("", re.sub(r"#(?! @package).*", "", path.read_text())) for path in paths}
    others = {name: text for name, text in texts.items() if not name.startswith(f"{group}/")}
    mention = re.compile(rf"\$\{{{group}\b|[/@]{group}\b|@_global_(?![.\s])|@package _global_.*^{group}:", re.M | re.S)
    found = {name for name, text in others.items() if mention.search(text)}
    while more := {
        name for name in others.keys() - found if any(_builds_on(name, others[name], file) for file in found)
    }:
        found |= more
    return frozenset(found)


def _name(path: Path) -> str:
    """Group and option of a file: method/lora of conf/method/lora.yaml, experiment/a of experiments/a.yaml."""
    top, *rest = path.relative_to(ROOT).with_suffix("").parts
    return "/".join(["experiment", *rest] if top == "experiments" else rest)


def _builds_on(name: str, text: str, file: str) -> bool:
    """Whether the defaults list of a file may take in another one."""
    folder, _, option = file.rpartition("/")
    sibling = rf"|(?:\[|- |, ){option}\b" if name.rpartition("/")[0] == folder else ""
    return bool(re.search(rf"/{folder}/{option}\b|/{folder}\b[^\n]*: *(?:{option}\b|\$){sibling}", text))


def _may_be_chosen(file: str, chosen: Options) -> bool:
    """Whether a file is the option that its group has, or may be: not where its group has another one."""
    splits = (file.split("/", depth) for depth in range(1, file.count("/") + 1))
    owners = [("/".join(names[:-1]), names[-1]) for names in splits]
    known = [chosen[owner] == option for owner, option in owners if owner in chosen]
    return any(known) or not known


@cache
def part(group: str, option: str) -> Any:
    """What the file of `option` makes of `group`, typed; None where the file alone does not decide it."""
    node = _node(group, option)
    return None if node is None or OmegaConf.missing_keys(node) else OmegaConf.to_object(node)


def _node(group: str, option: str) -> DictConfig | None:
    """The file over its defaults, where these are a schema and files of its own group."""
    file = ROOT / "conf" / group / f"{option}.yaml"
    if not file.is_file() or re.search(r"@|\$\{", file.read_text()):
        return None
    own = OmegaConf.load(file)
    assert isinstance(own, DictConfig)
    store, nodes = ConfigStore.instance(), []
    for default in own.pop("defaults", []):
        if default == "_self_":
            continue
        is_schema = str(default).endswith("_schema")
        nodes.append(store.load(f"{group}/{default}.yaml").node if is_schema else _node(group, str(default)))
    if any(node is None for node in nodes):
        return None
    merged = OmegaConf.merge(*nodes, own)
    assert isinstance(merged, DictConfig)
    return merged

"""The cells of a sweep put together from typed parts, because Hydra needs about 0.1 s to compose each of them.

Hydra composes one cell for each choice of groups that reach into one another (method, data, recipe), and that cell is
typed once. The others take over from it with another part (a model, a task) and other values, each typed once too. The
result is what Hydra makes of the same overrides; where that is not certain, Hydra makes it.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from hydra import compose
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from softscale.config import ROOT, Config
from softscale.devices.available import check_runnable
from softscale.errors import InputError

Told = Mapping[str, str]  # as typed: {"model": "mini_1"} for groups, {"optim.lr": "0.3"} for values


def config_of(composed: DictConfig) -> Config:
    """The typed configuration inside a composed one; nothing below sees an OmegaConf object.

    Raises:
        InputError: a value is missing or out of range.
    """
    return _checked(_typed(_ours(composed)))


def _typed(chosen: DictConfig) -> Config:
    for key in sorted(OmegaConf.missing_keys(chosen)):
        raise InputError(f"{key} has no value: give it one with {key}=…")
    told = OmegaConf.to_object(chosen)
    if isinstance(told, dict):  # masking the typed root gives a plain one with typed groups
        told = Config(**{str(key): value for key, value in told.items()})
    assert isinstance(told, Config)
    return told


def _ours(composed: DictConfig) -> DictConfig:
    """Without what is Hydra's own."""
    return OmegaConf.masked_copy(composed, sorted(part.name for part in fields(Config)))


def _checked(told: Config) -> Config:
    told.check()
    told.runtime.check()
    check_runnable(told.study(), told.runtime)
    told.wandb.check()
    return told


class _Base(NamedTuple):
    """What Hydra composed, and a cell of it without its parts."""

    composed: DictConfig  # before its values
    values: Told
    typed: Config


class Assembly:
    """Cells that share the overrides `fixed`, which alone make `whole`. Within `hydra_session`."""

    def __init__(self, fixed: tuple[str, ...], whole: DictConfig) -> None:
        self.fixed, self.whole = fixed, whole
        self.composed: dict[tuple[str, ...], DictConfig] = {(): whole}  # by choices of groups
        self.choices: dict[tuple[str, ...], dict[str, str]] = {(): _taken(whole)}
        self.bases: dict[Any, _Base] = {}
        self.typed_values: dict[Any, Any] = {}
        reached = {re.split("[.@]", override.lstrip("~"))[0] for override in fixed if re.match(r"~?\w+[.@]", override)}
        self.replaceable = Config.__dataclass_fields__.keys() - reached

    def config(self, groups: Told, values: Told) -> Config:
        """The cell with these choices of groups and these values.

        Raises:
            InputError, HydraException: it is not a valid study.
        """
        parts = {group: option for group, option in groups.items() if self._may_be_part(group, option)}
        # First what needs no more composing: a group that is reached already is Hydra's.
        seen = tuple((self._choices((), groups) | dict(groups)).items())
        parts = {group: option for group, option in parts.items() if not reaches(seen, group)}
        chosen = tuple(self._choices(groups.keys() - parts.keys(), groups).items())
        parts = {group: option for group, option in parts.items() if not reaches(chosen, group)}
        key = self._key(groups.keys() - parts.keys(), groups), tuple(values)
        if key not in self.bases:
            composed = self._composed(key[0])
            self.bases[key] = _Base(composed, values, _typed(_merged(composed, values)))
        base = self.bases[key]
        told = replace(base.typed, **{group: part(group, option) for group, option in parts.items()})
        for name, value in values.items():
            if base.values[name] != value or name.partition(".")[0] in parts:
                told = _replaced(told, name.split("."), self._value(key, name, value))
        return _checked(told)

    def _may_be_part(self, group: str, option: str) -> bool:
        return group in self.replaceable and part(group, option) is not None

    def _key(self, names: Collection[str], groups: Told) -> tuple[str, ...]:
        """What to compose with; nothing where the whole made these choices, all of them: one can change the others."""
        chosen = {group: option for group, option in groups.items() if group in names}
        if chosen.items() <= self.choices[()].items():
            return ()
        return tuple(f"{group}={option}" for group, option in chosen.items())

    def _composed(self, key: tuple[str, ...]) -> DictConfig:
        if key not in self.composed:
            self.composed[key] = compose("config", overrides=[*self.fixed, *key], return_hydra_config=True)
        return self.composed[key]

    def _choices(self, names: Collection[str], groups: Told) -> dict[str, str]:
        """Which option of each group Hydra took for these choices."""
        key = self._key(names, groups)
        if key not in self.choices:
            self.choices[key] = _taken(self._composed(key))
        return self.choices[key]

    def _value(self, key: Any, name: str, value: str) -> Any:
        """The value as its field's type."""
        if (key, name, value) not in self.typed_values:
            base = self.bases[key]
            told: Any = _typed(_merged(base.composed, {**base.values, name: value}))
            for part_name in name.split("."):
                told = told[part_name] if isinstance(told, dict) else getattr(told, part_name)
            self.typed_values[key, name, value] = told
        return self.typed_values[key, name, value]


def _taken(composed: DictConfig) -> dict[str, str]:
    """Which option of each group Hydra took."""
    return {str(group): str(option) for group, option in composed.hydra.runtime.choices.items() if option}


def _merged(composed: DictConfig, values: Told) -> DictConfig:
    made = _ours(composed)
    made.merge_with_dotlist([f"{name}={value}" for name, value in values.items()])
    return made


def _replaced(owner: Any, path: list[str], value: Any) -> Any:
    """`owner` with another value at `path`; `owner` itself stays as it is."""
    if not path:
        return value
    if isinstance(owner, dict):
        return {**owner, path[0]: _replaced(owner.get(path[0]), path[1:], value)}
    return replace(owner, **{path[0]: _replaced(getattr(owner, path[0]), path[1:], value)})


@cache
def part(group: str, option: str) -> Any:
    """What the file of `option` makes of `group`, typed; None where the file alone does not decide it."""
    node = _node(group, option)
    return None if node is None or OmegaConf.missing_keys(node) else OmegaConf.to_object(node)


def _node(group: str, option: str) -> DictConfig | None:
    """The file over its defaults, where these are schemas and files of its own group, and it has the usual package."""
    file = ROOT / "conf" / group / f"{option}.yaml"
    if not file.is_file() or "@package" in file.read_text():
        return None
    own = OmegaConf.load(file)
    assert isinstance(own, DictConfig)
    defaults = [told for told in own.pop("defaults", []) if told != "_self_"]
    if not all(isinstance(told, str) and re.fullmatch(r"\w+", told) for told in defaults):
        return None
    store, schemas = ConfigStore.instance(), ConfigStore.instance().list(group)
    nodes = [
        store.load(f"{group}/{told}.yaml").node if f"{told}.yaml" in schemas else _node(group, told)
        for told in defaults
    ]
    if any(node is None for node in nodes) or "${" in OmegaConf.to_yaml(own):
        return None
    merged = OmegaConf.merge(*nodes, own)
    assert isinstance(merged, DictConfig)
    return merged


@cache
def reaches(choices: tuple[tuple[str, str], ...], group: str) -> bool:
    """Whether one of the chosen files, but that of `group` itself, decides what is in `group`, or depends on it."""
    files = {ROOT / "conf" / "config.yaml"}
    for owner, option in choices:
        if owner != group:
            files |= _with_parents(ROOT / "conf" / owner / f"{option}.yaml")
    return any(re.search(rf"^{group}:|\$\{{{group}\W|@{group}\b", text_of(path), re.MULTILINE) for path in files)


@cache
def text_of(file: Path) -> str:
    return file.read_text()


@cache
def _with_parents(file: Path) -> frozenset[Path]:
    """The file and those that it builds on; none where a schema stands for it."""
    if not file.is_file():
        return frozenset()
    told = OmegaConf.load(file)
    assert isinstance(told, DictConfig)
    names = [name.partition("@")[0] for name in told.get("defaults", []) if isinstance(name, str)]
    parents = [
        ROOT / "conf" / f"{name[1:]}.yaml" if name.startswith("/") else file.with_name(f"{name}.yaml") for name in names
    ]
    return frozenset({file}).union(*map(_with_parents, parents))

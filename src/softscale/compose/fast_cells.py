"""The cells of a sweep put together from typed parts, because Hydra needs about 0.1 s to compose each of them.

Hydra composes one cell for each choice of groups but the model, and that cell is typed once. The others take over from
it with another model and other values, each typed once too. The result is what Hydra makes of the same overrides; where
that is not certain, Hydra makes it.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any, NamedTuple

from hydra import compose
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from softscale.config import ROOT, Config, ModelConfig
from softscale.devices.available import check_runnable
from softscale.errors import InputError

Typed = Mapping[str, str]  # as typed: {"model": "mini_1"} for groups, {"optim.lr": "0.3"} for values


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
    config.check()
    config.runtime.check()
    check_runnable(config.study(), config.runtime)
    config.wandb.check()
    return config


class _Base(NamedTuple):
    """What Hydra composed, and a cell of it."""

    composed: DictConfig  # before its values
    values: Typed
    config: Config


class Assembly:
    """Cells that share the overrides `fixed`, which alone make `whole`. Within `hydra_session`."""

    def __init__(self, fixed: tuple[str, ...], whole: DictConfig) -> None:
        self.fixed, self.whole = fixed, whole
        self.bases: dict[Any, _Base] = {}
        self.values: dict[Any, Any] = {}
        experiment = whole.hydra.runtime.choices.get("experiment")
        reached = any(re.match(r"~?model[.@]", override) for override in fixed)
        self.has_models_as_parts = not reached and models_stand_alone(experiment)

    def config(self, groups: Typed, values: Typed) -> Config:
        """The cell with these choices of groups and these values.

        Raises:
            InputError, HydraException: it is not a valid study.
        """
        model = model_of(groups["model"]) if self.has_models_as_parts and "model" in groups else None
        composed_of = tuple(f"{group}={option}" for group, option in groups.items() if group != "model" or not model)
        key = composed_of, tuple(values)
        if key not in self.bases:
            composed = compose("config", overrides=[*self.fixed, *composed_of], return_hydra_config=True)
            self.bases[key] = _Base(composed, values, _typed(_merged(composed, values)))
        base = self.bases[key]
        config = replace(base.config, model=model) if model else base.config
        for name, value in values.items():
            if base.values[name] != value or (model and name.startswith("model.")):
                config = _replaced(config, name.split("."), self._value(key, name, value))
        return _checked(config)

    def _value(self, key: Any, name: str, value: str) -> Any:
        """The value as its field's type."""
        if (key, name, value) not in self.values:
            base = self.bases[key]
            found: Any = _typed(_merged(base.composed, {**base.values, name: value}))
            for field in name.split("."):
                found = found[field] if isinstance(found, dict) else getattr(found, field)
            self.values[key, name, value] = found
        return self.values[key, name, value]


def _merged(composed: DictConfig, values: Typed) -> DictConfig:
    merged = _ours(composed)
    merged.merge_with_dotlist([f"{name}={value}" for name, value in values.items()])
    return merged


def _replaced(owner: Any, path: list[str], value: Any) -> Any:
    """`owner` with another value at `path`; `owner` itself stays as it is."""
    if not path:
        return value
    if isinstance(owner, dict):
        return {**owner, path[0]: _replaced(owner.get(path[0]), path[1:], value)}
    return replace(owner, **{path[0]: _replaced(getattr(owner, path[0]), path[1:], value)})


@cache
def models_stand_alone(experiment: str | None) -> bool:
    """Whether no file of conf/, nor the experiment's, decides what is in a model, or depends on which one it is."""
    reach = re.compile(r"^model:|\$\{model\b|[/@]model\b", re.MULTILINE)
    files = [path for path in (ROOT / "conf").rglob("*.yaml") if path.parent.name != "model"]
    files += [ROOT / "experiments" / f"{experiment}.yaml"] if experiment else []
    return not any(reach.search(path.read_text()) for path in files)


@cache
def model_of(option: str) -> ModelConfig | None:
    """The model of that name; None where its file alone does not decide it."""
    node = _node(option)
    model = None if node is None or OmegaConf.missing_keys(node) else OmegaConf.to_object(node)
    return model if isinstance(model, ModelConfig) else None


def _node(option: str) -> DictConfig | None:
    """The file over its defaults, where these are the schema and other models."""
    file = ROOT / "conf" / "model" / f"{option}.yaml"
    if not file.is_file() or re.search(r"@|\$\{", file.read_text()):
        return None
    own = OmegaConf.load(file)
    assert isinstance(own, DictConfig)
    schema, nodes = ConfigStore.instance().load("model/model_schema.yaml").node, []
    for default in own.pop("defaults", []):
        nodes.append(schema if default == "model_schema" else _node(default) if isinstance(default, str) else None)
    if any(node is None for node in nodes):
        return None
    merged = OmegaConf.merge(*nodes, own)
    assert isinstance(merged, DictConfig)
    return merged

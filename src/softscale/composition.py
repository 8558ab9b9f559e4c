"""From what a user types to typed studies: Hydra composition, with every refusal in one sentence.

Hydra needs about 0.2 s to compose one configuration, so the cells of a sweep are composed once for each choice of
groups and then differ by plain values only; the ids are the same as from composing each alone.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from softscale import methods, sources, tasks
from softscale.config import ROOT, Config
from softscale.errors import InputError
from softscale.refusals import refusal
from softscale.runnable import check_runnable


@dataclass(frozen=True)
class Cell:
    """One configuration of a sweep, and the overrides that make it."""

    overrides: tuple[str, ...]
    config: Config
    experiment: str | None


@contextmanager
def hydra_session() -> Iterator[None]:
    """Hydra with our configuration and schemas; what it refuses becomes an InputError."""
    if not (ROOT / "conf" / "config.yaml").exists():
        raise InputError(f"there is no conf/ in {ROOT}: softscale runs from a source checkout (pip install -e .)")
    methods.register()
    sources.register()
    tasks.register()
    _register_recipes()
    GlobalHydra.instance().clear()
    _base.cache_clear()
    _composed.clear()
    try:
        with initialize_config_dir(str(ROOT / "conf"), version_base="1.3", job_name="softscale"):
            yield
    except (HydraException, OmegaConfBaseException) as error:
        raise refusal(error) from error


def _register_recipes() -> None:
    """A method without a file in a folder of conf/optim/ takes `any` of that folder."""
    store = ConfigStore.instance()
    named = [file.removesuffix("_schema.yaml") for file in store.list("method") if file.endswith("_schema.yaml")]
    for recipes in sorted((ROOT / "conf" / "optim").iterdir()):
        for method in named:
            if not (recipes / f"{method}.yaml").exists():
                group = f"optim/{recipes.name}"
                store.store(group=group, name=method, node={"defaults": [f"/{group}/any@_here_"]})


def config_of(composed: DictConfig) -> Config:
    """The typed configuration inside a composed one; nothing below sees an OmegaConf object."""
    names = {part.name for part in fields(Config)}
    chosen = OmegaConf.masked_copy(composed, sorted(names))
    for key in sorted(OmegaConf.missing_keys(chosen)):
        raise InputError(f"{key} has no value: give it one with {key}=…")
    told = OmegaConf.to_object(chosen)
    if isinstance(told, dict):  # masking the typed root gives a plain one with typed groups
        told = Config(**{str(key): value for key, value in told.items()})
    assert isinstance(told, Config)
    told.check()
    told.runtime.check()
    check_runnable(told.study(), told.runtime)
    told.wandb.check()
    return told


def quoted(overrides: Sequence[str]) -> list[str]:
    """Overrides with quotes around a template, whose braces Hydra would read as a dictionary."""
    template = "task.template="
    return [
        f"{template}'{override.removeprefix(template).replace(chr(39), chr(92) + chr(39))}'"
        if override.startswith(template) and override[len(template) :][:1] not in ("'", '"')
        else override
        for override in overrides
    ]


def single(overrides: Sequence[str]) -> Cell:
    """The one configuration that `overrides` make. Within `hydra_session`."""
    overrides = quoted(overrides)
    composed = compose("config", overrides=list(overrides), return_hydra_config=True)
    return Cell(tuple(overrides), config_of(composed), composed.hydra.runtime.choices.get("experiment"))


def yaml_of(overrides: Sequence[str]) -> str:
    """The composed configuration as YAML, every default included. Within `hydra_session`."""
    return OmegaConf.to_yaml(compose("config", overrides=quoted(overrides)))


def is_sweep(overrides: Sequence[str]) -> bool:
    """Whether `overrides` ask for several cells: an experiment does, and so does a key with several values."""
    overrides = quoted(overrides)
    if any(override.is_sweep_override() for override in _parsed(overrides)):
        return True
    composed = compose("config", overrides=list(overrides), return_hydra_config=True)
    return composed.hydra.mode is not None and composed.hydra.mode.name == "MULTIRUN"


def cells(overrides: Sequence[str]) -> list[Cell]:
    """Every cell of a sweep, in the order of its axes. Within `hydra_session`.

    Raises:
        InputError, HydraException: a cell is not a valid study.
    """
    typed = _parsed(quoted(overrides))
    for override in typed:
        if override.is_sweep_override() and override.get_key_element() == "experiment":
            raise InputError(f"{override.input_line} is not allowed: an experiment is a sweep of its own, give one")
    fixed = tuple(str(override.input_line) for override in typed if not override.is_sweep_override())
    whole = compose("config", overrides=list(fixed), return_hydra_config=True)
    params: dict[str, Any] = OmegaConf.to_container(whole.hydra.sweeper.params or OmegaConf.create()) or {}  # type: ignore[assignment]
    told = {override.get_key_element() for override in typed if not override.is_sweep_override()}
    axes = {
        override.get_key_element(): _values(override)
        for override in [*_parsed([f"{key}={value}" for key, value in params.items()]), *typed]
        if override.is_sweep_override() or override.get_key_element() not in told
    }
    groups = set(whole.hydra.runtime.choices)
    experiment = whole.hydra.runtime.choices.get("experiment")
    made = []
    for values in itertools.product(*axes.values()):
        pairs = [(key, value) for key, value in zip(axes, values, strict=True)]
        chosen = tuple(f"{key}={value}" for key, value in pairs if key in groups)
        plain = [f"{key}={value}" for key, value in pairs if key not in groups]
        composed = _base((*fixed, *chosen)).copy()
        composed.merge_with_dotlist(plain)
        cell = Cell((*fixed, *(f"{k}={v}" for k, v in pairs)), config_of(composed), experiment)
        _composed[cell.overrides] = cell
        made.append(cell)
    return made


def cell_of(overrides: Sequence[str]) -> Cell:
    """The cell that `cells` made with these overrides, or a newly composed one."""
    return _composed.get(tuple(overrides)) or single(overrides)


_composed: dict[tuple[str, ...], Cell] = {}


@cache
def _base(overrides: tuple[str, ...]) -> DictConfig:
    return compose("config", overrides=list(overrides))


def _parsed(overrides: Sequence[str]) -> list[Override]:
    """Overrides as Hydra reads them; `+key=value` would add a key that nothing reads, and no id would tell."""
    for override in overrides:
        if override.startswith(("+", "=")):
            raise InputError(f"{override} is not an override: write key=value, where key is in the YAML files of conf/")
    return OverridesParser.create().parse_overrides(list(overrides))


def _values(override: Override) -> list[str]:
    if override.is_sweep_override():
        return [str(value) for value in override.sweep_string_iterator()]
    return [override.get_value_element_as_str()]

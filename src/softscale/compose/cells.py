"""From what a user types to typed studies: Hydra composition, with every refusal in one sentence.

A sweep is a product of axes, or several of them (`hydra.sweeper.grids`): every cell has the id of the same study typed
alone (fast_cells.py).
"""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from softscale import methods, sources, tasks
from softscale.compose import by_model
from softscale.compose.fast_cells import Assembly, Choice, config_of, interpolated, part, reaching
from softscale.compose.overrides import read
from softscale.compose.refusals import refusal
from softscale.config import ROOT, Config
from softscale.errors import InputError


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
        raise InputError(f"there is no conf/config.yaml in {ROOT}: install softscale again")
    by_model.register()
    methods.register()
    sources.register()
    tasks.register()
    _register_recipes()
    outer = GlobalHydra.instance().hydra  # where a session is opened within another one
    GlobalHydra.instance().clear()
    for cached in (part, reaching, interpolated):
        cached.cache_clear()
    assembly_of.cache_clear()
    whole.cache_clear()
    _composed.clear()
    try:
        with initialize_config_dir(str(ROOT / "conf"), version_base="1.3", job_name="softscale"):
            yield
    except (HydraException, OmegaConfBaseException) as error:
        raise refusal(error) from error
    finally:
        GlobalHydra.instance().hydra = outer


def _register_recipes() -> None:
    """A method without a file in a folder of conf/optim/ takes `any` of that folder."""
    store = ConfigStore.instance()
    named = [file.removesuffix("_schema.yaml") for file in store.list("method") if file.endswith("_schema.yaml")]
    for recipes in sorted((ROOT / "conf" / "optim").iterdir()):
        for method in named:
            if not (recipes / f"{method}.yaml").exists():
                group = f"optim/{recipes.name}"
                store.store(group=group, name=method, node={"defaults": [f"/{group}/any@_here_"]})


def single(overrides: Sequence[str]) -> Cell:
    """The one configuration that `overrides` make. Within `hydra_session`."""
    lines = [str(override.input_line) for override in read(overrides)]
    composed = whole(tuple(lines))
    return Cell(tuple(lines), config_of(composed), composed.hydra.runtime.choices.get("experiment"))


def yaml_of(overrides: Sequence[str]) -> str:
    """The composed configuration as YAML, every default included. Within `hydra_session`."""
    return OmegaConf.to_yaml(compose("config", overrides=[str(override.input_line) for override in read(overrides)]))


def is_sweep(overrides: Sequence[str]) -> bool:
    """Whether `overrides` ask for several cells: an experiment does, and so does a key with several values."""
    typed = read(overrides)
    if any(override.is_sweep_override() for override in typed):
        return True
    composed = whole(tuple(str(override.input_line) for override in typed))
    return composed.hydra.mode is not None and composed.hydra.mode.name == "MULTIRUN"


def page_of(overrides: Sequence[str]) -> tuple[str | None, str]:
    """The experiment of a sweep, where it is one, and the kind of its page. Within `hydra_session`."""
    fixed = (str(override.input_line) for override in read(overrides) if not override.is_sweep_override())
    composed = whole(tuple(fixed))
    return composed.hydra.runtime.choices.get("experiment"), composed.report.kind


def cells(overrides: Sequence[str]) -> list[Cell]:
    """Every cell of a sweep, in the order of its axes. Within `hydra_session`.

    Raises:
        InputError, HydraException: a cell is not a valid study.
    """
    typed = read(overrides)
    fixed = tuple(str(override.input_line) for override in typed if not override.is_sweep_override())
    assembly, made = assembly_of(fixed), []
    composed = assembly.whole
    experiment, groups = composed.hydra.runtime.choices.get("experiment"), set(composed.hydra.runtime.choices)
    for choices in products(OmegaConf.to_container(composed.hydra.sweeper) or {}, typed):  # type: ignore[arg-type]
        overrides = (*fixed, *(f"{key}={choice.text}" for key, choice in choices.items()))
        cell = Cell(overrides, assembled(assembly, choices, groups), experiment)
        _composed[overrides] = cell
        made.append(cell)
    return made


@cache
def assembly_of(fixed: tuple[str, ...]) -> Assembly:
    """Of the cells that share these overrides, for the whole of a session. Raises HydraException."""
    return Assembly(fixed, whole(fixed))


@cache
def whole(overrides: tuple[str, ...]) -> DictConfig:
    """What Hydra composes, with its own part; once in a session. Raises HydraException."""
    return compose("config", overrides=list(overrides), return_hydra_config=True)


def assembled(assembly: Assembly, choices: Mapping[str, Choice], groups: Collection[str]) -> Config:
    """The cell of these choices, by key; `groups` are the keys that choose a file, the others set a value."""
    files = {key: str(choice.value) for key, choice in choices.items() if key in groups}
    return assembly.config(files, {key: choice for key, choice in choices.items() if key not in groups})


def products(sweeper: Mapping[str, Any], typed: Sequence[Override]) -> Iterator[dict[str, Choice]]:
    """The choices of each cell of a sweep, by key, in the order of its axes."""
    for axes in _grids(sweeper, typed):
        for values in itertools.product(*axes.values()):
            yield dict(zip(axes, values, strict=True))


def _grids(sweeper: Mapping[str, Any], typed: Sequence[Override]) -> list[dict[str, list[Choice]]]:
    """The axes of each product of a sweep: those of one of `grids`, then `params`, then what was typed, which rules."""
    fixed = {override.get_key_element() for override in typed if not override.is_sweep_override()}
    swept = {override.get_key_element(): _values(override) for override in typed if override.is_sweep_override()}
    params, made = sweeper.get("params") or {}, []
    for grid in sweeper.get("grids") or [{}]:
        ours = read([f"{key}={value}" for key, value in (grid | params | grid).items()])
        axes = {override.get_key_element(): _values(override) for override in ours}
        made.append({key: values for key, values in axes.items() if key not in fixed} | swept)
    return made


def cell_of(overrides: Sequence[str]) -> Cell:
    """The cell that `cells` made with these overrides, or a newly composed one."""
    return _composed.get(tuple(overrides)) or single(overrides)


_composed: dict[tuple[str, ...], Cell] = {}


def _values(override: Override) -> list[Choice]:
    """The values of an axis, each as Hydra reads it where it is typed alone."""
    is_sweep = override.is_sweep_override()
    texts = list(override.sweep_string_iterator()) if is_sweep else [override.get_value_element_as_str()]
    if not texts:
        raise InputError(f"{override.input_line} has no values: give at least one")
    key = override.get_key_element()
    return [Choice(text, read([f"{key}={text}"])[-1].value()) for text in texts]

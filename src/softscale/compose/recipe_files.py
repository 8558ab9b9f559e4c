"""What the files of conf/ set for some groups on one ladder, read without Hydra and without the methods' modules.

Those load torch, which a page of results does without. Defaults lists are followed as far as recipes use them: files of
the same group, of a nested group, and of another one `@_here_` or under a name; `${ladder}` and `${task}` in them are
what is chosen. Schemas set nothing here.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from softscale.compose import by_model
from softscale.config import ROOT


def composed(chosen: Mapping[str, str], ladder: str) -> dict[str, dict[str, Any]]:
    """By group, the values that its option's file sets, such as of {"method": "lora", "optim": "paper/lora"}."""
    by_model.register()
    choices = {"ladder": ladder, "task": chosen.get("task", "")}
    groups = {group: _values(group, option, choices) for group, option in chosen.items()}
    whole = OmegaConf.create({**groups, "ladder": _values("ladder", ladder, choices)})
    return {group: OmegaConf.to_container(whole[group], resolve=True) for group in groups}  # type: ignore[misc]


def _values(group: str, option: str, choices: Mapping[str, str]) -> dict[str, Any]:
    """The values of `conf/<group>/<option>.yaml`, or of `any` in its stead, over those of its defaults list."""
    file = ROOT / "conf" / group / f"{option}.yaml"
    file = file if file.is_file() else file.with_name("any.yaml")
    if not file.is_file():
        return {}
    own = dict(_read(file))
    values: dict[str, Any] = {}
    for entry in own.pop("defaults", []):
        named, option_of = next(iter(entry.items())) if isinstance(entry, Mapping) else (entry, None)
        values |= _default(named, option_of, group, choices)
    return values | own


def _default(named: str, option: str | None, group: str, choices: Mapping[str, str]) -> dict[str, Any]:
    """What one entry of a defaults list sets: `_self_` and schemas nothing."""
    path, _, package = named.partition("@")
    if path == "_self_" or path.endswith("_schema"):
        return {}
    path, option = path.rsplit("/", 1) if option is None else (path, option)
    option = re.sub(r"\$\{(\w+)\}", lambda match: choices[match[1]], option)
    below = path.removeprefix("/") if path.startswith("/") else f"{group}/{path}"
    values = _values(below, option, choices)
    return values if package == "_here_" else {package or path.rpartition("/")[2]: values}


@cache
def _read(file: Path) -> Mapping[str, Any]:
    loaded = OmegaConf.load(file)
    assert isinstance(loaded, DictConfig)
    return {str(name): value for name, value in OmegaConf.to_container(loaded).items()}  # type: ignore[union-attr]

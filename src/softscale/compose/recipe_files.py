"""What the files of a recipe set, read without Hydra and without the modules of the methods, which load torch.

Defaults lists are followed as far as recipes use them: files of the same group, of a nested group, and of another one
that stands `@_here_` or under a name. `${data}` and `${task}` in them are what is chosen. Schemas set nothing here.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from softscale.config import ROOT


def file_of(group: str, option: str) -> Path | None:
    """`conf/<group>/<option>.yaml`, or `any` beside it, which stands for what has no file of its own."""
    file = ROOT / "conf" / group / f"{option}.yaml"
    return next((found for found in (file, file.with_name("any.yaml")) if found.is_file()), None)


def values_of(group: str, option: str, data: str, task: str) -> Mapping[str, Any]:
    """The values that the file of `option` sets over those of its defaults list; nothing where there is no file."""
    file = file_of(group, option)
    if file is None:
        return {}
    own = dict(_read(file))
    values: dict[str, Any] = {}
    for entry in own.pop("defaults", []):
        entry = {entry: None} if isinstance(entry, str) else entry
        for named, chosen in entry.items():
            values |= _default(named, chosen, group, data, task)
    return values | own


def _default(named: str, chosen: str | None, group: str, data: str, task: str) -> dict[str, Any]:
    """What one entry of a defaults list sets: `_self_` and schemas nothing."""
    path, _, package = named.partition("@")
    if path == "_self_" or path.endswith("_schema"):
        return {}
    path, option = (path, chosen) if chosen is not None else path.rsplit("/", 1)
    option = re.sub(r"\$\{(data|task)\}", lambda match: {"data": data, "task": task}[match[1]], str(option))
    below = path.removeprefix("/") if path.startswith("/") else f"{group}/{path}"
    values = dict(values_of(below, option, data, task))
    name = package or path.rpartition("/")[2]
    return values if name == "_here_" else {name: values}


@cache
def _read(file: Path) -> Mapping[str, Any]:
    loaded = OmegaConf.load(file)
    assert isinstance(loaded, DictConfig | ListConfig)
    values = OmegaConf.to_container(loaded)
    assert isinstance(values, dict)
    return {str(name): value for name, value in values.items()}

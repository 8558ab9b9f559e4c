"""What is typed, as Hydra reads it: `key=value`, `key=value,value`, and text that its grammar needs quotes around.

Refused before anything is composed, in one sentence: what would be read without effect, or fork the id of a study.
"""

from collections import Counter
from collections.abc import Sequence

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import OverrideParseException

from softscale.config import ROOT
from softscale.errors import InputError

# Each names the option of its group: a study would have another id under another name.
NAMES = {"model.name": "model", "method.name": "method", "method.init.name": "method/init", "data.name": "data"}

# What is typed replaces what a file has; Hydra would add labels to its labels, and refuse them where it has a list.
REPLACED = ("task.labels",)


def read(overrides: Sequence[str]) -> list[Override]:
    """Overrides as Hydra reads them. Within `hydra_session`.

    Raises:
        InputError, HydraException: one is not an override, or must not be given.
    """
    for override in overrides:
        if override.startswith(("+", "=")):  # +key=value would add a key that nothing reads, and no id would tell
            raise InputError(f"{override} is not an override: write key=value, where key is in the YAML files of conf/")
    read_ones = _parsed([line for override in overrides for line in (*_emptied(override), quoted(override))])
    for override in read_ones:
        _check(override)
    axes = Counter(override.key_or_group for override in read_ones if override.is_sweep_override())
    for key, count in axes.items():
        if count > 1:
            raise InputError(f"{key} is swept twice: write all its values in one, {key}=value,value")
    return read_ones


def _emptied(override: str) -> list[str]:
    """What comes before an override that is to replace what a file has."""
    key, _, value = override.partition("=")
    return [f"{key}=null"] if key in REPLACED and value not in ("", "null") else []


def quoted(override: str) -> str:
    """With quotes around the value where Hydra's grammar has no other reading for it: a template, `~/runs`, `a = b`."""
    key, equals, value = override.partition("=")
    if not equals or value[:1] in ("'", '"') or (key != "task.template" and _is_readable(override)):
        return override
    escaped = value.replace("'", "\\'").replace("${", "\\${")  # a dollar and a column, no reference to another field
    return f"{key}='{escaped}'"


def _is_readable(override: str) -> bool:
    try:
        _parsed([override])
    except OverrideParseException:
        return False
    return True


def _parsed(overrides: list[str]) -> list[Override]:
    return OverridesParser.create(GlobalHydra.instance().config_loader()).parse_overrides(overrides)


def _check(override: Override) -> None:
    """Raises InputError where Hydra would take it, or fail without a sentence."""
    key, line = override.key_or_group, override.input_line
    if key in NAMES:
        raise InputError(f"{line} is not allowed: {key} is the name of the option, choose one with {NAMES[key]}=…")
    if key.startswith("hydra.") and "_target_" in key:
        raise InputError(f"{line} is not allowed: choose a launcher with hydra/launcher=…")
    if key == "experiment":
        _check_experiment(override)
    elif (
        (ROOT / "conf" / key).is_dir()
        and not override.is_sweep_override()
        and not isinstance(override.value(), str | list)
    ):
        raise InputError(f"{line} is not allowed: choose an option of {key}, or leave {key} out")


def _check_experiment(override: Override) -> None:
    if override.is_sweep_override():
        raise InputError(f"{override.input_line} is not allowed: an experiment is a sweep of its own, give one")
    folder = ROOT / "experiments"
    names = [str(path.relative_to(folder).with_suffix("")) for path in sorted(folder.rglob("*.yaml"))]
    if override.value() not in names:
        raise InputError(f"{override.input_line} is not known: it must be one of {', '.join(names)}")

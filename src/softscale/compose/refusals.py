"""What Hydra and OmegaConf refuse, in one sentence: the field, the value, what is allowed."""

import re
from dataclasses import fields, is_dataclass
from glob import glob

from hydra.core.config_store import ConfigStore
from hydra.errors import OverrideParseException
from omegaconf.errors import ConfigAttributeError, ConfigKeyError

from softscale.config import ROOT
from softscale.errors import InputError

EXTRAS = {"slurm": "submitit", "ray": "ray"}  # of pyproject.toml, by what the names of their launchers begin with


def refusal(error: Exception) -> InputError:
    """An InputError for an exception of Hydra's or OmegaConf's composition."""
    chain = _chain(error)
    text = "\n".join(str(part) for part in chain)
    for part in chain:
        if isinstance(part, InputError):  # of a launcher's own check
            return part
    if isinstance(error, OverrideParseException):
        return InputError(f"{error.override} cannot be read as key=value: put quotes around a value with = , or spaces")
    for part in chain:
        if isinstance(part, ConfigKeyError | ConfigAttributeError) and is_dataclass(part.object_type):
            allowed = ", ".join(field.name for field in fields(part.object_type))
            return InputError(f"{part.full_key} is not a field: it must be one of {allowed}")
    for pattern, sentence in SENTENCES:
        found = re.search(pattern, text, re.DOTALL)
        if found:
            return InputError(" ".join(sentence(found).split()))
    return InputError(" ".join(text.splitlines()[0].split()))


def _chain(error: BaseException | None) -> list[BaseException]:
    return [] if error is None else [error, *_chain(error.__cause__ or error.__context__)]


def _options(found: re.Match) -> str:
    """The YAML files of a group, those of its folders too."""
    group, _, value = found["option"].rpartition("/")
    files = glob("**/*.yaml", root_dir=ROOT / "conf" / group, recursive=True)
    own = [file for file in files if not _is_group(f"{group}/{file.partition('/')[0]}")]
    shown = ", ".join(sorted(file.removesuffix(".yaml") for file in own))
    extra = next((extra for extra, plugin in EXTRAS.items() if value.startswith(plugin)), None)
    if group == "hydra/launcher" and extra:
        return f"{group}={value} needs an extra that is not installed: pip install 'softscale[{extra}]'"
    return f"{group}={value} is not known: it must be one of {shown}"


def _wordings(found: re.Match) -> str:
    """The wordings of one source, when that of a task is missing."""
    source, task = found["source"], found["task"]
    files = sorted((ROOT / "conf" / "method" / "wording" / source).glob("*.yaml"))
    shown = ", ".join(["plain", *(f"{source}/{file.stem}" for file in files)])
    return (
        f"method/wording={source}/{task} is not known: it must be one of {shown}, where plain is the text form of any "
        f"task; a new one is a file conf/method/wording/{source}/{task}.yaml"
    )


def _is_group(folder: str) -> bool:
    """Whether a folder is a choice of its own (method/init), not one of options (optim/paper): it has schemas."""
    return any(name.endswith("_schema.yaml") for name in _stored(folder))


def _stored(folder: str) -> list[str]:
    try:
        return ConfigStore.instance().list(folder)
    except OSError:  # nothing is registered there
        return []


SENTENCES = [
    (r"Could not find 'method/wording/(?P<source>[^'/]+)/(?P<task>[^'/]+)'", _wordings),
    (r"Could not find '(?P<option>[\w/-]+/[^'/]*)'", _options),
    (
        r"Could not override '(?P<key>\w+)/(?P<part>\w+)'\.\s+No match in the defaults list",
        lambda m: f"{m['key']}/{m['part']} is not allowed here: the {m['key']} that was chosen has no {m['part']}",
    ),
    (
        r"Could not override '(?P<key>[^']+)'.*?Key '(?P<last>[^']+)' is not in struct",
        lambda m: f"{m['key']} is not a field of the configuration: see conf/ for its fields",
    ),
    (
        r"Missing mandatory value: (?P<key>[\w.]+)",
        lambda m: f"{m['key']} has no value: give it one with {m['key']}=…",
    ),
    (
        r"Value '(?P<value>[^']*)'(?: of type '\w+')? could not be converted to (?P<type>\w+)"
        r".*?full_key: (?P<key>[\w.]+)",
        lambda m: f"{m['key']}={m['value']} is not allowed: it must be of type {m['type'].lower()}",
    ),
    (
        r"Error merging override (?P<key>[\w.]+)=(?P<value>\S+)\s+[^\n]*is not a ListConfig",
        lambda m: f"{m['key']}={m['value']} is not allowed: it must be a list, {m['key']}=[{m['value']}]",
    ),
    (
        r"Error merging override (?P<override>\S+)\s+(?P<why>[^\n]+)",
        lambda m: f"{m['override']} is not allowed: {m['why']}",
    ),
    (
        r"You must specify '(?P<key>[\w/]+)'",
        lambda m: f"{m['key']} has no value: give it one with {m['key']}=…",
    ),
]

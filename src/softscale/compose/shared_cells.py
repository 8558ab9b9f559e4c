"""Which cells of a sweep other experiments have too.

Hydra needs 0.1 s for what it composes, and more for each choice of method and data. An experiment that only chooses
options and gives values makes the cells of the same sweep typed out; typed out, what Hydra composed for one experiment
serves the others. Where an experiment says more, Hydra makes every cell of it.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from softscale.compose.cells import assembled, assembly_of, cells, parsed, products
from softscale.compose.refusals import refusal
from softscale.config import ROOT, Config
from softscale.errors import InputError
from softscale.runs.fingerprint import fingerprint
from softscale.runs.job import Job

EXPERIMENTS = ROOT / "experiments"
# Groups whose options are named in an id; the name of each is that of its file.
NAMED = ("model", "method", "method/init", "task")
KEYS = (*NAMED, "seed")
WORD = re.compile(r"(?!(?i:true|false|null|nan|inf)$)[A-Za-z_][\w/]*")  # means the same typed as in YAML

Names = tuple[str, ...]  # of the options of NAMED, "" where there is none, and the seed


def jobs_of(overrides: Sequence[str]) -> dict[str, Job]:
    """The jobs of a sweep by id, each once. Within `hydra_session`.

    Raises:
        InputError, HydraException: a cell is not a valid study.
    """
    made: dict[str, Job] = {}
    for config, experiment in _configs(overrides):
        job = Job.of(config, experiment)
        made.setdefault(job.id, job)
    return made


def shared_cells(jobs: Mapping[str, Job], overrides: Sequence[str]) -> tuple[dict[str, set[str]], dict[str, str]]:
    """By other experiment: the ids that it has in common with `jobs`, or why it cannot be composed.

    The overrides that say where data and weights are hold for it too. Within `hydra_session`.
    """
    names = {_names(job) for job in jobs.values()}
    runtime = _runtime(overrides)
    shared, refused = {}, {}
    for name in _others(jobs):
        try:
            made = _configs([f"experiment={name}", *filter(_says_where, overrides)], names, runtime)
            shared[name] = {fingerprint(config.study()) for config, _ in made} & set(jobs)
        except (InputError, HydraException, OmegaConfBaseException) as error:
            refused[name] = str(refusal(error) if not isinstance(error, InputError) else error)
    return shared, refused


def _says_where(override: str) -> bool:
    return override.startswith(("data", "model.dtype", "runtime"))


def _runtime(overrides: Sequence[str]) -> dict[str, str]:
    """The runtime that an experiment chooses: no id tells of it, so what is composed with it serves all others."""
    file = EXPERIMENTS / f"{_experiment(overrides)}.yaml"
    plain = plain_sweep(file) if file.is_file() else None
    return {group: option for group, option in plain[0].items() if group == "runtime"} if plain else {}


def _experiment(overrides: Sequence[str]) -> str:
    """The name of the experiment that comes first; "" where none does."""
    return overrides[0].partition("experiment=")[2] if overrides else ""


def _others(jobs: Mapping[str, Job]) -> list[str]:
    """The other experiments of the same ladder; of all where no experiment was named."""
    own = next(iter(jobs.values())).experiment
    names = sorted(str(path.relative_to(EXPERIMENTS).with_suffix("")) for path in EXPERIMENTS.rglob("*.yaml"))
    return [name for name in names if name != own and (own is None or Path(name).parent == Path(own).parent)]


def _names(job: Job) -> Names:
    study = job.study
    init = getattr(study.method, "init", None)
    return study.model.name, study.method.name, init.name if init else "", study.task.name, str(study.seed)


def _configs(
    overrides: Sequence[str], names: set[Names] | None = None, runtime: Mapping[str, str] | None = None
) -> list[tuple[Config, str | None]]:
    """The cells of a sweep, and its experiment.

    names: cells of others than these may be left out. runtime: an option to take in place of the experiment's own.
    """
    experiment, where = _experiment(overrides), overrides[1:]
    file = EXPERIMENTS / f"{experiment}.yaml"
    plain = plain_sweep(file) if file.is_file() and all(map(_says_where, where)) else None
    if plain is None:
        return [(cell.config, cell.experiment) for cell in cells(overrides)]
    options, sweeper = plain
    typed = parsed(where)
    keys = {told.get_key_element() for told in typed}
    fixed = (
        *(str(told.input_line) for told in typed if not told.is_sweep_override()),
        *(f"{group}={option}" for group, option in {**options, **(runtime or {})}.items() if group not in keys),
    )
    made = list(products(sweeper, typed))
    groups = {key for key in set().union(*made) if (ROOT / "conf" / key).is_dir()}
    left = made if names is None else _possible(made, names)
    return [(assembled(assembly_of(fixed), told, groups), experiment) for told in left]


def _possible(made: Sequence[dict[str, str]], names: set[Names]) -> list[dict[str, str]]:
    """The cells that can have one of these names; of what a cell is not told, any."""
    known: dict[tuple[str, ...], set[Names]] = {}
    left = []
    for told in made:
        keys = tuple(key for key in KEYS if key in told)
        if keys not in known:
            known[keys] = {tuple(each[KEYS.index(key)] for key in keys) for each in names}
        if tuple(told[key] for key in keys) in known[keys]:
            left.append(told)
    return left


def plain_sweep(file: Path) -> tuple[dict[str, str], dict[str, Any]] | None:
    """Of an experiment: its options of data and runtime, and its params and grids with all else that it says.

    None where it says what a sweep that is typed out cannot.
    """
    told: Any = OmegaConf.to_container(OmegaConf.load(file))
    hydra, defaults = told.pop("hydra", {}), told.pop("defaults", [])
    told.pop("report", None)
    sweeper = hydra.get("sweeper", {})
    chosen = dict(pair for each in defaults if isinstance(each, dict) for pair in each.items())
    plain = {key.removeprefix("override /"): _typed(value) for key, value in (chosen | told).items()}
    if (
        not file.read_text().startswith("# @package _global_")
        or hydra.keys() - {"mode", "sweeper"}
        or sweeper.keys() - {"params", "grids"}
        or len(chosen) < len(defaults)
        or not all(key.startswith("override /") for key in chosen)
        or None in plain.values()
    ):
        return None
    axes = {key: value for key, value in plain.items() if value is not None}
    options = {group: axes.pop(group) for group in ("data", "runtime") if group in axes}
    return options, {"params": axes | (sweeper.get("params") or {}), "grids": sweeper.get("grids")}


def _typed(value: Any) -> str | None:
    """What to type for a value of YAML; None where it is not plain."""
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, list) and value and all(isinstance(each, str) and WORD.fullmatch(each) for each in value):
        return f"[{','.join(value)}]"
    return value if isinstance(value, str) and WORD.fullmatch(value) else None

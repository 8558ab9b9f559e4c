"""usage: softscale doctor [data.root=DIR]

What is there and what is missing for the miniature ladder, for causal models in files, and for models of the hub, and
how to get it. Nothing is downloaded. With data.root=DIR also which tasks have their official files there. Exit code 1
where the miniature ladder cannot run.

  softscale doctor
  softscale doctor data.root=~/data
"""

import importlib.metadata
import os
import platform
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from softscale import tasks
from softscale.backbone.folder import checked_path, location, revision_of
from softscale.backbone.gguf_file import is_gguf
from softscale.commands.options import options
from softscale.compose.fast_cells import part
from softscale.config import ROOT, ModelConfig
from softscale.errors import InputError
from softscale.markdown import aligned_table
from softscale.sources.local import LocalSource

CORE = ("torch", "transformers", "pytorch-lightning", "hydra-core", "datasets")
HUB = "https://huggingface.co"
PATIENCE = 5.0  # seconds


@dataclass(frozen=True)
class Finding:
    """One thing that a ladder needs."""

    what: str
    well: bool
    found: str
    remedy: str = ""


def main(arguments: Sequence[str]) -> int:
    values = options("doctor", arguments, ("data.root",), needed=())
    root = Path(values["data.root"]).expanduser() if "data.root" in values else None
    if root is not None and not root.is_dir():
        raise InputError(f"data.root={values['data.root']} is not a folder: name one with official data")
    miniature = [*_versions(), *_miniatures()]
    _say("miniature ladder", miniature)
    print()
    _say("causal models in GGUF files", [_gguf(), *_files()])
    print()
    _say("models of the hub, besides", [_gpu(), _hub(), *_checkpoints(), *(_local(root) if root else [_no_root()])])
    return 0 if all(finding.well for finding in miniature) else 1


def _say(title: str, findings: Sequence[Finding]) -> None:
    rows = [[each.what, "yes" if each.well else "no", each.found, each.remedy] for each in findings]
    print(f"{title}\n\n{aligned_table(['what', 'there', 'found', 'how to get it'], rows, left=4)}")


def _versions() -> Iterator[Finding]:
    """Python and the packages that decide numbers, by the requirements of this installation."""
    python = importlib.metadata.metadata("softscale")["Requires-Python"] or ""
    fits = Requirement(f"python{python}").specifier.contains(platform.python_version())
    yield Finding("python", fits, platform.python_version(), "" if fits else f"python{python}")
    for text in importlib.metadata.requires("softscale") or []:
        needed = Requirement(text)
        if needed.name not in CORE:
            continue
        try:
            found = importlib.metadata.version(needed.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(needed.name, False, "not installed", "pip install -e .")
            continue
        fits = needed.specifier.contains(found, prereleases=True)
        yield Finding(needed.name, fits, found, "" if fits else f"pip install '{needed.name}{needed.specifier}'")


def _models(source: str) -> list[ModelConfig]:
    """The models of conf/ whose weights are of that source."""
    models = [part("model", file.stem) for file in sorted((ROOT / "conf" / "model").glob("*.yaml"))]
    return [model for model in models if model is not None and model.source == source]


def _miniatures() -> Iterator[Finding]:
    for model in _models("miniature"):
        there = (ROOT / model.path / "model.safetensors").is_file()
        found = revision_of(ROOT / model.path) if there else "missing"
        well = found == model.revision
        remedy = "" if well else f"git checkout -- {model.path} (its hash must begin with {model.revision})"
        yield Finding(model.name, well, found, remedy)


def _gguf() -> Finding:
    """The package that reads models in GGUF files."""
    try:
        return Finding("gguf", True, importlib.metadata.version("gguf"))
    except importlib.metadata.PackageNotFoundError:
        return Finding("gguf", False, "not installed", "pip install -e '.[gguf]'")


def _files() -> Iterator[Finding]:
    """The models of conf/ that are one file here."""
    for model in _models("folder"):
        if not is_gguf(Path(model.path)):
            continue
        remedy = "make weights; or another one, model=local model.path=FILE.gguf"
        if not Path(location(model)).is_file():
            yield Finding(model.name, False, f"no {model.path}", remedy)
            continue
        try:
            yield Finding(model.name, True, checked_path(model))
        except InputError as error:
            yield Finding(model.name, False, str(error), remedy if _gguf().well else "see gguf")


def _gpu() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("GPU", True, f"{torch.cuda.device_count()} x {torch.cuda.get_device_name()}")
    remedy = "a CUDA device and a torch built for it; softscale plan says which have the memory"
    return Finding("GPU", False, f"none that torch {torch.__version__} sees", remedy)


def _hub() -> Finding:
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return Finding("the hub", False, "HF_HUB_OFFLINE is set", "unset it, or use folders: model=local data=local")
    asked = urllib.request.Request(os.environ.get("HF_ENDPOINT", HUB), method="HEAD")
    try:
        urllib.request.urlopen(asked, timeout=PATIENCE)
    except urllib.error.HTTPError as error:  # it answered
        return Finding("the hub", True, f"reached (status {error.code})")
    except (urllib.error.URLError, OSError) as error:
        return Finding("the hub", False, f"not reached ({error})", "a network, or folders: model=local data=local")
    return Finding("the hub", True, "reached")


def _checkpoints() -> Iterator[Finding]:
    """Which of the hub's rungs are in its cache."""
    from huggingface_hub import try_to_load_from_cache

    for model in _models("hub"):
        there = isinstance(try_to_load_from_cache(model.path, "config.json", revision=model.revision), str)
        found = "in the cache" if there else f"{model.path} is not in the cache"
        remedy = "" if there else f"hf download {model.path}, or model=local model.path=DIR"
        yield Finding(model.name, there, found, remedy)


def _no_root() -> Finding:
    return Finding("local data", False, "not asked", "softscale doctor data.root=DIR; or data=hub")


def _local(root: Path) -> Iterator[Finding]:
    """Which official files of each task are below the root."""
    source = LocalSource(root)
    for name in tasks.names():
        task = tasks.by_name(name)
        if task.official is None:
            continue
        lacking = [split for split in task.official.files if not _is_there(source, name, split)]
        files = " and ".join(task.official.files[split][0] for split in lacking)
        found = "all splits" if not lacking else f"no {' and no '.join(lacking)}"
        yield Finding(f"{name} in {root}", not lacking, found, f"{root}/{files}" if lacking else "")


def _is_there(source: LocalSource, task: str, split: str) -> bool:
    try:
        source.version(tasks.by_name(task), split)
    except InputError:
        return False
    return True

"""What an interrupted run goes on from is whole, or the run goes back to where nothing was lost: its first step.

A checkpoint names the files of the best step with their checksums. A run is a function of its study, so one that starts
again ends with the numbers that it would have ended with.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from softscale.errors import InputError
from softscale.formats.tensors import load_checkpoint
from softscale.training.lightning_checkpoint import read_training_state

BEST, LAST = "best.safetensors", "last.ckpt"
EVALUATED = "evaluated.json"  # of a mixture whose tasks have steps of their own: the last one that was the best of any


class DamagedFiles(RuntimeError):
    """Files of the best step are not what was written."""


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged_file(folder: Path, files: dict[str, str]) -> Path | None:
    """The first of `files`, checksums by name, that is missing in `folder` or is another one."""
    for name, sha256 in files.items():
        path = folder / name
        if not path.is_file() or file_sha256(path) != sha256:
            return path
    return None


def go_back_to_what_is_whole(folder: Path, key: str) -> str | None:
    """Remove the checkpoint of an interrupted run where files that it names are damaged, and say so in a sentence.

    key: under which the checkpoint has the state of the evaluation.

    Raises:
        InputError: the checkpoint itself is damaged; it is kept.
    """
    last = folder / LAST
    if not last.exists():
        return None
    state: dict[str, Any] = read_training_state(last)["callbacks"][key]
    damaged = damaged_file(folder, state.get("files", {}))
    # A kill between the files of a later best step and its checkpoint: that step is done again, and writes them again.
    written = max(_step_of(folder / BEST), _evaluated(folder / EVALUATED))
    if damaged is None or written > state["curve"][-1]["step"]:
        return None
    last.unlink()
    return f"{damaged} is damaged or missing: the run starts again from step 0"


def check_whole(folder: Path, files: dict[str, str]) -> None:
    """Raises DamagedFiles where files of the best step are not what was written; the next attempt starts afresh."""
    damaged = damaged_file(folder, files)
    if damaged is not None:
        (folder / LAST).unlink(missing_ok=True)
        raise DamagedFiles(f"{damaged} is not what this run wrote there: the next attempt starts from step 0")


def _step_of(path: Path) -> float:
    """The step whose tensors a file holds; -1 where it cannot be read."""
    try:
        step = load_checkpoint(path)[1].get("step")
    except InputError:
        return -1
    return step if isinstance(step, int) else -1


def _evaluated(path: Path) -> float:
    """The step at which files of a best step were written last; -1 where it is not told."""
    try:
        step = json.loads(path.read_bytes())["step"]
    except (OSError, ValueError, KeyError, TypeError):
        return -1
    return step if isinstance(step, int) else -1

"""Caches of libraries below `runs/` where their own folders cannot be written, as in many containers."""

import os
from collections.abc import Sequence
from pathlib import Path

# Where libraries keep caches, settings and data (XDG Base Directory Specification), and what is below the home folder
# where a variable is not set. Triton has a variable of its own.
FOLDERS = {
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "TRITON_HOME": ".",
}
# Of single libraries, which follow those above where these are not set.
OWN = (
    *("MPLCONFIGDIR", "TORCH_HOME", "TRITON_CACHE_DIR"),
    *("WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR"),
)
TEMPORARY = ("TMPDIR", "TEMP", "TMP")


def make_caches_writable(arguments: Sequence[str]) -> None:
    """Set the variables of folders that cannot be written to folders in `runs/.home`; call it before any import.

    Those of Hugging Face stay as they are: what is in a cache that cannot be written can be read.

    arguments: of a command; `runtime.runs=DIR` among them names another folder than `runs`.
    """
    typed = [argument.partition("=")[2] for argument in arguments if argument.startswith("runtime.runs=")]
    runs = Path(typed[-1] if typed else "runs").expanduser().absolute()
    home = Path(os.path.expanduser("~"))
    if not can_be_written(runs):
        return  # which a command that needs it says
    for variable in OWN:
        if variable in os.environ and not can_be_written(Path(os.environ[variable])):
            del os.environ[variable]
    for variable, below in FOLDERS.items():
        if not can_be_written(Path(os.environ.get(variable) or home / below)):
            os.environ[variable] = str(runs / ".home" / below)
    # Python would take the folder that it stands in.
    if not any(can_be_written(Path(each)) for each in (*map(os.environ.get, TEMPORARY), "/tmp", "/var/tmp") if each):
        own = runs / ".home" / "tmp"
        own.mkdir(parents=True, exist_ok=True)
        os.environ["TMPDIR"] = str(own)


def can_be_written(folder: Path) -> bool:
    """Whether files can be made in `folder`, which need not be there yet."""
    for each in (folder, *folder.parents):
        if each.exists():
            return each.is_dir() and os.access(each, os.W_OK | os.X_OK)
    return False

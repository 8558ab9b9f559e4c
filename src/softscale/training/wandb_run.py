"""A run of Weights & Biases: online where that is asked and the server answers, offline otherwise, or none.

Nothing here may fail what is logged, or wait for a network for long.
"""

import logging
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from softscale.config import WandbConfig
from softscale.errors import InputError

INIT_SECONDS = 20.0  # for an answer of the server
_unreachable: list[str] = []  # why the server was not; the next runs of this process do not wait for it again


def mode_of(config: WandbConfig) -> str:
    """`wandb.mode`, or less where W&B's own variables ask for less; they never put a run on the network."""
    wished = os.environ.get("WANDB_MODE", "").lower()
    if "disabled" in (wished, config.mode) or os.environ.get("WANDB_DISABLED", "").lower() in ("true", "1", "yes"):
        return "disabled"
    return "offline" if wished in ("offline", "dryrun") else config.mode


def begun(config: WandbConfig, folder: Path, notes: list[str], /, **words: Any) -> Any:
    """The run of W&B, its files in `folder`: offline where the server does not answer, None where that fails too.

    words: what `wandb.init` takes besides. What fails goes into `notes`.

    Raises:
        InputError: online is asked, and W&B is not set up for it.
    """
    if config.mode == "disabled":
        return None
    from wandb.errors import UsageError

    if config.mode == "online" and not _unreachable:
        try:
            return _start(config, folder, words)
        except UsageError as error:
            why = str(error).splitlines()[0]
            raise InputError(f"wandb.mode=online is not allowed here: {why}; or use wandb.mode=offline") from error
        except Exception as error:
            _unreachable.append(line_of(error))
            forget()
    if config.mode == "online":
        notes.append(f"W&B could not go online ({_unreachable[0]}): it is offline, and wandb sync sends it later")
    try:
        return _start(replace(config, mode="offline"), folder, words)
    except Exception as error:
        notes.append(f"W&B did not begin ({line_of(error)}): what it would hold is on the disk only")
        forget()
        return None


def forget() -> None:
    """End what is left of W&B in this process, so that the next run begins anew and Python ends without it."""
    import wandb

    with suppress(Exception):
        wandb.teardown()


def line_of(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def _start(config: WandbConfig, folder: Path, words: dict[str, Any]) -> Any:
    import wandb

    logging.raiseExceptions = False  # or each line of W&B's own log that a full disk has no room for is a traceback
    return wandb.init(
        project=config.project,
        entity=config.entity,
        mode="offline" if config.mode == "offline" else "online",
        dir=folder,
        resume="allow" if config.mode == "online" else None,
        settings=wandb.Settings(
            console="off", silent=True, x_disable_stats=True, x_save_requirements=False, init_timeout=INIT_SECONDS
        ),
        **words,
    )

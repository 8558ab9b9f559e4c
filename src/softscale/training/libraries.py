"""Loads the libraries of a run, in the way that costs least: that is most of the time before the first step."""

import gc
from contextlib import suppress

from softscale.config import WandbConfig
from softscale.training.wandb_run import mode_of


def load_libraries(config: WandbConfig) -> None:
    """Load `training.run` and all that it stands on, before it is imported anywhere in this process.

    Python's garbage collector would search all that is being loaded again and again, to find none: it waits meanwhile,
    and leaves alone what is there afterwards. W&B goes first: it looks for its own source in every module that is
    loaded, and after torch and transformers there are thousands.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        if mode_of(config) != "disabled":
            with suppress(Exception):  # what fails there is said where a run begins to log
                import wandb.sdk.launch  # noqa: F401 - by `wandb.init`
        import softscale.training.run  # noqa: F401
    finally:
        gc.freeze()
        if collects:
            gc.enable()

"""Whether a run is logged to Weights & Biases, and over the network or not; asked before anything of it is loaded."""

import os

from softscale.config import WandbConfig


def mode_of(config: WandbConfig) -> str:
    """`wandb.mode`, or less where W&B's own variables ask for less; they never put a run on the network."""
    wished = os.environ.get("WANDB_MODE", "").lower()
    if "disabled" in (wished, config.mode) or os.environ.get("WANDB_DISABLED", "").lower() in ("true", "1", "yes"):
        return "disabled"
    return "offline" if wished in ("offline", "dryrun") else config.mode

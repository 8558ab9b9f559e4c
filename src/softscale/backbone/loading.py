"""What the loading of both families shares: types of weights, and what is said where a model cannot be had."""

from collections.abc import Mapping
from typing import Any

import torch
from transformers.utils import logging as transformers_logging

from softscale.backbone.hub import offline
from softscale.config import ModelConfig
from softscale.errors import InputError

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "mixed": torch.float32}  # of weights


def revision_of_hub(config: ModelConfig) -> str:
    """The revision of the hub that a configuration names."""
    return config.revision if config.source == "hub" and config.revision else "main"


def check_whole(config: ModelConfig, info: Mapping[str, Any], what: str) -> None:
    """Raises InputError where `info` of from_pretrained says that weights were missing or misshapen."""
    if info["missing_keys"] or info["mismatched_keys"]:
        lacking = sorted(map(str, [*info["missing_keys"], *info["mismatched_keys"]]))
        raise InputError(f"model.path={config.path} does not hold {what}: {lacking[0]} is missing or misshapen")


def unreachable(config: ModelConfig, what: str, error: Exception) -> InputError:
    """What a user is told where transformers could not load `what`."""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "trust_remote_code" in str(error):
        reason = "it needs code of its own, and code that comes with a model is never run"
    if config.source == "hub":
        reason = offline() or reason
        return InputError(
            f"model={config.name}: {what} of {config.path} cannot be had from the hub or its cache; download it where "
            f"there is a network and use model=local model.path=DIR, or a miniature such as model=mini_3 ({reason})"
        )
    return InputError(f"model.path={config.path} does not hold {what} that can be read ({reason})")


def quiet_loading() -> None:
    """No bar for every load in a sweep, and no advice about tied weights (t5_1_1.py says why it is wrong here)."""
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()

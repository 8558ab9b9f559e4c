"""Loads a backbone: from the hub by name, from a local Hugging Face folder, or from the miniature ladder."""

import torch
from transformers import AutoTokenizer, PreTrainedTokenizerBase, T5Config, T5ForConditionalGeneration
from transformers.utils import logging as transformers_logging

from softscale.backbone.backbone import Backbone
from softscale.backbone.dropout import share_dropout
from softscale.backbone.folder import checked_path
from softscale.backbone.hub import offline
from softscale.backbone.t5_1_1 import untie_output_head
from softscale.config import ModelConfig
from softscale.errors import InputError

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "mixed": torch.float32}  # of weights


def load_tokenizer(config: ModelConfig) -> PreTrainedTokenizerBase:
    """The tokenizer of a rung; checks first that the rung's files are there.

    Raises:
        InputError: files are missing or not those that the configuration pins, or the hub cannot be reached.
    """
    where = checked_path(config)
    try:
        return AutoTokenizer.from_pretrained(where, revision=_revision(config))
    except Exception as error:  # transformers raises many kinds for one cause: no tokenizer at that place
        raise _unreachable(config, "a tokenizer", error) from error


def load_backbone(
    config: ModelConfig, tokenizer: PreTrainedTokenizerBase, dropout: float, dropout_shared: bool = False
) -> Backbone:
    """A frozen backbone in the configured dtype, with SDPA attention; `dropout_shared` as in OptimConfig.

    Raises:
        InputError: as `load_tokenizer`; or the checkpoint is no T5.
    """
    where, revision = checked_path(config), _revision(config)
    _quiet_loading()
    try:
        architecture = T5Config.from_pretrained(where, revision=revision)
        architecture.dropout_rate = dropout
        untied = _says_untied(where, revision)
        model, info = T5ForConditionalGeneration.from_pretrained(  # type: ignore[misc]
            where,
            config=architecture,
            revision=revision,
            dtype=DTYPES[config.dtype],
            attn_implementation="sdpa",
            output_loading_info=True,
        )
    except Exception as error:
        raise _unreachable(config, "T5 weights", error) from error
    if info["missing_keys"] or info["mismatched_keys"]:
        lacking = sorted(map(str, [*info["missing_keys"], *info["mismatched_keys"]]))
        raise InputError(f"model.path={config.path} does not hold a whole T5: {lacking[0]} is missing or misshapen")
    if untied:
        untie_output_head(model)
    if dropout_shared:
        share_dropout(model)
    model.generation_config.max_length = None
    return Backbone(model.eval(), tokenizer)


def _revision(config: ModelConfig) -> str:
    return config.revision if config.source == "hub" and config.revision else "main"


def _says_untied(where: str, revision: str) -> bool:
    """Whether the published config.json gives the output head its own matrix, which transformers 5 overwrites."""
    return T5Config.get_config_dict(where, revision=revision)[0].get("tie_word_embeddings") is False


def _unreachable(config: ModelConfig, what: str, error: Exception) -> InputError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if config.source == "hub":
        reason = offline() or reason
        return InputError(
            f"model={config.name}: {what} of {config.path} cannot be had from the hub or its cache; download it where "
            f"there is a network and use model=local model.path=DIR, or a miniature such as model=mini_3 ({reason})"
        )
    return InputError(f"model.path={config.path} does not hold {what} that can be read ({reason})")


def _quiet_loading() -> None:
    """No bar for every load in a sweep, and no advice about tied weights (t5_1_1.py says why it is wrong here)."""
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()

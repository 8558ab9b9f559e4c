"""Loads a backbone: from the hub by name, from a local folder or file, or from the miniature ladder."""

from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from softscale.backbone.backbone import Backbone
from softscale.backbone.causal_lm import build_causal, load_causal
from softscale.backbone.encoder_decoder import EncoderDecoder, load_t5
from softscale.backbone.families import known_family
from softscale.backbone.families.causal import Causal
from softscale.backbone.families.t5 import T5
from softscale.backbone.folder import checked_path
from softscale.backbone.gguf_file import is_gguf
from softscale.backbone.loading import quiet_loading, revision_of_hub, unreachable
from softscale.backbone.shape import family_of
from softscale.backbone.t5_1_1 import build_t5_1_1
from softscale.backbone.text import join_as
from softscale.backbone.unpacked import tokenizer_in
from softscale.config import ModelConfig, Shape
from softscale.errors import InputError


def load_tokenizer(config: ModelConfig) -> PreTrainedTokenizerBase:
    """The tokenizer of a model; checks first that the model's files are there.

    Raises:
        InputError: files are missing or not those that the configuration pins, or the hub cannot be reached; or there
            is no end of sequence.
    """
    where = checked_path(config)
    try:
        if is_gguf(Path(where)):
            tokenizer = tokenizer_in(Path(where))
        else:
            tokenizer = AutoTokenizer.from_pretrained(where, revision=revision_of_hub(config), trust_remote_code=False)
    except Exception as error:  # transformers raises many kinds for one cause: no tokenizer at that place
        raise unreachable(config, "a tokenizer", error) from error
    if tokenizer.eos_token_id is None:
        raise InputError(f"model.path={config.path} has a tokenizer without an end of sequence (eos_token)")
    if family_of(config).kind == "causal":
        join_as(tokenizer, config.joiner)
    return tokenizer


def load_backbone(
    config: ModelConfig, tokenizer: PreTrainedTokenizerBase, dropout: float, dropout_shared: bool = False
) -> Backbone:
    """A frozen backbone in the configured dtype, with SDPA attention; `dropout_shared` as in OptimConfig.

    Raises:
        InputError: as `load_tokenizer`; or the checkpoint is none of its family, or not whole.
    """
    quiet_loading()
    family = family_of(config)
    if isinstance(family, Causal):
        return load_causal(config, tokenizer, family, dropout)
    return load_t5(config, tokenizer, dropout, dropout_shared)


def built(shape: Shape, tokenizer: PreTrainedTokenizerBase) -> Backbone:
    """A backbone of that shape with fresh weights, on torch's current device."""
    family = known_family(shape.family)
    if isinstance(family, Causal):
        return build_causal(shape, tokenizer, family)
    return EncoderDecoder(build_t5_1_1(T5().config_of(shape)).eval(), tokenizer)

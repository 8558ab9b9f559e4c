"""Loads a backbone: from the hub by name, from a local Hugging Face folder, or from the miniature ladder."""

import hashlib
import json
import shlex
from pathlib import Path

import torch
from transformers import AutoTokenizer, PreTrainedTokenizerBase, T5Config, T5ForConditionalGeneration
from transformers.utils import logging as transformers_logging

from softscale.backbone.backbone import Backbone
from softscale.backbone.dropout import share_dropout
from softscale.backbone.hub import check_at_hand, offline
from softscale.backbone.t5_1_1 import untie_output_head
from softscale.config import ROOT, ModelConfig
from softscale.errors import InputError
from softscale.files import refuse_pointer

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "mixed": torch.float32}  # of weights


def load_tokenizer(config: ModelConfig) -> PreTrainedTokenizerBase:
    """The tokenizer of a rung; checks first that the rung's files are there.

    Raises:
        InputError: files are missing or not those that the configuration pins, or the hub cannot be reached.
    """
    where = _place(config)
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
    where, revision = _place(config), _revision(config)
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


def location(config: ModelConfig) -> str:
    """The hub id, or the absolute path of the folder."""
    if config.source == "hub":
        return config.path
    return str((ROOT / config.path if config.source == "miniature" else Path(config.path).expanduser()).absolute())


def _place(config: ModelConfig) -> str:
    """The hub id or the folder; a folder's files are looked for before anything is loaded."""
    if config.source == "hub":
        check_at_hand(config.name, config.path, config.revision)
        return config.path
    folder = Path(location(config))
    if not folder.is_dir():
        raise InputError(f"model.path={config.path} is not a folder: name a folder in Hugging Face layout")
    if not (folder / "config.json").exists():
        raise InputError(f"model.path={config.path} holds no config.json: name a folder in Hugging Face layout")
    for file in sorted(folder.iterdir()):
        if file.is_file():
            refuse_pointer(file)
    if not any(folder.glob("*.safetensors")):
        raise InputError(f"model.path={config.path} holds no *.safetensors weights: {_as_safetensors(folder)}")
    try:
        kind = json.loads((folder / "config.json").read_text()).get("model_type")
    except (ValueError, AttributeError) as error:
        raise InputError(f"model.path={config.path} holds a config.json that is no JSON object ({error})") from error
    if kind != "t5":
        raise InputError(f"model.path={config.path} holds a model of type {kind}: softscale adapts model_type t5")
    if config.source == "miniature":
        found = revision_of(folder)
        if found != config.revision:
            raise InputError(
                f"model.revision={config.revision} is not what {config.path} holds ({found}): restore the committed "
                "checkpoint, or use your own with model=local model.path=DIR"
            )
    return str(folder)


def _as_safetensors(folder: Path) -> str:
    """What to do about a folder without safetensors: where it has PyTorch's pickles, the command that converts them.

    Not by save_pretrained of transformers 5, which writes into config.json that the output head is tied.
    """
    if not any(folder.glob("pytorch_model*.bin")):
        return "save the model as safetensors"
    code = (
        "import glob, sys, torch; from safetensors.torch import save_file; folder = sys.argv[1] + '/'; "
        "save_file({name: weight.clone() for file in glob.glob('pytorch_model*.bin', root_dir=folder) for name, weight "
        "in torch.load(folder + file, map_location='cpu', weights_only=True).items()}, folder + 'model.safetensors', "
        "{'format': 'pt'})"
    )
    return f"convert its pytorch_model.bin with: python -c {shlex.quote(code)} {shlex.quote(str(folder))}"


def revision_of(folder: Path) -> str:
    """The first twelve hex digits of the sha256 of a miniature's weights."""
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()[:12]


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

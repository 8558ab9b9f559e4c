"""A model's folder, looked at before anything is loaded, and without torch."""

import hashlib
import json
import shlex
from pathlib import Path

from softscale.backbone.families import family_named
from softscale.backbone.gguf_file import check_readable, is_gguf
from softscale.backbone.hub import check_at_hand
from softscale.config import ROOT, ModelConfig
from softscale.errors import InputError
from softscale.files import refuse_pointer


def location(config: ModelConfig) -> str:
    """The hub id, or the absolute path of the folder or file."""
    if config.source == "hub":
        return config.path
    return str((ROOT / config.path if config.source == "miniature" else Path(config.path).expanduser()).absolute())


def checked_path(config: ModelConfig) -> str:
    """The hub id, or the folder or GGUF file that is there.

    Raises:
        InputError: files are missing, of something else, or not those that the configuration pins.
    """
    if config.source == "hub":
        check_at_hand(config.name, config.path, config.revision)
        return config.path
    folder = Path(location(config))
    if is_gguf(folder):
        check_readable(config.path, folder)
        return str(folder)
    if not folder.is_dir():
        raise InputError(
            f"model.path={config.path} is not a folder: name a folder in Hugging Face layout, or a file FILE.gguf"
        )
    if not (folder / "config.json").is_file():
        raise InputError(f"model.path={config.path} holds no config.json: name a folder in Hugging Face layout")
    for file in sorted(folder.iterdir()):
        if file.is_file():
            refuse_pointer(file)
    if not any(folder.glob("*.safetensors")):
        raise InputError(f"model.path={config.path} holds no *.safetensors weights: {_as_safetensors(folder)}")
    try:
        said = json.loads((folder / "config.json").read_text())
        kind, architectures = said.get("model_type"), said.get("architectures")
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"model.path={config.path} holds a config.json that is no JSON object ({error})") from error
    if family_named(str(kind), architectures) is None:
        raise InputError(
            f"model.path={config.path} holds a model of type {kind} ({', '.join(architectures or []) or 'no class'}): "
            "softscale adapts T5 (model_type t5) and causal language models (a class that ends in ForCausalLM)"
        )
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

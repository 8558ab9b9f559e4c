"""One file that holds a whole model, GGUF as llama.cpp has it: what it says of itself, and whether it can be read.

transformers turns its weights back into fp32; the package `gguf` reads them for it (pip install -e '.[gguf]').
"""

from functools import cache
from math import prod
from pathlib import Path
from typing import Any

from softscale.backbone.gguf_header import MAGIC, Header, read_header
from softscale.errors import InputError

# By GGUF's name, what a config.json of transformers calls it; {} is the name of the architecture.
NAMES = {
    "{}.embedding_length": "hidden_size",
    "{}.feed_forward_length": "intermediate_size",
    "{}.attention.head_count": "num_attention_heads",
    "{}.attention.head_count_kv": "num_key_value_heads",
    "{}.rope.dimension_count": "head_dim",  # as transformers reads it for Llama
    "{}.block_count": "num_hidden_layers",
    "{}.context_length": "max_position_embeddings",
}
# Causal models that transformers reads from such a file (5.24), by GGUF's names of architectures.
READ = (
    *("llama", "mistral", "qwen2", "qwen2moe", "qwen3", "qwen3moe", "phi3", "bloom", "falcon", "stablelm", "gpt2"),
    *("starcoder2", "nemotron", "gemma2", "gemma3", "gemma4", "gpt-oss", "lfm2", "deci", "minimax-m2"),
)


def is_gguf(path: Path) -> bool:
    return path.suffix == ".gguf"


def check_readable(given: str, path: Path) -> None:
    """Raises InputError where the file is not there, not whole or no GGUF, or the package that reads it is not there.

    given: what the user typed.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        raise InputError(f"model.path={given} cannot be read ({error.strerror or error})") from error
    if magic != MAGIC:
        raise InputError(f"model.path={given} is no GGUF file: it does not begin with {MAGIC.decode()}")
    try:
        header = _header(path)
        kind = header.values.get("general.architecture")
        if kind not in READ:
            raise InputError(
                f"model.path={given} holds a model of type {kind}: of GGUF files softscale reads causal language "
                f"models, {', '.join(READ)}"
            )
        if path.stat().st_size < _end(header):
            raise InputError(f"model.path={given} is a GGUF file that ends before its last tensor: fetch it again")
    except ImportError as error:
        raise InputError(f"model.path={given} needs the package gguf: pip install -e '.[gguf]'") from error
    except InputError:  # also a ValueError
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"model.path={given} is a GGUF file that cannot be read: {error}") from error


def described(path: Path) -> dict[str, Any]:
    """As config.json would say it. Raises ValueError or OSError where the file cannot be read."""
    header = _header(path)
    kind, tensors = header.values.get("general.architecture"), {each.name: each.sizes for each in header.tensors}
    said = {ours: header.values.get(theirs.format(kind)) for theirs, ours in NAMES.items()}
    table = tensors.get("token_embd.weight", ())
    return {
        "model_type": kind,
        "architectures": ["GGUFForCausalLM"] if kind in READ else [],
        "tie_word_embeddings": "output.weight" not in tensors,
        **({"vocab_size": table[1]} if len(table) > 1 else {}),
        **{name: value for name, value in said.items() if isinstance(value, int)},
    }


def _end(header: Header) -> int:
    """The size of the whole file. Raises ImportError where the package that knows how much a tensor takes is not."""
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    ends = [header.start]
    for each in header.tensors:
        block, taken = GGML_QUANT_SIZES[GGMLQuantizationType(each.kind)]
        ends.append(header.start + each.offset + prod(each.sizes) // block * taken)
    return max(ends)


def _header(path: Path) -> Header:
    stat = path.stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@cache
def _read(path: Path, _: int, __: int) -> Header:
    return read_header(path)

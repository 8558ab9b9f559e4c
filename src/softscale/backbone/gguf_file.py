"""One file that holds a whole model, GGUF as llama.cpp has it: what it says of itself, read without its weights.

transformers turns its weights back into fp32; the package `gguf` reads the file (pip install -e '.[gguf]').
"""

from functools import cache
from pathlib import Path
from typing import Any

from softscale.errors import InputError

# By GGUF's name, what a config.json of transformers calls it; {} is the name of the architecture.
NAMES = {
    "{}.embedding_length": "hidden_size",
    "{}.feed_forward_length": "intermediate_size",
    "{}.attention.head_count": "num_attention_heads",
    "{}.attention.head_count_kv": "num_key_value_heads",
    "{}.block_count": "num_hidden_layers",
    "{}.context_length": "max_position_embeddings",
}
MAGIC = b"GGUF"


def is_gguf(path: Path) -> bool:
    return path.suffix == ".gguf"


def check_readable(given: str, path: Path) -> None:
    """Raises InputError where the file is not there or no GGUF, or the package that reads it is not."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        raise InputError(f"model.path={given} cannot be read ({error.strerror or error})") from error
    if magic != MAGIC:
        raise InputError(f"model.path={given} is no GGUF file: it does not begin with {MAGIC.decode()}")
    try:
        import gguf  # noqa: F401
    except ImportError as error:
        raise InputError(f"model.path={given} needs the package gguf: pip install -e '.[gguf]'") from error
    try:
        described(path)
    except (OSError, ValueError) as error:
        raise InputError(f"model.path={given} is a GGUF file that cannot be read to its end ({error})") from error


def described(path: Path) -> dict[str, Any]:
    """As config.json would say it. Raises ValueError or OSError where the file cannot be read."""
    stat = path.stat()
    return _described(path, stat.st_mtime_ns, stat.st_size)


@cache
def _described(path: Path, _: int, __: int) -> dict[str, Any]:
    try:
        from gguf import GGUFReader
    except ImportError:
        return {}
    try:
        reader = GGUFReader(path)
        kind = reader.fields["general.architecture"].contents()
        known = {ours: reader.fields.get(theirs.format(kind)) for theirs, ours in NAMES.items()}
        tensors = {tensor.name: [int(size) for size in tensor.shape] for tensor in reader.tensors}
    except Exception as error:  # numpy's, struct's and its own, for whatever a damaged file holds
        raise ValueError(str(error).strip() or type(error).__name__) from error
    table = tensors.get("token_embd.weight", [0, 0])
    said = {name: int(value.contents()) for name, value in known.items() if value is not None}
    return {"model_type": kind, "vocab_size": table[1], "tie_word_embeddings": "output.weight" not in tensors, **said}

"""PEFT's adapter folders (huggingface/peft): adapter_config.json and adapter_model.safetensors.

Reading needs no peft; writing uses its own configuration classes, so that the installed version can load what it finds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from softscale.errors import InputError
from softscale.files import refuse_pointer
from softscale.ranges import MOST

if TYPE_CHECKING:  # a folder that cannot be read is refused without it
    from torch import Tensor

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
INSIDE = "base_model.model."  # how PEFT's wrappers prefix the backbone's names
# What changes a LoRA's output and is not in softscale's; PEFT's defaults leave all of it off.
UNSUPPORTED = ("use_dora", "use_rslora", "rank_pattern", "alpha_pattern", "modules_to_save", "lora_bias")


@dataclass(frozen=True, kw_only=True)
class StoredLoRA:
    """A LoRA as PEFT stores it; factors `<map>.lora_A` `[r, in]` and `<map>.lora_B` `[out, r]`."""

    rank: int
    alpha: float
    factors: dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Base:
    """What PEFT is told of the model that an adapter is for."""

    path: str  # a hub id or a folder
    revision: str | None = None
    task: str  # PEFT's task_type

    @property
    def told(self) -> dict[str, Any]:
        return {
            "task_type": self.task,
            "base_model_name_or_path": self.path,
            "revision": self.revision,
            "inference_mode": True,
        }


def is_adapter(folder: Path) -> bool:
    return (folder / CONFIG).is_file()


def read_prompt(folder: Path, notes: list[str]) -> Tensor:
    """The prompt `[P, H]` of a folder of PEFT's prompt tuning.

    For encoder-decoder models PEFT makes and stores 2 P rows by default and uses the first P; only those are read, and
    `notes` is told.

    Raises:
        InputError: the folder holds something else, or cannot be read.
    """
    config, tensors = _read(folder, "PROMPT_TUNING")
    if "prompt_embeddings" not in tensors:
        raise InputError(f"{folder}/{WEIGHTS} holds no prompt_embeddings")
    rows, length = tensors["prompt_embeddings"].float(), int(_number(config, "num_virtual_tokens", folder))
    if len(rows) > length:
        notes.append(f"{folder} stores {len(rows)} rows for {length} virtual tokens: the first {length} are the prompt")
    return rows[:length]


def read_lora(folder: Path) -> StoredLoRA:
    """The LoRA of a folder of PEFT's.

    Raises:
        InputError: the folder holds something else, cannot be read, or uses what softscale's LoRA does not have.
    """
    config, tensors = _read(folder, "LORA")
    used = [name for name in UNSUPPORTED if config.get(name)]
    if config.get("bias", "none") != "none":
        used.append("bias")
    if used:
        raise InputError(f"{folder}/{CONFIG} sets {', '.join(used)}, which softscale's LoRA does not have")
    factors = {name.removeprefix(INSIDE).removesuffix(".weight"): tensor.float() for name, tensor in tensors.items()}
    return StoredLoRA(
        rank=int(_number(config, "r", folder)), alpha=_number(config, "lora_alpha", folder), factors=factors
    )


def read_prefix(folder: Path) -> Tensor:
    """The keys and values `[L, 2, P, heads x d_kv]` of a folder of PEFT's prefix tuning, whose MLP is gone there too.

    Raises:
        InputError: the folder holds something else, cannot be read, or is for an encoder-decoder model.
    """
    config, tensors = _read(folder, "PREFIX_TUNING")
    layers, rows = int(_number(config, "num_layers", folder)), tensors.get("prompt_embeddings")
    if config.get("task_type") == "SEQ_2_SEQ_LM":
        raise InputError(f"{folder} holds a prefix of PEFT's for an encoder-decoder model, whose layers share it")
    if rows is None or rows.ndim != 2 or rows.shape[1] % (2 * layers):
        raise InputError(f"{folder}/{WEIGHTS} holds no prompt_embeddings of {layers} layers")
    return rows.float().reshape(len(rows), layers, 2, -1).permute(1, 2, 0, 3).contiguous()


def read_ia3(folder: Path) -> dict[str, Tensor]:
    """The scales of a folder of PEFT's IA3 by full names of linear maps: `[1, in]` of inputs, `[out, 1]` else.

    Raises:
        InputError: the folder holds something else, or cannot be read.
    """
    _, tensors = _read(folder, "IA3")
    return {name.removeprefix(INSIDE).removesuffix(".ia3_l"): scale.float() for name, scale in tensors.items()}


def write_prompt(folder: Path, prompt: Tensor, base: Base) -> None:
    """A prompt `[P, H]` as PEFT's prompt tuning with one set of rows."""
    config = _peft().PromptTuningConfig(
        **base.told,
        num_virtual_tokens=prompt.shape[0],
        token_dim=prompt.shape[1],
        num_transformer_submodules=1,  # 2, the default of encoder-decoder models, stores every row twice
    )
    _write(folder, config, {"prompt_embeddings": prompt})


def write_prefix(folder: Path, keys_values: Tensor, heads: int, base: Base) -> None:
    """Keys and values `[L, 2, P, heads x d_kv]` of a causal model's layers as PEFT's prefix tuning, `[P, L * 2 * …]`.

    Where heads share keys and values, `heads` are those that these have.
    """
    layers, _, length, width = keys_values.shape
    config = _peft().PrefixTuningConfig(
        **base.told,
        num_virtual_tokens=length,
        num_layers=layers,
        num_attention_heads=heads,
        token_dim=width,
        num_transformer_submodules=1,
        prefix_projection=False,
    )
    _write(folder, config, {"prompt_embeddings": keys_values.permute(2, 0, 1, 3).reshape(length, -1)})


def write_lora(folder: Path, factors: Mapping[str, Tensor], rank: int, alpha: float, base: Base) -> None:
    """Factors by softscale's names as PEFT's LoRA."""
    maps = sorted({name.split(".")[-2] for name in factors})  # q of decoder.….EncDecAttention.q.lora_A
    config = _peft().LoraConfig(**base.told, r=rank, lora_alpha=alpha, target_modules=maps)
    _write(folder, config, {f"{INSIDE}{name}.weight": factor for name, factor in factors.items()})


def write_ia3(folder: Path, scales: Mapping[str, Tensor], inner: Sequence[str], base: Base) -> None:
    """Scales by the full names of their linear maps as PEFT's IA3; of maps named in `inner` they rescale the input."""
    short = {name: name.rpartition(".")[2] for name in scales}
    maps = sorted(set(short.values()))
    config = _peft().IA3Config(
        **base.told, target_modules=maps, feedforward_modules=[name for name in maps if name in inner]
    )
    shapes = {name: (1, -1) if short[name] in inner else (-1, 1) for name in scales}
    _write(folder, config, {f"{INSIDE}{name}.ia3_l": scale.reshape(shapes[name]) for name, scale in scales.items()})


def _read(folder: Path, kind: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        config = json.loads((folder / CONFIG).read_text())
        found = config["peft_type"]
        refuse_pointer(folder / WEIGHTS)
        with safe_open(folder / WEIGHTS, framework="np"):  # its header only
            pass
    except InputError:  # also a ValueError
        raise
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise InputError(
            f"{folder} cannot be read as an adapter of PEFT's with {CONFIG} and {WEIGHTS} ({error})"
        ) from error
    if found != kind:
        raise InputError(f"{folder} holds an adapter of type {found}, but it must be {kind}")
    from safetensors.torch import load_file

    return config, load_file(folder / WEIGHTS)


def _number(config: Mapping[str, Any], name: str, folder: Path) -> float:
    value = config.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < MOST:
        raise InputError(f"{folder}/{CONFIG} has {name}={value!r}, but it must be a number above 0")
    return value


def _write(folder: Path, config: Any, tensors: Mapping[str, Tensor]) -> None:
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.detach().float().cpu().contiguous() for name, tensor in tensors.items()}, folder / WEIGHTS)
    config.save_pretrained(str(folder))


def _peft() -> Any:
    try:
        import peft
    except ImportError as error:
        raise InputError("format=peft needs the package peft: pip install -e '.[peft]'") from error
    return peft

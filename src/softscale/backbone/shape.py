"""The family and the shape of a model, and its number of parameters: without weights and without torch."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from softscale.backbone.families import family_named, known_family
from softscale.backbone.families.family import Family
from softscale.backbone.families.t5 import T5
from softscale.backbone.gguf_file import described, is_gguf
from softscale.config import ROOT, ModelConfig, Shape
from softscale.errors import InputError


def family_of(model: ModelConfig) -> Family:
    """The family that the configuration states, or the model's folder or file; T5 where neither says."""
    if model.shape is not None:
        return known_family(model.shape.family)
    said = _said(model)
    return family_named(str(said.get("model_type", "t5")), said.get("architectures")) or T5()


def shape_of(model: ModelConfig) -> Shape | None:
    """The shape that the configuration states, or the model's folder or file; None where neither does."""
    if model.shape is not None:
        return model.shape
    try:
        return family_of(model).shape_in(_said(model))
    except (ValueError, KeyError, TypeError):  # load.py refuses the folder, and says why
        return None


def context_of(model: ModelConfig) -> int | None:
    """Tokens for which a model has positions; None where it is not known, or knows distances only (T5, BLOOM)."""
    shape = shape_of(model)
    if shape is not None:
        return shape.context
    said = _said(model)
    context = said.get("max_position_embeddings") or said.get("n_positions")
    return context if isinstance(context, int) and family_of(model).kind == "causal" else None


def _said(model: ModelConfig) -> Mapping[str, Any]:
    """What config.json says, or the head of a GGUF file; nothing where it cannot be read."""
    path = (ROOT if model.source == "miniature" else Path()) / Path(model.path).expanduser()
    try:
        said = described(path) if is_gguf(path) else json.loads((path / "config.json").read_text())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def heads_of_keys(model: ModelConfig) -> int:
    """Heads that keys and values have in each layer. Raises InputError where the model does not say so."""
    shape, said = shape_of(model), _said(model)
    heads = shape.num_kv_heads or shape.num_heads if shape else said.get("num_key_value_heads")
    heads = heads or said.get("num_attention_heads")
    if not isinstance(heads, int):
        raise InputError(f"model.path={model.path} does not say how many heads its keys and values have")
    return heads


def parameters_of(model: ModelConfig) -> int:
    """Parameters of the backbone; 0 where its shape is not known."""
    shape = shape_of(model)
    return total_parameters(shape) if shape else 0


def total_parameters(shape: Shape) -> int:
    """Parameters of a whole model; Table 4's totals for T5 1.1."""
    return known_family(shape.family).total_parameters(shape)


def map_shapes(shape: Shape) -> dict[str, tuple[int, int, int]]:
    """How many linear maps have each short name, and the inputs and outputs of one; the output head is none of them."""
    return known_family(shape.family).map_shapes(shape)

"""Causal models of two layers, in the form in which they are published."""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from softscale.backbone.backbone import Backbone
from softscale.backbone.families import known_family
from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.config import ModelConfig, Shape

# Heads that share keys and values, and heads x d_kv that is not the width, where a family can have that.
SHAPES = {
    "llama": {"d_model": 16, "num_heads": 4, "num_kv_heads": 2, "d_kv": 6, "d_ff": 24, "tied": True},
    "gpt_neox": {"d_model": 16, "num_heads": 2, "d_kv": 8, "d_ff": 24},
    "bloom": {"d_model": 16, "num_heads": 2, "d_kv": 8, "d_ff": 64, "tied": True},
}


def shape_for(family: str, vocab_size: int, **others: int) -> Shape:
    values = {"num_layers": 2, "context": 128, **SHAPES[family], **others}
    if family == "bloom":
        del values["context"]
    return Shape(family=family, vocab_size=vocab_size, **values)  # type: ignore[arg-type]


def save_causal(family: str, folder: Path, tokenizer: PreTrainedTokenizerFast, **others: int) -> Path:
    """A fresh model of that family in `folder`, with the tokenizer."""
    torch.manual_seed(0)
    config = known_family(family).config_of(shape_for(family, len(tokenizer), **others))
    config.eos_token_id, config.pad_token_id = tokenizer.eos_token_id, None
    model = AutoModelForCausalLM.from_config(config)
    for name, param in model.named_parameters():
        torch.nn.init.normal_(param, std=0.3 if param.dim() > 1 else 0.1)
        if "norm" in name and name.endswith("weight"):
            param.data += 1
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def causal_of(folder: Path, dtype: str = "fp32", dropout: float = 0.0) -> Backbone:
    config = ModelConfig(name="local", source="folder", path=str(folder), dtype=dtype)
    return load_backbone(config, load_tokenizer(config), dropout)

"""A GGUF file's tokenizer and weights, unpacked once in a process: transformers takes 20 s for SmolLM2-135M.

A process of a sweep loads its model for one run after the other.
"""

from __future__ import annotations

import copy
from contextlib import redirect_stderr
from functools import cache
from io import StringIO
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase


def tokenizer_in(path: Path) -> PreTrainedTokenizerBase:
    """A copy for the caller. Raises whatever transformers does where there is none."""
    return copy.deepcopy(_tokenizer(path, path.stat().st_mtime_ns))


def model_in(path: Path) -> PreTrainedModel:
    """A causal model in fp32, a copy for the caller. Raises whatever transformers does where it is not whole."""
    return copy.deepcopy(_model(path, path.stat().st_mtime_ns))


@cache
def _tokenizer(path: Path, _: int) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)


@cache
def _model(path: Path, _: int) -> PreTrainedModel:
    with redirect_stderr(StringIO()):  # a bar that nothing turns off
        model, info = AutoModelForCausalLM.from_pretrained(  # type: ignore[misc]
            path.parent, gguf_file=path.name, dtype=torch.float32, output_loading_info=True
        )
    if info["missing_keys"] or info["mismatched_keys"]:
        raise ValueError(f"{min(map(str, [*info['missing_keys'], *info['mismatched_keys']]))} is missing or misshapen")
    return model

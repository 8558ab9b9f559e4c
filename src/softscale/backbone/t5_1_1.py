"""The T5 1.1 architecture as a transformers model: GEGLU, no biases, an output head of its own.

transformers ≥ 5 forces `config.tie_word_embeddings` to True for every T5 and unties the output head only where a
checkpoint holds two different matrices. A fresh T5 1.1 would therefore share its head with the input table, and
count V x H parameters too few.
"""

import copy
import json
from pathlib import Path

import torch
from transformers import T5Config, T5ForConditionalGeneration
from transformers.utils import logging as transformers_logging

from softscale.files import write_atomically


def t5_1_1_config(*, vocab_size: int, d_model: int, d_ff: int, d_kv: int, num_heads: int, num_layers: int) -> T5Config:
    """The configuration of a T5 1.1; `num_layers` of the encoder and of the decoder."""
    return T5Config(
        vocab_size=vocab_size,
        d_model=d_model,
        d_ff=d_ff,
        d_kv=d_kv,
        num_heads=num_heads,
        num_layers=num_layers,
        num_decoder_layers=num_layers,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,  # type: ignore[call-arg]
        decoder_start_token_id=0,  # type: ignore[call-arg]
        pad_token_id=0,
        eos_token_id=1,
    )


def build_t5_1_1(config: T5Config) -> T5ForConditionalGeneration:
    """A T5 1.1 with fresh weights.

    transformers draws the untied head with std 1, where the first loss is 36 at width 64; std H^-0.5 starts at log V.
    """
    model = T5ForConditionalGeneration(config)
    untie_output_head(model)
    torch.nn.init.normal_(model.lm_head.weight, std=config.d_model**-0.5)
    return model


def untie_output_head(model: T5ForConditionalGeneration) -> None:
    """Give the output head a matrix of its own, equal to the one it has."""
    if model.lm_head.weight.data_ptr() == model.shared.weight.data_ptr():
        model.lm_head.weight = torch.nn.Parameter(model.shared.weight.detach().clone())


def save_t5(model: T5ForConditionalGeneration, folder: Path, dtype: torch.dtype = torch.float32) -> None:
    """Write weights, rounded to `dtype`, and config.json in the form in which T5 is published.

    transformers 5 would write `tie_word_embeddings: true` whatever the weights are.
    """
    transformers_logging.disable_progress_bar()
    model = copy.deepcopy(model)
    model.to(dtype=dtype)  # type: ignore[call-arg]
    model.save_pretrained(folder)
    path = folder / "config.json"
    tied = model.lm_head.weight.data_ptr() == model.shared.weight.data_ptr()
    config = json.loads(path.read_text()) | {"tie_word_embeddings": tied}
    write_atomically(path, (json.dumps(config, indent=2, sort_keys=True) + "\n").encode())

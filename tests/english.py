"""English text, a tokenizer of its words, and adaptations of a tiny T5 to it that take a second."""

from pathlib import Path

import torch
from tiny import SHAPE
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from softscale.backbone.t5_1_1 import save_t5
from softscale.commands.pretrain import config_of
from softscale.compose.cells import hydra_session
from softscale.config import ROOT
from softscale.pretrain.adaptation import Adaptation

LICENCE = [line.strip() for line in (ROOT / "LICENSE").read_text().splitlines() if len(line.split()) > 3]


def english_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer of the words of the licence, with T5's special tokens."""
    words = sorted({word for line in LICENCE for word in line.split()})
    sentinels = [f"<extra_id_{i}>" for i in reversed(range(10))]
    ids = {word: i for i, word in enumerate(["<pad>", "</s>", "<unk>", *words, *sentinels])}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\S+"), behavior="removed", invert=True)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=sentinels,
        clean_up_tokenization_spaces=False,
    )


def overrides_of(t5: Path, text: Path, to: Path, *more: str) -> list[str]:
    small = ["steps=8", "batch_size=4", "lr=0.02", "checkpoint_every=3"]
    return ["model=local", f"model.path={t5}", f"text={text}", f"to={to}", *small, *more]


def adaptation(t5: Path, text: Path, to: Path, *more: str) -> Adaptation:
    with hydra_session():
        config = config_of(overrides_of(t5, text, to, *more))
    assert isinstance(config, Adaptation)
    return config


def save_t5_1_0(folder: Path, tokenizer: PreTrainedTokenizerFast) -> Path:
    """A fresh T5 of the first kind: ReLU, and an output head that is the input table."""
    config = T5Config(
        vocab_size=len(tokenizer), **SHAPE, feed_forward_proj="relu", decoder_start_token_id=0, pad_token_id=0
    )  # type: ignore[call-arg]
    torch.manual_seed(0)
    save_t5(T5ForConditionalGeneration(config), folder)
    tokenizer.save_pretrained(folder)
    return folder

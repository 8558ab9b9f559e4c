"""Tokenizers of pieces: one like T5's that can write every text of the example files, and one like GPT-2's."""

from collections.abc import Sequence

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from softscale.config import ROOT


def piece_tokenizer() -> PreTrainedTokenizerFast:
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").glob("*/*.*"))]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    control = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=1500, special_tokens=control, show_progress=False)  # type: ignore[call-arg]
    tokenizer.train_from_iterator((line for text in texts for line in text.splitlines()), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    pad, end, unknown = control
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=pad,
        eos_token=end,
        unk_token=unknown,
        clean_up_tokenization_spaces=False,
    )


def byte_tokenizer(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    """Pieces of bytes, as GPT-2's: a word with a space in front is another piece; its end is its only control piece."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    end = "<|endoftext|>"
    trainer = trainers.BpeTrainer(  # type: ignore[call-arg]
        vocab_size=500,
        special_tokens=[end],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([f" {text}" for text in texts], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, clean_up_tokenization_spaces=False)

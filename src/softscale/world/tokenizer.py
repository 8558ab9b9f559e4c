"""The miniature's tokenizer: one id a word, ids ordered by frequency as SentencePiece orders them by likelihood.

Layout of the ids as in T5: `<pad>` 0, `</s>` 1, `<unk>` 2, the words, then the sentinels with `<extra_id_0>` last.
"""

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from softscale.world.text import vocabulary

NUM_SENTINELS = 24


def build_tokenizer() -> PreTrainedTokenizerFast:
    """The tokenizer of the world, in Hugging Face form (`save_pretrained` writes a folder AutoTokenizer reads)."""
    sentinels = [f"<extra_id_{i}>" for i in reversed(range(NUM_SENTINELS))]
    words = ["<pad>", "</s>", "<unk>", *vocabulary(), *sentinels]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\w+|[^\w\s]"), behavior="removed", invert=True)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=sentinels,
        clean_up_tokenization_spaces=False,
    )

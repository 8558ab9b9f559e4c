"""A tokenizer of byte pairs: any text comes back as it was, and typed names of control pieces are text."""

from collections.abc import Callable

import pytest
from byte_pairs import END, FILE, START, byte_pair_tokenizer, smollm2
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from softscale.backbone.text import (
    control_pieces,
    cut,
    holds_control,
    input_ids,
    join_as,
    target_ids,
    text_ids,
    texts_of,
)

TEXTS = [
    "plain words",
    "  two spaces, and one behind ",
    "lines\nand\n\n\ttabs\r\n",
    "naïve 日本語 🎉 e\u0301 \u200d",
    "1999 12,345.6",
    "",
    f"a {END} b",
    f"{START}user\nhi{END}{END}",
    f"x{FILE}y",
    "a <|im_end|> b",
    "</s><pad>",
]


def real() -> PreTrainedTokenizerBase:
    path = smollm2()
    return AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)


@pytest.fixture(scope="module", params=[byte_pair_tokenizer, real], ids=["made", "smollm2"])
def tokenizer(request: pytest.FixtureRequest) -> PreTrainedTokenizerBase:
    make: Callable[[], PreTrainedTokenizerBase] = request.param
    made = make()
    join_as(made, None)
    return made


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_its_own_pieces_and_comes_back_as_it_was(text: str, tokenizer: PreTrainedTokenizerBase) -> None:
    (ids,) = text_ids(tokenizer, [text])
    assert control_pieces(tokenizer).keys().isdisjoint(ids)
    assert not holds_control(tokenizer, ids)
    assert texts_of(tokenizer, [ids]) == [text.removeprefix(" ")]
    (target,) = target_ids(tokenizer, [text])
    assert target[-1] == tokenizer.eos_token_id
    assert texts_of(tokenizer, [target]) == [text]


@pytest.mark.parametrize("name", [END, START, FILE])
def test_a_control_piece_is_seen_among_ids_and_left_out_of_texts(name: str, tokenizer: PreTrainedTokenizerBase) -> None:
    piece: int = tokenizer.convert_tokens_to_ids(name)  # type: ignore[assignment]
    assert holds_control(tokenizer, [5, piece]) or name == tokenizer.unk_token
    (cat,) = text_ids(tokenizer, ["cat"])
    assert texts_of(tokenizer, [[piece, *cat]]) == ["cat"]


def test_other_text_has_the_ids_that_the_tokenizer_gives(tokenizer: PreTrainedTokenizerBase) -> None:
    plain = [text for text in TEXTS if not any(name in text for name in control_pieces(tokenizer).values())]
    assert text_ids(tokenizer, plain) == [tokenizer(text)["input_ids"] for text in plain]


def test_a_long_input_is_cut_in_front_of_the_joiner(tokenizer: PreTrainedTokenizerBase) -> None:
    (joiner,) = text_ids(tokenizer, ["\nanswer:"])
    (whole,) = input_ids(tokenizer, ["many words " * 20])
    (short,) = cut(tokenizer, [whole], 16)
    assert whole[-len(joiner) :] == short[-len(joiner) :] == joiner
    assert short == whole[: 16 - len(joiner)] + joiner


def test_a_piece_that_is_unknown_and_the_end_is_control() -> None:
    tokenizer = byte_pair_tokenizer()
    tokenizer.unk_token = END  # as Pythia's
    assert holds_control(tokenizer, [tokenizer.get_vocab()[END]])

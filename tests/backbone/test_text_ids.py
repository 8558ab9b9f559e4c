"""Typed text is text: the name of a control piece in it is read as T5's own SentencePiece reads it."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from real_data import real
from transformers import AutoTokenizer, ByT5Tokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast, T5Tokenizer

from softscale.backbone.text import holds_control, text_ids, texts_of

CONTROL = ["</s>", "a </s> b", "a<pad>b", "<unk>", "</s></s>", "\uff1c/s\uff1e a", "<\x01/s> b"]
ORDINARY = ["a cat", "it is  good ", "x\ny", "1 < 2", "", "a\u00a0b"]


def pieces_of_t5() -> T5Tokenizer:
    """T5's kind of tokenizer, with single letters as pieces; `<` and `>` are unknown to it."""
    letters = [(letter, -3.0 - index / 100) for index, letter in enumerate("▁abcdeghiknopstuxy/12")]
    return T5Tokenizer(vocab=[("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *letters])


@pytest.fixture(scope="module", params=["t5", "words", "bytes"])
def every(request: pytest.FixtureRequest, tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerBase:
    return {"t5": pieces_of_t5(), "words": tokenizer, "bytes": ByT5Tokenizer()}[request.param]


@pytest.mark.parametrize("text", CONTROL)
def test_a_typed_control_name_is_no_control_piece(text: str, every: PreTrainedTokenizerBase) -> None:
    (with_end,), (without,) = text_ids(every, [text], end=True), text_ids(every, [text])
    assert with_end == [*without, every.eos_token_id]
    assert {every.pad_token_id, every.eos_token_id}.isdisjoint(without)
    assert not holds_control(every, without)


@pytest.mark.parametrize("text", ORDINARY)
def test_other_text_has_the_ids_that_the_tokenizer_gives(text: str, every: PreTrainedTokenizerBase) -> None:
    batch = [text, "a </s> b"]
    assert text_ids(every, batch, end=True)[0] == every(text)["input_ids"]
    assert text_ids(every, batch)[0] == every(text, add_special_tokens=False)["input_ids"]


def test_the_letters_of_a_control_name_are_the_pieces_of_its_letters() -> None:
    tokenizer = pieces_of_t5()
    assert tokenizer("a </s>")["input_ids"][-2:] == [1, 1]  # what transformers makes of it
    ids = tokenizer.get_vocab()
    assert text_ids(tokenizer, ["a </s>"], end=True) == [[ids["▁"], ids["a"], ids["▁"], 2, ids["/"], ids["s"], 2, 1]]


def test_a_sentinel_is_a_symbol_that_a_text_may_hold(tokenizer: PreTrainedTokenizerFast) -> None:
    (ids,) = text_ids(tokenizer, ["the <extra_id_0> </s>"])
    assert ids[1] == tokenizer.get_vocab()["<extra_id_0>"]
    assert not holds_control(tokenizer, ids)


def test_ids_are_read_back_without_control_pieces_and_with_sentinels(tokenizer: PreTrainedTokenizerFast) -> None:
    ids = text_ids(tokenizer, ["the <extra_id_0> cat"])[0]
    assert texts_of(tokenizer, [[0, *ids, 0]]) == ["the <extra_id_0> cat"]


def test_t5_s_own_pieces_are_sentencepiece_s(tmp_path: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    path = real("t5/spiece.model")
    (tmp_path / "spiece.model").write_bytes(path.read_bytes())
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "t5"}))
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    own = sentencepiece.SentencePieceProcessor(model_file=str(path))
    texts = [*CONTROL, *ORDINARY]
    assert text_ids(tokenizer, texts, end=True) == [[*own.encode(text), 1] for text in texts]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[PreTrainedTokenizerBase, Any]:
    """The real T5 vocabulary for transformers, and as seqio makes SentencePiece read it: with 100 sentinels."""
    sentencepiece = pytest.importorskip("sentencepiece")
    pytest.importorskip("google.protobuf")
    from sentencepiece import sentencepiece_model_pb2

    protocol: Any = sentencepiece_model_pb2  # made at run time
    path = real("t5/spiece.model")
    folder = tmp_path_factory.mktemp("t5")
    (folder / "spiece.model").write_bytes(path.read_bytes())
    (folder / "config.json").write_text(json.dumps({"model_type": "t5"}))
    model = protocol.ModelProto.FromString(path.read_bytes())
    for number in reversed(range(100)):  # seqio vocabularies.py
        kind = protocol.ModelProto.SentencePiece.USER_DEFINED
        model.pieces.add(piece=f"▁<extra_id_{number}>", score=0.0, type=kind)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
    return AutoTokenizer.from_pretrained(folder), processor


def by_seqio(processor: Any, row: list[int]) -> str:
    """As seqio's `decode` does it: up to the end, ids without a piece as unknown ones."""
    row = row[: row.index(1) + 1] if 1 in row else row
    return processor.decode([id_ if id_ < processor.get_piece_size() else 2 for id_ in row])


def test_ids_of_t5_are_read_as_seqio_reads_them(own: tuple[PreTrainedTokenizerBase, Any]) -> None:
    tokenizer, processor = own
    space, true, ing = (processor.piece_to_id(piece) for piece in ("▁", "▁True", "ing"))
    rows = [
        [space, true, 1],  # a lone ▁ in front
        [space, space, true, 1],
        [2, true, 1],
        [true, 2, ing, 1],
        [2, 2, 1],
        [space, 2, true],
        [space],
        [],
        [true, space, space, true, 0, 0],
        [true, 32099, 32098, ing, 1, 0],
        [32099, true, 1],
        [true, 32105, 32127],  # the padding of the embedding table
    ]
    random = Random(0)
    rows += [[random.choice([2, space, 32099, random.randrange(3, 32128)]) for _ in range(6)] for _ in range(300)]
    assert texts_of(tokenizer, rows) == [by_seqio(processor, row) for row in rows]


def test_a_tokenizer_of_words_reads_as_it_did(tokenizer: PreTrainedTokenizerFast) -> None:
    """The miniature's, whose published answers were read so: an unknown word is left out."""
    the, cat = text_ids(tokenizer, ["the cat"])[0]
    unknown = tokenizer.get_vocab()[str(tokenizer.unk_token)]
    assert texts_of(tokenizer, [[the, unknown, cat]]) == ["the cat"]

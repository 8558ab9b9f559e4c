"""Text as token ids, and token ids as text: what is typed is text, also where it looks like `</s>` or `<pad>`.

T5's own code reads the names of control pieces as plain characters, as SentencePiece does; a tokenizer of transformers
makes the pieces themselves of them, as of those of causal models (`<|im_end|>`). Sentinels (`<extra_id_0>`) are symbols
that a text may hold, as in t5x. What a model writes is read as seqio reads it where the pieces are SentencePiece's, and
by the tokenizer elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # both take half a second, and methods are registered for every command
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase

SENTINELS = "<extra_id_"
JOINER = "\nanswer:"  # in the form of the tasks' own fields
SPACE, UNKNOWN = "▁", " ⁇ "  # of SentencePiece: a space in a piece, and what an unknown piece is read as


def join_as(tokenizer: PreTrainedTokenizerBase, joiner: str | None) -> None:
    """Let inputs end in `joiner`, and targets begin with a space, as a causal model reads them; None: in JOINER."""
    tokenizer.joiner = JOINER if joiner is None else joiner  # type: ignore[attr-defined]


def joiner_of(tokenizer: PreTrainedTokenizerBase) -> str | None:
    """What stands between an input and its target; None where they are not one text (T5)."""
    return getattr(tokenizer, "joiner", None)


def input_ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """The token ids of each input with its ending: T5's end of sequence, or the joiner."""
    joiner = joiner_of(tokenizer)
    if joiner is None:
        return text_ids(tokenizer, texts, end=True)
    ending = text_ids(tokenizer, [joiner])[0]
    return [row + ending for row in text_ids(tokenizer, texts)]


def cut(tokenizer: PreTrainedTokenizerBase, rows: Sequence[list[int]], longest: int) -> list[list[int]]:
    """Rows of `input_ids` in at most `longest` ids, or the ending alone: what is in front of it is cut."""
    joiner = joiner_of(tokenizer)
    ending = 1 if joiner is None else len(text_ids(tokenizer, [joiner])[0])
    kept = max(0, longest - ending)
    return [row if len(row) <= longest else row[:kept] + row[len(row) - ending :] for row in rows]


def target_ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """The token ids of each target with the end of sequence."""
    if joiner_of(tokenizer) is None:
        return text_ids(tokenizer, texts, end=True)
    end: int = tokenizer.eos_token_id  # type: ignore[assignment]
    return [[*row, end] for row in written_ids(tokenizer, texts)]


def written_ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """The token ids of each text as it is written as a target, without its end: behind a space on a causal model."""
    space = "" if joiner_of(tokenizer) is None else " "
    return text_ids(tokenizer, [space + text for text in texts])


def text_ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], end: bool = False) -> list[list[int]]:
    """The token ids of each text and nothing else; with what the tokenizer itself puts around texts where `end`."""
    if not texts:
        return []
    ids: list[list[int]] = tokenizer(list(texts), add_special_tokens=end, verbose=False)["input_ids"]  # type: ignore[assignment]
    names = control_pieces(tokenizer).values()
    typed = [
        index
        for index, text in enumerate(texts)
        # By id as well: T5 reads a full-width sign as the plain one.
        if any(name in text for name in names) or holds_control(tokenizer, ids[index][: -1 if end else None])
    ]
    if not typed:
        return ids
    plain = _plain(tokenizer)
    for index in typed:
        if plain:
            ids[index] = plain.encode(texts[index], add_special_tokens=end).ids
        else:
            one = tokenizer(texts[index], add_special_tokens=end, split_special_tokens=True, verbose=False)
            ids[index] = one["input_ids"]  # type: ignore[assignment]
    return ids


def input_holds_control(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> bool:
    """Whether there are control pieces among the ids of an input, but for its ending."""
    return holds_control(tokenizer, ids if joiner_of(tokenizer) is not None else ids[:-1])


def holds_control(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> bool:
    """Whether there are control pieces among these ids; an unknown piece that is nothing else is none."""
    unknown: int | None = tokenizer.unk_token_id  # type: ignore[assignment]
    if unknown in (tokenizer.eos_token_id, tokenizer.pad_token_id):  # as Pythia's, which knows every text
        unknown = None
    return not (control_pieces(tokenizer).keys() - {unknown}).isdisjoint(ids)


def control_pieces(tokenizer: PreTrainedTokenizerBase) -> dict[int, str]:
    """The pieces that stand for no text, by id: padding, end, unknown, and what else the tokenizer keeps so."""
    words = dict(zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True))
    added = tokenizer.added_tokens_decoder  # type: ignore[attr-defined]
    words |= {id_: token.content for id_, token in added.items() if token.special}
    return {id_: word for id_, word in words.items() if not word.startswith(SENTINELS)}


def texts_of(tokenizer: PreTrainedTokenizerBase, rows: Sequence[Sequence[int]]) -> list[str]:
    """The text of each row of ids, as it is read from what a model writes: control pieces are left out.

    An unknown piece is ` ⁇ ` where pieces are SentencePiece's, and left out elsewhere.
    """
    control = control_pieces(tokenizer)
    if _is_sentencepiece(tokenizer):
        return [_by_pieces(tokenizer, control, row) for row in rows]
    kept = [[id_ for id_ in row if id_ not in control] for row in rows]
    texts = tokenizer.batch_decode(kept, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return texts if joiner_of(tokenizer) is None else [text.removeprefix(" ") for text in texts]


def _is_sentencepiece(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether a text is its pieces in a row, with `▁` for spaces: T5's, and no words, bytes or byte pieces."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return type(getattr(backend, "decoder", None)).__name__ == "Metaspace"


def _by_pieces(tokenizer: PreTrainedTokenizerBase, control: Mapping[int, str], row: Sequence[int]) -> str:
    """As SentencePiece decodes ids (sentencepiece_processor.cc), and seqio's sentinels, which have a space in front.

    A piece at the front of the text loses its `▁`, so that a lone one in front is nothing. Ids without a piece, of
    which a T5 has 28, are unknown pieces (seqio vocabularies.py, `_decode`).
    """
    text, unknown, size = "", tokenizer.unk_token, len(tokenizer)
    for id_ in row:
        if id_ in control and control[id_] != unknown:
            continue
        found = tokenizer.convert_ids_to_tokens([id_])[0] if id_ < size else None  # type: ignore[index]
        if found is None or found == unknown:
            text += UNKNOWN
            continue
        piece = f"{SPACE}{found}" if found.startswith(SENTINELS) else found
        text += (piece if text else piece.removeprefix(SPACE)).replace(SPACE, " ")
    return text


def _plain(tokenizer: PreTrainedTokenizerBase) -> Tokenizer | None:
    """The tokenizer without names for its control pieces; None where it has no vocabulary of texts (ByT5)."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return None
    names = set(control_pieces(tokenizer).values())
    state = json.loads(backend.to_str())
    state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] not in names]
    model = state["model"]
    # No text has a piece with a space: it is split at spaces, or T5 writes them as U+2581.
    if isinstance(model["vocab"], dict):
        model["vocab"] = {f" {word}" if word in names else word: id_ for word, id_ in model["vocab"].items()}
        model["unk_token"] = f" {model['unk_token']}" if model.get("unk_token") in names else model.get("unk_token")
    else:
        model["vocab"] = [[f" {piece}" if piece in names else piece, score] for piece, score in model["vocab"]]
    from tokenizers import Tokenizer

    plain = Tokenizer.from_str(json.dumps(state))
    plain.no_truncation()
    plain.no_padding()
    return plain

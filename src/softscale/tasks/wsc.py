"""WSC: does a pronoun refer to a given noun phrase? (Levesque et al. 2012)

The form is T5's wsc_simple: the pronoun is marked, and the model writes what it refers to. Only
records where the given phrase is the referent can be trained on; in dev the prediction counts as
"True" where it matches the phrase, and this is compared with the label. Spans are repaired as in
TFDS's `wsc.fixed`, which the paper used (section A.3).
"""

import string
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from softscale.metrics import Reference
from softscale.metrics.accuracy import Accuracy
from softscale.tasks.fields import Fields
from softscale.tasks.official_files import superglue
from softscale.tasks.task import Example, Task

DETERMINERS = frozenset(
    {"a", "an", "few", "her", "his", "each", "every", "many", "much", "my", "our", "some", "that"}
    | {"the", "their", "these", "this", "those", "which", "whose", "your"}
)

# T5 writes these two inputs out: in the first the pronoun is glued to a quotation mark, in the
# second the index points at the word before the pronoun.
_PONY = (
    "The boy continued to whip the pony , and eventually the pony threw him over. John laughed "
    'out quite loud. "Good for'
)
_PEBBLE = (
    "When they had eventually calmed down a bit , and had gotten home, Mr. Farley put the magic "
    "pebble in an iron safe . Some day they might want to use"
)
_PEBBLE_END = ", but really for now, what more could they wish for?"
SPECIAL_CASES = {
    f'{_PONY} him," he said. ': f'{_PONY} *him* ," he said.',
    f"{_PEBBLE} it {_PEBBLE_END}": f"{_PEBBLE} *it* {_PEBBLE_END}",
}


class ReferentAccuracy(Accuracy):
    """Whether the judgement of the predicted referent is the gold label."""

    def statistics(self, predictions: Sequence[str], references: Sequence[Reference]) -> np.ndarray:
        judged = [referent_judgement(text, each.target) for text, each in zip(predictions, references, strict=True)]
        return super().statistics(judged, [Reference(target=each.label) for each in references])


class WSC(Task):
    name = "wsc"
    official = superglue("WSC", "wsc.fixed")
    stand_in = {"label": False}
    labels = ()
    init_words = ("commonsense", "pronoun", "resolution")
    scored_by = (ReferentAccuracy(),)

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        fields = Fields(record)
        label = fields.one_of("label", {False: "False", True: "True"})
        text, spans = fields.text("text"), fields.inner("target")
        referent, marked = _span(text, spans, "span1"), _marked_pronoun(text, spans)
        if split != "train" or label == "True":
            yield Example(input=marked, parts={"text": marked}, target=referent, label=label)

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        fields = Fields(row)
        target = {
            "span1_index": fields.integer("span1_index"),
            "span1_text": fields.text("span1_text"),
            "span2_index": fields.integer("span2_index"),
            "span2_text": fields.text("span2_text"),
        }
        label = fields.one_of("label", {0: False, 1: True})
        return {"text": fields.text("text"), "target": target, "label": label}


def referent_judgement(prediction: str, referent: str) -> str:
    """Whether the prediction means the referent: "True", "False", or "" where it says nothing.

    T5's rule: without case and determiners, the words of one must all occur in the other, and an
    apostrophe must be in both or in neither ("Bob" is not "Bob's hat").
    """
    predicted, expected = _content(prediction), _content(referent)
    if not predicted:
        return ""
    if any("'" in word for word in predicted) != any("'" in word for word in expected):
        return "False"
    return str(bool(expected) and (predicted <= expected or expected <= predicted))


def _content(text: str) -> set[str]:
    return {word for word in text.strip().lower().split(" ") if word not in DETERMINERS} - {""}


def _span(text: str, spans: Fields, span: str) -> str:
    """The text of span1 or span2 as it occurs in `text`, as TFDS's `wsc.fixed` repairs it."""
    words, index, found = text.split(), spans.integer(f"{span}_index"), spans.text(f"{span}_text")
    if not found.strip():
        raise spans.refused(f"{span}_text", "a text that is not empty")
    if not 0 <= index < len(words):
        raise spans.refused(f"{span}_index", f"the index of one of the {len(words)} words")
    if found in text:
        return found
    first = found[0].lower() if words[index][0].islower() else found[0].upper()
    return (first + found[1:]).rstrip(".").replace("\n", " ")


def _marked_pronoun(text: str, spans: Fields) -> str:
    """`text` with stars around span2: at its index, or at the nearest place where it stands."""
    if text in SPECIAL_CASES:
        return SPECIAL_CASES[text]
    pronoun, index = _span(text, spans, "span2"), spans.integer("span2_index")
    words = text.split(" ")
    if index < len(words) and words[index] == pronoun:
        words[index] = f"*{pronoun}*"
        return " ".join(words)
    found = [at for at, word in enumerate(words) if _bare(word) == _bare(pronoun)]
    if not found:
        raise spans.refused("span2_text", "a word of the text")
    nearest = min(found, key=lambda at: abs(at - index))
    core = words[nearest].strip(string.punctuation)
    words[nearest] = words[nearest].replace(core, f"*{core}*", 1)
    return " ".join(words)


def _bare(word: str) -> str:
    return word.strip(string.punctuation).lower()

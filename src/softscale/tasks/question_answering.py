"""Extractive question answering in T5's form: what SQuAD and the MRQA sets share.

T5's `squad` puts spaces around every ASCII punctuation mark of question, context and answers; the released code does
the same to the MRQA sets (preprocess_tsv_to_qa). The model so writes `U . S .`, which SQuAD's normalisation does not
join again: predictions are therefore compared with the spaced answers, as in T5.
"""

import re
import string
from collections.abc import Iterator, Mapping
from typing import Any

from softscale.metrics.squad import Squad
from softscale.tasks.fields import Fields
from softscale.tasks.task import Example, Task, with_stand_in, written

_PUNCTUATION = re.compile(f"([{re.escape(string.punctuation)}])")


class QuestionAnswering(Task):
    """Target is the first answer; every answer counts as right. The best step is that of the best F1 (Table 1)."""

    labels = ()
    init_words = ()  # the paper names none for SQuAD: class-label initialisation is all sampled vocabulary
    scored_by = (Squad(),)
    selected_by = ("f1",)

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        """The questions of one record: flat, or a paragraph of SQuAD or MRQA with several in `qas`.

        The released script keeps the first question of an MRQA paragraph only; the counts of Table 7 are of all.
        """
        fields = Fields(record)
        context = spaced(fields.text("context"))
        for question in fields.inners("qas") if "qas" in record else [fields]:
            parts = {"question": spaced(question.text("question")), "context": context}
            answers = tuple(spaced(answer) for answer in _answers(question))
            yield Example(input=written(parts), parts=parts, target=answers[0], answers=answers)

    def labelled(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        stand_in = {"answers": ["?"]}
        if "qas" not in record:
            return with_stand_in(record, stand_in)
        questions = Fields(record).inners("qas")
        return {**record, "qas": [with_stand_in(question.record, stand_in) for question in questions]}


def spaced(text: str) -> str:
    """`text` with spaces around ASCII punctuation and single spaces between words.

    T5 keeps a space at either end; its tokenizer drops it, so it is dropped here.
    """
    return " ".join(_PUNCTUATION.sub(r" \1 ", text).split())


def _answers(question: Fields) -> list[str]:
    """The answers, which are texts (MRQA), objects with a `text` (SQuAD) or an object with all texts (the hub)."""
    given = question.record.get("answers")
    if isinstance(given, Mapping):
        found = question.inner("answers").texts("text")
    elif isinstance(given, list) and any(isinstance(answer, Mapping) for answer in given):
        found = [answer.text("text") for answer in question.inners("answers")]
    else:
        found = question.texts("answers")
    if not found:
        raise question.refused("answers", "a list with at least one answer")
    return found

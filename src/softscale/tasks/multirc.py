"""MultiRC: is this one of the right answers to a question about a paragraph? (Khashabi et al. 2018)

Every answer is one example. A question is right when all its answers are judged right, which is
exact match; F1 is over all answers. The text form and the removal of markup are T5's.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from softscale.metrics.binary_f1 import BinaryF1
from softscale.metrics.group_exact_match import GroupExactMatch
from softscale.tasks.fields import Fields
from softscale.tasks.official_files import superglue
from softscale.tasks.task import Example, Task, with_stand_in, written


class MultiRC(Task):
    name = "multirc"
    official = superglue("MultiRC", "multirc")
    labels = ("False", "True")
    init_words = labels
    scored_by = (BinaryF1(*labels, key="f1"), GroupExactMatch(key="em"))

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        fields = Fields(record)
        passage = fields.inner("passage")
        paragraph = _without_markup(passage.text("text"))
        for question in passage.inners("questions"):
            asked = _without_markup(question.text("question"))
            group = f"{fields.integer('idx')}/{question.integer('idx')}"
            for answer in question.inners("answers"):
                given = _without_markup(answer.text("text"))
                parts = {"question": asked, "answer": given, "paragraph": paragraph}
                yield Example(
                    input=written(parts),
                    parts=parts,
                    target=answer.one_of("label", {0: "False", 1: "True"}),
                    group=group,
                )

    def labelled(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        passage = Fields(record).inner("passage")
        questions = [
            {
                **question.record,
                "answers": [with_stand_in(answer.record, {"label": 0}) for answer in question.inners("answers")],
            }
            for question in passage.inners("questions")
        ]
        return {**record, "passage": {**passage.record, "questions": questions}}

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        # The hub has one answer a row; the idx says which question it belongs to.
        fields = Fields(row)
        idx = fields.inner("idx")
        answer = {"text": fields.text("answer"), "label": fields.integer("label")}
        question = {
            "question": fields.text("question"),
            "answers": [answer],
            "idx": idx.integer("question"),
        }
        passage = {"text": fields.text("paragraph"), "questions": [question]}
        return {"idx": idx.integer("paragraph"), "passage": passage}


def _without_markup(text: str) -> str:
    return re.sub(r"</?b>", "", text.replace("<br>", " "))

"""ReCoRD: which entity of the passage fills the query's gap? (Zhang et al. 2018)

The text form is T5's. Its entities and answers come from TFDS, which lists each text once in
alphabetical order, so the order is sorted here too: the prompt of the paper was trained on it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from softscale.metrics.squad import Squad
from softscale.tasks.fields import Fields
from softscale.tasks.official_files import superglue
from softscale.tasks.task import Example, Task, with_stand_in, written


class ReCoRD(Task):
    """Training has one example a distinct answer; dev has one a query, with all answers."""

    name = "record"
    official = superglue("ReCoRD", "record")
    labels = ()
    init_words = ("commonsense", "reasoning", "reading", "comprehension")
    scored_by = (Squad(),)  # a query that stands twice is scored by its first copy, as in T5

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        fields = Fields(record)
        passage = fields.inner("passage")
        text = _joined_highlights(passage.text("text"))
        entities = ", ".join(_entities(passage))
        for query in fields.inners("qas"):
            answers = tuple(sorted({answer.text("text") for answer in query.inners("answers")}))
            if not answers:
                raise query.refused("answers", "a list with at least one answer")
            parts = {"query": query.text("query"), "entities": entities, "passage": text}
            for target in answers if split == "train" else answers[:1]:
                yield Example(
                    input=written(parts),
                    parts=parts,
                    target=target,
                    answers=answers,
                    group=f"{fields.integer('idx')}/{query.integer('idx')}",
                )

    def labelled(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            **record,
            "qas": [
                with_stand_in(query.record, {"answers": [{"text": "?"}]}) for query in Fields(record).inners("qas")
            ],
        }

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        # The hub has one query a row and each entity as a text; its first place serves as span.
        fields = Fields(row)
        idx = fields.inner("idx")
        passage = fields.text("passage")
        entities = fields.texts("entities")
        if not all(entity and entity in passage for entity in entities):
            raise fields.refused("entities", "texts that occur in the passage")
        starts = [passage.index(entity) for entity in entities]
        spans = [
            {"start": start, "end": start + len(entity) - 1} for start, entity in zip(starts, entities, strict=True)
        ]
        query = {
            "query": fields.text("query"),
            "answers": [{"text": answer} for answer in fields.texts("answers")],
            "idx": idx.integer("query"),
        }
        return {
            "idx": idx.integer("passage"),
            "passage": {"text": passage, "entities": spans},
            "qas": [query],
        }


def _joined_highlights(passage: str) -> str:
    """The summary's bullet points as sentences: a full stop only where none stands (T5)."""
    passage = re.sub(r"([.?!\"'])\n@highlight\n", r"\1 ", passage)
    return passage.replace("\n@highlight\n", ". ")


def _entities(passage: Fields) -> list[str]:
    """The distinct entity texts, sorted; the official `end` is the last character's index."""
    text = passage.text("text")
    found = set()
    for span in passage.inners("entities"):
        start, end = span.integer("start"), span.integer("end")
        if not 0 <= start <= end < len(text):
            raise span.refused("end", f"an index from start = {start} to {len(text) - 1}")
        found.add(text[start : end + 1])
    return sorted(found)

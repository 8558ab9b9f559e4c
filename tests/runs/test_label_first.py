"""An answer that begins with a label and goes on is told from one that has none."""

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from transferred import transferred

from softscale.runs.label_first import completed, first_label
from softscale.runs.published_predictions import publish_predictions
from softscale.runs.record import Record
from softscale.tasks import by_name
from softscale.training.evaluation import summary

RTE = by_name("rte")
ANSWERS = ("entailment", "entailment . the", "not_entailment not_entailment", "the entailment .", "")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("entailment .", "entailment"),
        ("not_entailment entailment", "not_entailment"),
        ("entailment", None),  # it is the label
        ("entailments are", None),
        ("so entailment .", None),
        ("", None),
    ],
)
def test_a_label_is_first_where_its_words_are_and_more_follows(text: str, first: str | None) -> None:
    assert first_label(text, RTE.labels) == first


def test_of_two_labels_the_longer_one_is_first() -> None:
    assert first_label("very bad it was", ("very", "very bad")) == "very bad"


def published(folder: Path) -> tuple[Record, dict[str, int]]:
    """A record from before the counts, its predictions in `folder`, and the summary that it would have today."""
    rows = [{"input": "a", "target": "entailment", "prediction": text} for text in ANSWERS]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    publish_predictions(content, folder / "x.jsonl.gz")
    today = summary(RTE, content)
    older = {name: value for name, value in today.items() if not name.startswith("begun")}
    assert older["sha256"] == hashlib.sha256(content).hexdigest()
    return dataclasses.replace(transferred("prompt_tuning", "mrpc", []), predictions=older), today


def test_an_older_record_is_completed_from_its_published_predictions(tmp_path: Path) -> None:
    record, today = published(tmp_path)
    assert (today["begun"], today["begun_right"]) == (2, 1)
    assert completed(record, RTE, tmp_path / "x.jsonl.gz").predictions == today


def test_where_its_predictions_are_gone_or_others_the_counts_are_not_known(tmp_path: Path) -> None:
    record, _ = published(tmp_path)
    assert completed(record, RTE, tmp_path / "none.jsonl.gz") == record
    other = dataclasses.replace(record, predictions=record.predictions | {"sha256": "0" * 64})
    assert completed(other, RTE, tmp_path / "x.jsonl.gz") == other


def test_where_all_answers_are_labels_none_is_looked_for(tmp_path: Path) -> None:
    record, _ = published(tmp_path)
    legal = dataclasses.replace(record, predictions=record.predictions | {"illegal": 0})
    assert completed(legal, RTE, tmp_path / "none.jsonl.gz").predictions["begun"] == 0

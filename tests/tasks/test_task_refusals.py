"""A field that is missing, mistyped or no label is refused by its full name and value."""

from typing import Any

import pytest

from softscale import tasks
from softscale.errors import InputError

COPA = {"premise": "", "choice1": "", "choice2": "", "question": "cause", "label": 0}
ANSWER = {"text": "Rain", "label": 1}
WSC = {"span1_index": 0, "span1_text": "Ann", "span2_index": 2, "span2_text": "she"}


def multirc(answer: dict[str, Any]) -> dict[str, Any]:
    question = {"question": "", "idx": 0, "answers": [ANSWER, answer]}
    return {"idx": 0, "passage": {"text": "", "questions": [question]}}


def record(**change: Any) -> dict[str, Any]:
    passage = {"text": "Zoe left", "entities": [change.pop("entity", {"start": 0, "end": 2})]}
    query = {"query": "@placeholder", "idx": 0, "answers": [{"text": "Zoe"}], **change}
    return {"idx": 0, "passage": passage, "qas": [query]}


def wsc(**change: Any) -> dict[str, Any]:
    return {"text": "Ann said she won", "target": {**WSC, **change}, "label": True}


@pytest.mark.parametrize(
    ("name", "bad", "message"),
    [
        ("boolq", {"passage": "p", "label": True}, r"field question is missing .*passage, label"),
        ("boolq", {"passage": "p", "question": 3}, r"field question is 3, .*a string"),
        (
            "boolq",
            {"passage": "p", "question": "q", "label": 1},
            r"field label is 1, .*False or True",
        ),
        (
            "cb",
            {"premise": "", "hypothesis": "", "label": "maybe"},
            r"field label is 'maybe', .*'entailment' or 'contradiction' or 'neutral'",
        ),
        (
            "rte",
            {"premise": "", "hypothesis": "", "label": "neutral"},
            r"field label is 'neutral', .*'entailment' or 'not_entailment'",
        ),
        ("wic", {"word": "", "sentence1": ""}, r"field sentence2 is missing"),
        ("copa", {**COPA, "label": 2}, r"field label is 2, .*0 or 1"),
        ("copa", {**COPA, "label": True}, r"field label is True, .*0 or 1"),
        ("multirc", {"idx": 0, "passage": "text"}, r"field passage is 'text', .*an object"),
        (
            "multirc",
            multirc({"text": "Snow", "label": "1"}),
            r"field passage.questions\[0\].answers\[1\].label is '1', .*0 or 1",
        ),
        ("multirc", {**multirc(ANSWER), "idx": True}, r"field idx is True, .*an integer"),
        ("record", record(answers=[]), r"field qas\[0\].answers is \[\], .*at least one"),
        ("record", record(answers=["Zoe"]), r"field qas\[0\].answers .*a list of objects"),
        (
            "record",
            record(entity={"start": 5, "end": 8}),
            r"field passage.entities\[0\].end is 8, .*from start = 5 to 7",
        ),
        ("wsc", wsc(span2_index=4), r"field target.span2_index is 4, .*one of the 4 words"),
        ("wsc", wsc(span1_index=-1), r"field target.span1_index is -1"),
        ("wsc", wsc(span2_text="they"), r"field target.span2_text is 'they', .*a word of the text"),
        ("wsc", wsc(span1_text=""), r"field target.span1_text is '', .*not empty"),
        ("wsc", {**wsc(), "label": "True"}, r"field label is 'True', .*False or True"),
    ],
)
@pytest.mark.parametrize("split", ["train", "dev"])
def test_a_bad_field_of_a_record_is_named(name: str, bad: dict[str, Any], message: str, split: str) -> None:
    with pytest.raises(InputError, match=message):
        list(tasks.by_name(name).examples(bad, split))


@pytest.mark.parametrize("name", ["boolq", "cb", "rte", "wic", "wsc"])
def test_a_row_of_the_hub_without_a_label_is_refused(name: str) -> None:
    row = {"text": "Ann said she won", **WSC, "label": -1}
    with pytest.raises(InputError, match=r"field label is -1, .*0 or 1"):
        tasks.by_name(name).from_hub(row)


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(InputError) as refusal:
        list(tasks.by_name("boolq").examples({"passage": ["x" * 1000], "question": ""}, "dev"))
    assert len(str(refusal.value)) < 200

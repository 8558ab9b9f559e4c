"""T5's text form of every task, on records in the official format (paper sections 3 and A.3)."""

from collections.abc import Iterator
from typing import Any

import pytest

from softscale import tasks
from softscale.tasks import Example
from softscale.tasks.wsc import SPECIAL_CASES

BOOLQ = {"question": "is it wet", "passage": "Rain -- It rains.", "idx": 3, "label": True}
CB = {"premise": "It rains.", "hypothesis": "it is wet", "label": "neutral", "idx": 0}
COPA = {
    "premise": "It rained.",
    "choice1": "The road was wet.",
    "choice2": "The road was dry.",
    "question": "effect",
    "label": 1,
    "idx": 0,
}
RTE = {"premise": "It rains.", "hypothesis": "It is wet.", "label": "not_entailment", "idx": 0}
WIC = {
    "word": "place",
    "sentence1": "Come to my place.",
    "sentence2": "A place in the sun.",
    "idx": 0,
    "label": False,
    "start1": 11,
    "start2": 2,
    "end1": 16,
    "end2": 7,
    "version": 1.1,
}
MULTIRC = {
    "idx": 7,
    "version": 1.1,
    "passage": {
        "text": "<b>Sent 1: </b>It rained.<br>It was cold.",
        "questions": [
            {
                "question": "What <b>fell</b>?",
                "idx": 31,
                "answers": [
                    {"text": "Rain", "idx": 90, "label": 1},
                    {"text": "Snow<br>or hail", "idx": 91, "label": 0},
                ],
            },
            {
                "question": "Was it cold?",
                "idx": 32,
                "answers": [{"text": "Yes", "idx": 92, "label": 1}],
            },
        ],
    },
}
PASSAGE = 'Zoe met Al.\n@highlight\nAl said "hi"\n@highlight\nZoe left\n@highlight\nThe end'
RECORD = {
    "source": "CNN",
    "passage": {
        "text": PASSAGE,
        # Inclusive ends; Zoe and Al stand twice.
        "entities": [
            {"start": 0, "end": 2},
            {"start": 8, "end": 9},
            {"start": 23, "end": 24},
            {"start": 47, "end": 49},
        ],
    },
    "qas": [
        {
            "query": "@placeholder left",
            "idx": 5,
            "answers": [
                {"start": 0, "end": 2, "text": "Zoe"},
                {"start": 8, "end": 9, "text": "Al"},
                {"start": 47, "end": 49, "text": "Zoe"},
            ],
        },
        {
            "query": "@placeholder spoke",
            "idx": 6,
            "answers": [{"start": 8, "end": 9, "text": "Al"}],
        },
    ],
    "idx": 4,
}


def wsc(label: bool = True, text: str = "Ann thanked Sue because she helped.", **span: Any) -> dict:
    target = {"span1_index": 2, "span1_text": "Sue", "span2_index": 4, "span2_text": "she"}
    return {"text": text, "target": {**target, **span}, "label": label, "idx": 0}


def examples(name: str, record: dict[str, Any], split: str = "dev") -> list[Example]:
    return list(tasks.by_name(name).examples(record, split))


@pytest.mark.parametrize(
    ("name", "record", "text", "target"),
    [
        ("boolq", BOOLQ, "passage: Rain -- It rains. question: is it wet", "True"),
        ("boolq", {**BOOLQ, "label": False}, None, "False"),
        ("cb", CB, "hypothesis: it is wet premise: It rains.", "neutral"),
        (
            "copa",
            COPA,
            "choice1: The road was wet. choice2: The road was dry. premise: It rained. question: effect",
            "choice2",
        ),
        ("copa", {**COPA, "label": 0}, None, "choice1"),
        ("rte", RTE, "hypothesis: It is wet. premise: It rains.", "not_entailment"),
        (
            "wic",
            WIC,
            "sentence1: Come to my place. sentence2: A place in the sun. word: place",
            "False",
        ),
        ("wic", {**WIC, "label": True}, None, "True"),
    ],
)
def test_a_record_has_the_text_form_of_t5(name: str, record: dict[str, Any], text: str | None, target: str) -> None:
    (example,) = examples(name, record)
    assert example.target == target
    assert text is None or example.input == text
    assert examples(name, record, "train") == [example]


def test_multirc_has_one_example_an_answer_without_markup() -> None:
    first, second, third = examples("multirc", MULTIRC)
    paragraph = "paragraph: Sent 1: It rained. It was cold."
    assert first.input == f"question: What fell? answer: Rain {paragraph}"
    assert second.input == f"question: What fell? answer: Snow or hail {paragraph}"
    assert [first.target, second.target, third.target] == ["True", "False", "True"]


def test_multirc_groups_the_answers_of_a_question() -> None:
    assert [example.group for example in examples("multirc", MULTIRC)] == ["7/31", "7/31", "7/32"]


def test_record_joins_highlights_lists_entities_once_and_sorted() -> None:
    example = examples("record", RECORD)[0]
    assert example.input == (
        'query: @placeholder left entities: Al, Zoe passage: Zoe met Al. Al said "hi" Zoe left. The end'
    )


def test_record_trains_on_every_distinct_answer_and_evaluates_every_query_once() -> None:
    train, dev = examples("record", RECORD, "train"), examples("record", RECORD, "dev")
    assert [(e.target, e.group) for e in train] == [("Al", "4/5"), ("Zoe", "4/5"), ("Al", "4/6")]
    assert [(e.answers, e.group) for e in dev] == [(("Al", "Zoe"), "4/5"), (("Al",), "4/6")]
    assert examples("record", RECORD, "test") == dev


def test_wsc_marks_the_pronoun_and_asks_for_the_referent() -> None:
    (example,) = examples("wsc", wsc(), "train")
    assert example.input == "Ann thanked Sue because *she* helped."
    assert (example.target, example.label) == ("Sue", "True")


def test_wsc_trains_on_true_referents_only_and_evaluates_all() -> None:
    assert examples("wsc", wsc(label=False), "train") == []
    assert [e.label for e in examples("wsc", wsc(label=False), "dev")] == ["False"]


def test_wsc_marks_the_indexed_one_of_several_equal_pronouns() -> None:
    record = wsc(text="He saw him and he left.", span2_index=4, span2_text="he")
    assert examples("wsc", record)[0].input == "He saw him and *he* left."


@pytest.mark.parametrize(
    ("marked", "index", "pronoun"),
    [
        # The index points at a neighbour; the nearest place counts.
        ("It fell and *it* broke .", 2, "it"),
        # Punctuation is glued to the pronoun.
        ("Ann saw *him*, I think.", 2, "him"),
        # The span's case and full stop are not the text's (TFDS repairs both).
        ("Al left when *they* did", 3, "They."),
    ],
)
def test_wsc_finds_a_pronoun_that_is_not_exactly_at_its_index(marked: str, index: int, pronoun: str) -> None:
    record = wsc(text=marked.replace("*", ""), span2_index=index, span2_text=pronoun)
    assert examples("wsc", record)[0].input == marked


def test_wsc_gives_the_referent_the_case_it_has_in_the_text() -> None:
    record = wsc(text="The man saw the boy but he hid.", span1_index=3, span1_text="The boy")
    record["target"] |= {"span2_index": 6, "span2_text": "he"}
    assert examples("wsc", record)[0].target == "the boy"


@pytest.mark.parametrize(("text", "pronoun"), [*zip(SPECIAL_CASES, ["him", "it"], strict=True)])
def test_wsc_writes_the_two_irregular_texts_as_t5_does(text: str, pronoun: str) -> None:
    record = wsc(text=text, span1_text="boy", span2_index=20, span2_text=pronoun)
    marked = examples("wsc", record)[0].input
    assert f" *{pronoun}* ," in marked
    unmarked = marked.replace(f"*{pronoun}* ,", f"{pronoun} ,")
    assert unmarked.replace(" ,", ",").strip() == text.replace(" ,", ",").strip()


def hub_rows() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(task, a row of the hub's `super_glue`, the official record with the same examples)."""
    yield "boolq", {**BOOLQ, "label": 1}, BOOLQ
    yield "cb", {**CB, "label": 2}, CB
    yield "copa", COPA, COPA
    yield "rte", {**RTE, "label": 1}, RTE
    yield "wic", {**WIC, "label": 0}, WIC
    yield "wsc", {"text": wsc()["text"], **wsc()["target"], "idx": 0, "label": 1}, wsc()
    row = {
        "paragraph": MULTIRC["passage"]["text"],
        "question": "Was it cold?",
        "answer": "Yes",
        "idx": {"paragraph": 7, "question": 32, "answer": 92},
        "label": 1,
    }
    second = {**MULTIRC["passage"], "questions": MULTIRC["passage"]["questions"][1:]}
    yield "multirc", row, {**MULTIRC, "passage": second}
    row = {
        "passage": PASSAGE,
        "query": "@placeholder left",
        "entities": ["Zoe", "Al"],
        "answers": ["Al", "Zoe"],
        "idx": {"passage": 4, "query": 5},
    }
    yield "record", row, {**RECORD, "qas": RECORD["qas"][:1]}


@pytest.mark.parametrize(("name", "row", "record"), list(hub_rows()))
@pytest.mark.parametrize("split", ["train", "dev"])
def test_a_row_of_the_hub_gives_the_examples_of_the_official_record(
    name: str, row: dict[str, Any], record: dict[str, Any], split: str
) -> None:
    task = tasks.by_name(name)
    assert examples(name, dict(task.from_hub(row)), split) == examples(name, record, split)

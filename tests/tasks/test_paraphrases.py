"""MRPC and QQP: T5's form of GLUE's tables, GLUE's metrics, and the words of one in the place of the other's."""

from typing import Any

import pytest

from softscale import tasks
from softscale.errors import InputError
from softscale.tasks import Example

MRPC, QQP = tasks.by_name("mrpc"), tasks.by_name("qqp")
SENTENCES = {"Quality": "1", "#1 ID": "7", "#2 ID": "8", "#1 String": 'He said "no".', "#2 String": "Ann: never"}
QUESTIONS = {"id": "3", "qid1": "4", "qid2": "5", "question1": "Why?", "question2": "How come?", "is_duplicate": "0"}


@pytest.mark.parametrize("split", ["train", "dev"])
def test_a_row_has_the_text_form_of_t5_without_the_task_s_name(split: str) -> None:
    (example,) = MRPC.examples(SENTENCES, split)
    assert (example.input, example.target) == ('sentence1: He said "no". sentence2: Ann: never', "equivalent")
    (example,) = QQP.examples(QUESTIONS, split)
    assert (example.input, example.target) == ("question1: Why? question2: How come?", "not_duplicate")


def test_the_other_label_is_the_other_word() -> None:
    assert [e.target for e in MRPC.examples({**SENTENCES, "Quality": "0"}, "dev")] == ["not_equivalent"]
    assert [e.target for e in QQP.examples({**QUESTIONS, "is_duplicate": "1"}, "dev")] == ["duplicate"]


def test_a_row_of_the_hub_gives_the_example_of_the_official_row() -> None:
    row: dict[str, Any] = {"sentence1": 'He said "no".', "sentence2": "Ann: never", "label": 1, "idx": 0}
    assert list(MRPC.examples(MRPC.from_hub(row), "dev")) == list(MRPC.examples(SENTENCES, "dev"))
    row = {"question1": "Why?", "question2": "How come?", "label": 0, "idx": 0}
    assert list(QQP.examples(QQP.from_hub(row), "dev")) == list(QQP.examples(QUESTIONS, "dev"))


@pytest.mark.parametrize(
    ("task", "row", "message"),
    [
        (MRPC, {**SENTENCES, "Quality": "2"}, r"field Quality is '2', but it must be '0' or '1'"),
        (
            MRPC,
            {"Quality": "1", "#1 String": "a"},
            r"field #2 String is missing \(fields present: Quality, #1 String\)",
        ),
        (QQP, {**QUESTIONS, "is_duplicate": "yes"}, r"field is_duplicate is 'yes'"),
        (QQP, SENTENCES, r"field question1 is missing"),
    ],
)
def test_a_row_that_is_not_of_the_task_is_refused(task: tasks.Task, row: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(task.examples(row, "dev"))


def gold(*targets: str) -> list[Example]:
    return [Example(input="", target=target) for target in targets]


def test_f1_is_of_the_positive_label_and_takes_what_is_no_label_for_the_wrong_one() -> None:
    # Hits 1; the missed `?` of a positive is a miss, the `?` of a negative a false positive.
    examples = gold("duplicate", "duplicate", "not_duplicate", "not_duplicate")
    scores = QQP.score(["duplicate", "?", "?", "not_duplicate"], examples)
    assert scores == {"accuracy": 0.5, "f1": pytest.approx(2 / (2 + 1 + 1))}
    assert QQP.selecting_score(scores) == 0.5


def test_answers_of_a_model_trained_on_one_are_read_in_the_words_of_the_other() -> None:
    assert [QQP.translated(text, "mrpc") for text in ("equivalent", "not_equivalent", "equal")] == [
        "duplicate",
        "not_duplicate",
        "equal",
    ]
    assert [MRPC.translated(text, "qqp") for text in QQP.labels] == list(MRPC.labels)
    assert {QQP.translated(label, "mrpc") for label in MRPC.labels} == set(QQP.labels)


def test_answers_of_a_model_trained_on_anything_else_stay_as_they_are() -> None:
    assert QQP.translated("equivalent", "rte") == "equivalent"
    assert tasks.by_name("rte").translated("equivalent", "mrpc") == "equivalent"

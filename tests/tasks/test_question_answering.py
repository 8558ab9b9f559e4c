"""SQuAD and the MRQA sets: T5's spaced form of every official shape, all answers right, the best of them scored."""

import string
from typing import Any

import pytest

from softscale import tasks
from softscale.errors import InputError
from softscale.tasks.question_answering import spaced

NAMES = ("squad", "bioasq", "drop", "duorc", "race", "re", "textbookqa")
CONTEXT = "\n\nThe U.S. won (by 3-2)\tin\u00a01990."
SPACED = "The U . S . won ( by 3 - 2 ) in 1990 ."
QUESTION = "Who won the cup?"
INPUT = f"question: Who won the cup ? context: {SPACED}"
FLAT = {"id": "a", "context": CONTEXT, "question": QUESTION}
SHAPES = {
    "flat texts": {**FLAT, "answers": ["the U.S.", "U.S."]},
    "flat objects": {**FLAT, "answers": [{"answer_start": 0, "text": "the U.S."}, {"answer_start": 4, "text": "U.S."}]},
    "the hub": {**FLAT, "title": "Cup", "answers": {"text": ["the U.S.", "U.S."], "answer_start": [0, 4]}},
    "SQuAD": {
        "context": CONTEXT,
        "qas": [
            {"id": "a", "question": QUESTION, "answers": [{"answer_start": 2, "text": t} for t in ("the U.S.", "U.S.")]}
        ],
    },
    "MRQA": {
        "context": CONTEXT,
        "context_tokens": [["The", 2]],
        "qas": [
            {
                "qid": "a",
                "question": QUESTION,
                "answers": ["the U.S.", "U.S."],
                "detected_answers": [{"text": "U.S.", "char_spans": [[6, 9]], "token_spans": [[1, 1]]}],
            }
        ],
    },
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_every_official_shape_gives_the_spaced_form_of_t5_with_all_answers(name: str, shape: str) -> None:
    for split in ("train", "dev"):
        (example,) = tasks.by_name(name).examples(SHAPES[shape], split)
        assert (example.input, example.target) == (INPUT, "the U . S .")
        assert example.answers == ("the U . S .", "U . S .")


def test_every_question_of_a_paragraph_is_an_example() -> None:
    question = SHAPES["MRQA"]["qas"][0]
    record = {"context": CONTEXT, "qas": [question, {**question, "question": "Where?", "answers": ["here"]}]}
    first, second = tasks.by_name("drop").examples(record, "dev")
    assert (first.input, second.input) == (INPUT, f"question: Where ? context: {SPACED}")
    assert second.answers == ("here",)


def test_all_ascii_punctuation_is_spaced_and_no_other() -> None:
    assert spaced("x".join(string.punctuation)) == " x ".join(string.punctuation)
    assert spaced("don't “go”—né… $5.00") == "don ' t “go”—né… $ 5 . 00"
    assert spaced(" a \n b\u2028c ") == "a b c"


def test_a_prediction_is_compared_with_the_best_spaced_answer() -> None:
    squad = tasks.by_name("squad")
    (example,) = squad.examples({**FLAT, "answers": ["the U.S.", "America today"]}, "dev")
    assert squad.score(["u . s"], [example]) == {"em": 1.0, "f1": 1.0}
    # As the model would have to write it: "U.S." unspaced is another word, in T5 too.
    assert squad.score(["U.S."], [example]) == {"em": 0.0, "f1": 0.0}
    assert squad.score(["in America"], [example]) == {"em": 0.0, "f1": pytest.approx(2 / (2 + 2))}


@pytest.mark.parametrize("name", NAMES)
def test_the_best_step_is_that_of_the_best_f1(name: str) -> None:
    assert tasks.by_name(name).selecting_score({"em": 0.2, "f1": 0.4}) == 0.4


def test_the_best_step_of_other_tasks_is_that_of_the_mean_of_their_metrics() -> None:
    assert tasks.by_name("record").selecting_score({"em": 0.2, "f1": 0.4}) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({**FLAT}, r"field answers is missing"),
        ({**FLAT, "answers": []}, r"field answers is \[\], .*at least one answer"),
        ({**FLAT, "answers": "U.S."}, r"field answers is 'U.S.', .*a list of strings"),
        ({**FLAT, "answers": [{"text": "a"}, "b"]}, r"field answers .*a list of objects"),
        ({**FLAT, "answers": [{"answer_start": 3}]}, r"field answers\[0\].text is missing"),
        ({**FLAT, "answers": {"text": [], "answer_start": []}}, r"at least one answer"),
        ({"question": QUESTION, "answers": ["a"]}, r"field context is missing"),
        ({"context": "c", "qas": [{"question": 3, "answers": ["a"]}]}, r"field qas\[0\].question is 3, .*a string"),
        # SQuAD 2.0: a question without an answer is none of SQuAD v1.1.
        (
            {"context": "c", "qas": [{"question": "q", "answers": [], "is_impossible": True}]},
            r"qas\[0\].answers is \[\]",
        ),
    ],
)
def test_a_record_that_is_not_of_the_form_is_refused_by_its_field(record: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(tasks.by_name("squad").examples(record, "dev"))

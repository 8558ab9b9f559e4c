"""What a prediction is worth: only the exact text is right, but for the rules of T5."""

import pytest

from softscale import tasks
from softscale.tasks import Example
from softscale.tasks.wsc import referent_judgement

METRICS = {  # of SuperGLUE (Wang et al. 2019, Table 1)
    "boolq": ("accuracy",),
    "cb": ("accuracy", "f1"),
    "copa": ("accuracy",),
    "multirc": ("f1", "em"),
    "record": ("em", "f1"),
    "rte": ("accuracy",),
    "wic": ("accuracy",),
    "wsc": ("accuracy",),
}


def gold(*targets: str, label: str = "", group: str = "") -> list[Example]:
    return [Example(input="", target=t, label=label, group=group) for t in targets]


@pytest.mark.parametrize("name", ["boolq", "copa", "rte", "wic"])
def test_a_label_counts_only_when_it_is_written_exactly(name: str) -> None:
    task = tasks.by_name(name)
    no, yes = task.labels
    predictions = [yes, no, yes.swapcase(), f" {yes}", f"{yes} ", ""]
    assert task.score(predictions, gold(*[yes] * 6)) == {"accuracy": pytest.approx(1 / 6)}


def test_cb_counts_an_illegal_label_as_a_miss_and_as_no_false_positive() -> None:
    examples = gold("entailment", "contradiction", "neutral", "neutral")
    scores = tasks.by_name("cb").score(["entailment", "contradiction", "neutral", "?"], examples)
    # F1 of the classes: 1, 1 and 2 / 3; a false positive would lower one of the first two.
    assert scores == {"accuracy": 0.75, "f1": pytest.approx((1 + 1 + 2 / 3) / 3)}


def test_multirc_counts_an_illegal_answer_as_the_opposite_and_needs_whole_questions() -> None:
    examples = [
        *gold("True", "False", group="0/0"),
        *gold("True", group="0/1"),
        *gold("False", group="0/2"),
    ]
    scores = tasks.by_name("multirc").score(["True", "False", "true", "yes"], examples)
    # One hit, one miss ("true"), one false positive ("yes" where False is right); one question.
    assert scores == {"f1": pytest.approx(2 * 1 / (2 * 1 + 1 + 1)), "em": pytest.approx(1 / 3)}


def test_record_takes_the_best_answer_and_the_first_copy_of_a_query() -> None:
    examples = [
        Example(input="", target="Al", answers=("Al", "the Big Zoe"), group="0/0"),
        Example(input="", target="Al", answers=("Al", "the Big Zoe"), group="0/0"),
        Example(input="", target="Ann Lee", answers=("Ann Lee",), group="0/1"),
    ]
    scores = tasks.by_name("record").score(["big zoe!", "wrong", "Ann"], examples)
    assert scores == {"em": 0.5, "f1": pytest.approx((1 + 2 / 3) / 2)}


@pytest.mark.parametrize(
    ("prediction", "referent", "judgement"),
    [
        ("Sue", "Sue", "True"),
        ("the SUE ", "Sue", "True"),
        ("the old man", "man", "True"),
        ("man", "the old man", "True"),
        ("Ann", "Sue", "False"),
        ("Sue Ann", "Sue Lee", "False"),
        ("Bob", "Bob's hat", "False"),
        ("Bob's hat", "Bob", "False"),
        ("Bob's hat", "Bob's", "True"),
        ("", "Sue", ""),
        ("the", "Sue", ""),
    ],
)
def test_wsc_judges_a_prediction_by_its_words(prediction: str, referent: str, judgement: str) -> None:
    assert referent_judgement(prediction, referent) == judgement


def test_wsc_is_right_where_the_judgement_is_the_label() -> None:
    examples = [*gold("Sue", "Sue", label="True"), *gold("Sue", "Sue", "Sue", label="False")]
    scores = tasks.by_name("wsc").score(["Sue", "Ann", "Sue", "Ann", ""], examples)
    assert scores == {"accuracy": 2 / 5}


@pytest.mark.parametrize("name", METRICS)
def test_a_task_scores_the_metrics_that_it_names_and_superglue_asks_for(name: str) -> None:
    task = tasks.by_name(name)
    target = task.labels[-1] if task.labels else "Sue"
    example = Example(input="", target=target, label="True", answers=(target,), group="0")
    scores = task.score([target], [example])
    assert set(scores) == set(task.metrics) == set(METRICS[name])
    assert scores["accuracy" if "accuracy" in scores else "em"] == 1.0


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("predictions", [[], ["False"]])
def test_scoring_refuses_no_predictions_and_too_few(name: str, predictions: list[str]) -> None:
    examples = gold("True", "True", label="True", group="0")[: 2 * len(predictions)]
    with pytest.raises(ValueError, match=r"prediction|argument|zip"):
        tasks.by_name(name).score(predictions, examples)

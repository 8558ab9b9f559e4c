"""A task of the user's own: template, labels and metric by name, and every mistake said before anything is loaded."""

from collections.abc import Mapping
from typing import Any

import pytest

from softscale import tasks
from softscale.compose.cells import hydra_session, single
from softscale.config import TaskConfig
from softscale.errors import InputError
from softscale.tasks import Example, Task
from softscale.tasks.custom import CustomTask


def config(**changes: Any) -> CustomTask:
    values = {"template": "review: {text}", "target": "label", "labels": {0: "bad", 1: "good"}, "metric": "accuracy"}
    return CustomTask(name="reviews", input_length=64, target_length=8, **(values | changes))


def task(**changes: Any) -> Task:
    made = config(**changes)
    made.check()
    return tasks.of(made)


def example(row: Mapping[str, Any], **changes: Any) -> Example:
    (made,) = task(**changes).examples(row, "train")
    return made


def test_a_template_is_filled_and_a_value_becomes_its_label_word() -> None:
    made = example({"text": "so so", "label": "0", "id": "7"})
    assert (made.input, made.target, made.parts) == ("review: so so", "bad", {"text": "so so"})


def test_a_template_may_name_several_columns_some_twice_and_hold_braces() -> None:
    made = example({"first one": "a {b}", "n": 2, "label": 1}, template="{first one} {{x}} {n}, {first one}")
    assert made.input == "a {b} {x} 2, a {b}"


@pytest.mark.parametrize(
    ("labels", "value", "word"),
    [
        ({0: "bad", 1: "good"}, 1, "good"),
        ({"0": "bad", "1": "good"}, "1", "good"),
        ({True: "good", False: "bad"}, "True", "good"),
        ({True: "good", False: "bad"}, False, "bad"),
        ({"true": "good", "false": "bad"}, "TRUE", "good"),
        ({1: "bad", 2: "bad", 3: "good"}, "2", "bad"),
        (["negative", "positive"], "positive", "positive"),
    ],
)
def test_values_of_csv_and_json_are_one(labels: Any, value: Any, word: str) -> None:
    assert example({"text": "", "label": value}, labels=labels).target == word


def test_the_label_words_are_the_task_s_labels_each_once_in_their_order() -> None:
    made = task(labels={1: "bad", 2: "bad", 3: "good"})
    assert made.labels == made.init_words == ("bad", "good")


def test_free_text_is_answered_as_it_stands() -> None:
    made = task(labels=None, metric="squad", target="answer")
    (one,) = made.examples({"text": "x", "answer": "The  answer."}, "dev")
    assert (one.target, one.answers, made.labels) == ("The  answer.", ("The  answer.",), ())
    (several,) = made.examples({"text": "x", "answer": ["a b", "c"]}, "dev")
    assert (several.target, several.answers) == ("a b", ("a b", "c"))
    assert made.score(["c!"], [several]) == {"em": 1.0, "f1": 1.0}


@pytest.mark.parametrize(
    ("metric", "predictions", "scores"),
    [
        ("accuracy", ["bad", "good", "good"], {"accuracy": 2 / 3}),
        # F1 of bad: a hit and a miss; of good: a miss.
        ("macro_f1", ["bad", "", "Good"], {"macro_f1": (2 / 3 + 0) / 2}),
        # F1 of good: a hit and a false positive.
        ("binary_f1", ["bad", "Good", "good"], {"binary_f1": 2 / 3}),
        ("squad", ["bad", "Good!", "the good"], {"em": 2 / 3, "f1": 2 / 3}),
    ],
)
def test_a_metric_is_chosen_by_name(metric: str, predictions: list[str], scores: dict[str, float]) -> None:
    made = task(metric=metric)
    examples = [each for label in (0, 0, 1) for each in made.examples({"text": "", "label": label}, "dev")]
    assert made.score(predictions, examples) == {name: pytest.approx(value) for name, value in scores.items()}
    assert set(scores) == set(made.metrics)


def test_of_several_metrics_the_first_selects_the_best_step_and_all_are_scored() -> None:
    made = task(labels=None, metric=["bleu", "squad", "rouge_l"])
    assert made.metrics == ("bleu", "em", "f1", "rouge_l")
    examples = [each for text in ("a b c d e", "f g") for each in made.examples({"text": "", "label": text}, "dev")]
    scores = made.score(["a b c d e", "f"], examples)
    assert scores == pytest.approx({"bleu": scores["bleu"], "em": 0.5, "f1": 5 / 6, "rouge_l": 5 / 6})
    assert made.selecting_score(scores) == scores["bleu"] > 0.8
    (several,) = made.examples({"text": "", "label": ["a b", "c"]}, "dev")
    assert several.answers == ("a b", "c")


def test_one_metric_selects_by_the_mean_of_its_keys() -> None:
    made = task(labels=None, metric="squad")
    assert made.selecting_score({"em": 0.2, "f1": 0.6}) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("row", "changes", "message"),
    [
        ({"txt": "a", "label": 0}, {}, "there is no column text, only txt, label"),
        ({"text": "a"}, {}, "there is no column label, only text"),
        ({"text": "a", "label": "2"}, {}, "column label is '2', but task.labels has words for '0' or '1' only"),
        ({"text": "a", "label": " 1"}, {}, "column label is ' 1'"),
        ({"text": ["a"], "label": 1}, {}, r"column text is \['a'\], but it must be a text or a number"),
        ({"text": "a", "label": None}, {}, "column label is None"),
        ({"text": "a", "label": " "}, {"labels": None}, "column label is ' ', but it must be a text that is not empty"),
        ({"text": "a", "label": ["b"]}, {"labels": None}, r"column label is \['b'\]"),
        ({"text": "a", "label": []}, {"labels": None, "metric": "squad"}, r"column label is \[\]"),
        ({"text": "a", "label": ["b"]}, {"labels": None, "metric": ["squad", "accuracy"]}, r"column label is \['b'\]"),
        (
            {"text": "a", "label": "Anna, Rome"},
            {"labels": None, "metric": "entity_f1"},
            "column label is 'Anna, Rome', but entity_f1 reads entities such as 'person: Anna; place: Rome', or 'none'",
        ),
    ],
)
def test_a_row_that_does_not_fit_is_refused_by_its_column(
    row: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        example(row, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"template": "review"}, "task.template=review is not allowed: it must name a column"),
        ({"template": "{}"}, "write {column}"),
        ({"template": "{text!r}"}, "write {column}"),
        ({"template": "{text:>3}"}, "write {column}"),
        ({"template": "{text"}, "a brace itself is written twice"),
        ({"labels": {}}, "task.labels={} is not allowed"),
        ({"labels": {0: 1}}, "task.labels={0: 1} is not allowed"),
        ({"labels": "good"}, "task.labels=good is not allowed"),
        ({"labels": {0: "bad "}}, "without outer spaces"),
        (
            {"metric": "rouge"},
            "task.metric=rouge is not allowed: it must be one of accuracy, binary_f1, bleu, chrf, entity_f1, exact_m",
        ),
        (
            {"metric": "group_exact_match"},
            "task.metric=group_exact_match is not allowed: the rows of a file of your own",
        ),
        ({"metric": "macro_f1", "labels": None}, "task.metric=macro_f1 is not allowed without task.labels"),
        (
            {"metric": ["accuracy", "macro_f1"], "labels": None},
            "task.metric=macro_f1 is not allowed without task.labels",
        ),
        ({"metric": ["accuracy", "rouge"]}, "task.metric=rouge is not allowed: it must be one of accuracy, binary_f1"),
        (
            {"metric": ["bleu", "chrf", "bleu"]},
            "task.metric=[bleu,chrf,bleu] is not allowed: it must name each metric once",
        ),
        ({"metric": []}, "task.metric=[] is not allowed: it must name at least one of accuracy, binary_f1"),
        ({"metric": None}, "task.metric=None is not allowed: it must be one of accuracy"),
        ({"metric": {"bleu": 1}}, "task.metric={'bleu': 1} is not allowed: it must be one of accuracy"),
        ({"metric": [["bleu"]]}, "task.metric=['bleu'] is not allowed: it must be one of accuracy"),
        ({"metric": "entity_f1"}, "task.metric=entity_f1 is not allowed with task.labels: answers must list entities"),
        ({"metric": "binary_f1", "labels": ["a", "b", "c"]}, "task.labels must have two words"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        task(**changes)
    assert message in str(refused.value)


@pytest.mark.parametrize("name", ["rte", "my task", "../x", ""])
def test_the_name_is_no_other_task_s_and_fits_into_a_file_name(name: str) -> None:
    made = config()
    made.name = name
    with pytest.raises(InputError, match=r"task\.name="):
        made.check()


def test_what_is_typed_is_what_the_task_gets() -> None:
    typed = ["task=custom", "task.template=it's {a}: {b}, 'x'", "task.target=y", "task.labels={0: bad, 1: good}"]
    files = ["data=custom", "data.train=a.csv", "data.dev=b.csv"]
    with hydra_session():
        made = single(["model=mini_1", *typed, *files]).config.task
        again = single(["model=mini_1", 'task.template="{a}"', *typed[:1], *typed[2:], *files]).config.task
    assert isinstance(made, CustomTask)
    assert isinstance(again, CustomTask)
    assert (made.template, made.labels, again.template) == ("it's {a}: {b}, 'x'", {0: "bad", 1: "good"}, "{a}")


def test_a_change_of_the_description_is_a_change_of_the_examples() -> None:
    assert task().version != task(template="{text}").version
    assert tasks.of(TaskConfig(name="rte")).version == ""

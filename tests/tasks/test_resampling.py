"""A run's scores on resamples of its dev set: by the task's metrics, on the same resamples for all of its runs."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

import numpy as np
import pytest

from softscale import metrics, tasks
from softscale.metrics.groups import group_numbers
from softscale.sources.miniature import MiniatureConfig
from softscale.tasks.custom import Custom, CustomTask
from softscale.tasks.mixture import Prefixed
from softscale.tasks.resampling import RESAMPLES, resampled, resamples
from softscale.tasks.task import Example, Task

SUPERGLUE = ("boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc")
SOME = (0, 1, 57, RESAMPLES - 1)


def miniature(name: str, count: int = 60) -> list[Example]:
    source = MiniatureConfig(name="miniature", seed=0, train_records=1, dev_records=count).open()
    return source.examples(tasks.by_name(name), "dev")


def written(name: str) -> list[Example]:
    """Examples of a task that the miniature lacks, with two right answers for questions."""
    task = tasks.by_name(name)
    words = task.labels or ("a red kite", "the kite", "a dog")
    return [
        Example(input=str(index), target=words[index % len(words)], answers=(words[index % len(words)], "kite"))
        for index in range(40)
    ]


TEXTS = ("the cat has a red kite", "a dog ran to the sea at noon", "Ann  gave the kite back", "für Ann: ein Drachen")
WORDS = {"entity_f1": ("person: Al; place: Rome", "none", "place: Bonn"), "accuracy": ("bad", "good", "good")}
WORDS |= {"binary_f1": WORDS["accuracy"], "macro_f1": WORDS["accuracy"]}


def custom(metric: str | list[str]) -> tuple[Task, list[Example]]:
    config = CustomTask(
        name="own",
        input_length=8,
        target_length=4,
        template="{a}",
        target="b",
        labels=["bad", "good"] if metric in ("accuracy", "binary_f1", "macro_f1") else None,
        metric=metric,
    )
    words = WORDS.get(metric, TEXTS) if isinstance(metric, str) else TEXTS
    examples = [Example(input="", target=text, answers=(text,)) for text in islice(cycle(words), 30)]
    return Custom(config), examples


def cases() -> list[Any]:
    made = [(tasks.by_name(name), miniature(name)) for name in SUPERGLUE]
    made += [(tasks.by_name(name), written(name)) for name in ("mrpc", "qqp", "squad", "duorc")]
    made += [custom(metric) for metric in metrics.names() if metric != "group_exact_match"]
    made.append(custom(["rouge_l", "bleu", "squad", "exact_match"]))
    own = tasks.by_name("multirc")
    twice = [example for example in miniature("record", 20) for _ in range(2)]  # each query has two copies
    made += [(Prefixed(own, "multirc"), miniature("multirc", 20)), (tasks.by_name("record"), twice)]
    return [pytest.param(*case, id=f"{index} {case[0].name} {case[0].metrics}") for index, case in enumerate(made)]


def predicted(examples: Sequence[Example], seed: int) -> list[str]:
    """Right, wrong, and illegal predictions."""
    rng = random.Random(seed)
    others = [example.target for example in examples]
    return [rng.choice([example.target, example.target, rng.choice(others), "?", ""]) for example in examples]


def drawn(examples: Sequence[Example], predictions: Sequence[str], groups: Sequence[int]) -> tuple[list, list]:
    """The examples and predictions of a resample, written out; a group's second copy is a group of its own."""
    numbers, copies, texts = group_numbers(examples), [], []
    for copy, group in enumerate(groups):
        for example, text, number in zip(examples, predictions, numbers, strict=True):
            if number == group:
                copies.append(replace(example, group=example.group and f"{example.group} copy {copy}"))
                texts.append(text)
    return copies, texts


@pytest.mark.parametrize(("task", "examples"), cases())
def test_the_score_on_a_resample_is_the_tasks_own_score_of_the_examples_in_it(
    task: Task, examples: list[Example]
) -> None:
    predictions = predicted(examples, 0)
    values = resampled(task, predictions, examples)
    assert set(values) == {"score", *(task.metrics if len(task.metrics) > 1 else ())}
    all_drawn = resamples(task.name, max(group_numbers(examples)) + 1)
    for index in SOME:
        resample, texts = drawn(examples, predictions, all_drawn[index])
        scores = task.score(texts, resample)
        scores["score"] = task.selecting_score(scores)
        assert {name: each[index] for name, each in values.items()} == {name: round(scores[name], 4) for name in values}
    assert {len(each) for each in values.values()} == {RESAMPLES}


def test_the_answers_to_a_question_and_the_copies_of_a_query_are_drawn_together() -> None:
    examples = [Example(input="", target="a", group=group) for group in ("x", "y", "x", "", "")]
    assert group_numbers(examples) == [0, 1, 0, 2, 3]
    questions = miniature("multirc")
    assert max(group_numbers(questions)) + 1 == 60 < len(questions)


def test_a_resample_has_as_many_groups_as_the_dev_set_and_follows_from_task_and_number_alone() -> None:
    once = resamples("rte", 250)
    assert once.shape == (RESAMPLES, 250)
    assert (once == resamples("rte", 250)).all()
    assert (once != resamples("wic", 250)).any()
    # Written down, so that no version of NumPy changes what the committed records share.
    assert once[0, :6].tolist() == [122, 223, 62, 224, 216, 241]
    # Uniform: of n draws from n groups a share of 1 - 1 / e is hit.
    hit = np.mean([len(set(row)) / 250 for row in once])
    assert hit == pytest.approx(1 - np.exp(-1), abs=0.01)
    assert (once.min(), once.max()) == (0, 249)


def test_two_runs_are_paired_a_run_that_is_right_on_more_examples_is_ahead_on_every_resample() -> None:
    task, examples = tasks.by_name("rte"), miniature("rte", 250)
    better = ["?" if index % 2 else example.target for index, example in enumerate(examples)]
    worse = ["?" if index % 10 == 0 else text for index, text in enumerate(better)]
    scores = (resampled(task, texts, examples)["score"] for texts in (better, worse))
    ahead = zip(*scores, strict=True)
    assert all(one > other for one, other in ahead)


@pytest.mark.parametrize("name", SUPERGLUE)
def test_resampling_a_dev_set_of_250_takes_less_than_a_third_of_a_second(name: str) -> None:
    task, examples = tasks.by_name(name), miniature(name, 250)
    predictions = predicted(examples, 0)
    took = []
    for _ in range(3):  # the best of three: other work on the machine is no fault of ours
        started = time.perf_counter()
        resampled(task, predictions, examples)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.3


@pytest.mark.parametrize("count", [0, 3])
def test_resampling_refuses_no_predictions_and_too_few(count: int) -> None:
    examples = miniature("rte", 4)[: 2 * count]
    with pytest.raises(ValueError, match="predictions for"):
        resampled(tasks.by_name("rte"), ["yes"] * count, examples)

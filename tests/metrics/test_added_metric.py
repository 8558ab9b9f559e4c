"""A metric is added by one file: a task of one's own names it, is scored by it and resampled by it."""

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from softscale import metrics, tasks
from softscale.errors import InputError
from softscale.tasks import Example, Task
from softscale.tasks.custom import CustomTask
from softscale.tasks.resampling import RESAMPLES, resampled, resamples


def own(metric: str) -> CustomTask:
    return CustomTask(name="own", input_length=8, target_length=8, template="{a}", target="b", metric=metric)


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> Iterator[Task]:
    """A task whose metric stands in a file beside those of softscale."""
    monkeypatch.setattr(metrics, "__path__", [*metrics.__path__, str(Path(__file__).with_name("added"))])
    config = own("corpus_bleu")
    config.check()
    made = tasks.of(config)
    assert isinstance(made, Task)
    yield made
    del sys.modules["softscale.metrics.corpus_bleu"]


EXAMPLES = [
    Example(input="", target=text)
    for text in ("the cat sat on the mat", "a dog ran", "Ann has a red kite", "Ben went home", "it rained all day")
]
PREDICTIONS = ["the the cat sat", "a dog ran", "Ann has a kite", "Ann went home", "rain"]


def bleu(pairs: list[tuple[str, str]]) -> float:
    """Slowly, n-gram by n-gram."""
    score = 1.0
    for order in (1, 2):
        hits = total = 0
        for text, target in pairs:
            ours, left = (
                [tuple(w[i : i + order]) for i in range(len(w) - order + 1)] for w in (text.split(), target.split())
            )
            total += len(ours)
            for gram in ours:
                if gram in left:
                    left.remove(gram)
                    hits += 1
        score *= hits / total if total else 0
    written, right = (sum(len(pair[i].split()) for pair in pairs) for i in (0, 1))
    return math.sqrt(score) * min(1, math.exp(1 - right / written))


def test_it_is_scored_over_the_whole_set_and_not_as_a_mean_over_examples(task: Task) -> None:
    assert task.metrics == ("bleu",)
    pairs = [(text, example.target) for text, example in zip(PREDICTIONS, EXAMPLES, strict=True)]
    score = task.score(PREDICTIONS, EXAMPLES)
    assert score == {"bleu": pytest.approx(bleu(pairs))}
    assert score["bleu"] != pytest.approx(np.mean([bleu([pair]) for pair in pairs]), abs=0.01)


def test_each_resample_scores_as_the_examples_in_it(task: Task) -> None:
    scores = resampled(task, PREDICTIONS, EXAMPLES)["score"]
    assert len(set(scores)) > 20
    for index, drawn in enumerate(resamples("own", len(EXAMPLES))):
        pairs = [(PREDICTIONS[i], EXAMPLES[i].target) for i in drawn]
        assert scores[index] == pytest.approx(bleu(pairs), abs=5.1e-5)
    assert len(scores) == RESAMPLES


def test_without_the_file_the_name_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(InputError, match=r"task\.metric=corpus_bleu is not allowed: .*accuracy, binary_f1, .*squad"):
        own("corpus_bleu").check()

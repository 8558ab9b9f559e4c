"""A target that generation can never write is refused where it is a label, and counted where it is free text."""

from typing import Any

import pytest
from transformers import PreTrainedTokenizerFast

from softscale import tasks
from softscale.data.writable import check_labels, unwritable
from softscale.errors import InputError
from softscale.tasks import Task
from softscale.tasks.custom import CustomTask


def task(**changes: Any) -> Task:
    values: dict[str, Any] = {"template": "{text}", "target": "y", "metric": "accuracy"}
    return tasks.of(CustomTask(name="own", input_length=64, target_length=8, **(values | changes)))


def counted(answer: Any, tokenizer: PreTrainedTokenizerFast, length: int = 8, **changes: Any) -> bool:
    made = task(**changes)
    (one,) = unwritable(made, list(made.examples({"text": "it", "y": answer}, "dev")), tokenizer, length)
    return one


@pytest.mark.parametrize(
    "label", ["the  cat", "the\ncat", "the\u00a0cat", "the\tcat", "zzz", "the zzz", "</s>", "cat.", "the\u2028cat"]
)
def test_a_label_word_that_no_model_can_write_is_refused(label: str, tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(InputError) as refused:
        check_labels(task(labels=["True", label]), tokenizer, 8)
    assert f"has the label word {label!r}, which this model's tokenizer can only write as" in str(refused.value)


def test_a_label_word_must_fit_into_what_is_written(tokenizer: PreTrainedTokenizerFast) -> None:
    made = task(labels=["the cat", "True"])
    check_labels(made, tokenizer, 2)  # two pieces; the end of sequence need not be written
    with pytest.raises(InputError) as refused:
        check_labels(made, tokenizer, 1)
    assert str(refused.value) == (
        "task.target_length=1 is not allowed: this model's tokenizer writes the label word 'the cat' of task=own in "
        "2 tokens, and no more than task.target_length are ever written"
    )


@pytest.mark.parametrize("answer", ["the  cat", " the cat", "the cat\n", "the\u00a0cat", "the zzz", "the cat </s>"])
def test_free_text_that_is_written_otherwise_is_counted(answer: str, tokenizer: PreTrainedTokenizerFast) -> None:
    assert counted(answer, tokenizer)
    assert not counted("the cat", tokenizer)


def test_free_text_that_is_too_long_is_counted(tokenizer: PreTrainedTokenizerFast) -> None:
    assert counted("the cat has a kite", tokenizer, length=4)
    assert not counted("the cat has a kite", tokenizer, length=5)


def test_what_the_metric_takes_as_the_same_text_is_not_counted(tokenizer: PreTrainedTokenizerFast) -> None:
    assert not counted("the  cat", tokenizer, metric="squad")
    assert counted("the cat zzz", tokenizer, metric="squad")


def test_one_answer_that_can_be_written_is_enough(tokenizer: PreTrainedTokenizerFast) -> None:
    assert not counted(["zzz", "cat"], tokenizer, metric="squad")
    assert counted(["zzz", "yyy"], tokenizer, metric="squad")


@pytest.mark.parametrize("answer", ["the  cat", " the cat", "the cat\n", "the\u00a0cat", "\uff54he cat"])
def test_normalised_free_text_can_be_written(answer: str, tokenizer: PreTrainedTokenizerFast) -> None:
    assert not counted(answer, tokenizer, normalise=True)


def test_nothing_of_the_generated_world_is_beyond_what_can_be_written(tokenizer: PreTrainedTokenizerFast) -> None:
    from softscale.sources.miniature import MiniatureConfig
    from softscale.world.records import RECORDS

    source = MiniatureConfig(name="miniature", seed=0, train_records=50, dev_records=50).open()
    for made in map(tasks.by_name, RECORDS):
        check_labels(made, tokenizer, 8)
        assert not any(unwritable(made, source.examples(made, "dev"), tokenizer, 8))


@pytest.mark.parametrize("metric", ["rouge_l", "chrf", "bleu", "exact_match", ["exact_match", "bleu"]])
def test_a_text_longer_than_what_is_written_is_counted_by_every_metric(
    metric: Any, tokenizer: PreTrainedTokenizerFast
) -> None:
    assert counted("the cat has", tokenizer, length=2, metric=metric)  # BLEU of both is 0: they differ in what they add
    assert not counted("the  cat  has", tokenizer, length=3, metric=metric)


def test_punctuation_that_a_tokenizer_sets_apart_is_counted_where_the_metric_sees_it(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    assert counted("the cat.", tokenizer, metric="exact_match")
    assert not counted("the cat.", tokenizer, metric=["rouge_l", "rouge_2", "bleu", "chrf"])

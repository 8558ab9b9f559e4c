"""Targets that generation can never write: a tokenizer may know neither their spaces nor their characters, and
`task.target_length` may end before they do. An answer that cannot be written is never right."""

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from softscale.backbone.text import target_ids, texts_of
from softscale.errors import InputError
from softscale.tasks.task import Example, Task


def check_labels(
    task: Task, tokenizer: PreTrainedTokenizerBase, length: int | None, answers: Sequence[str] | None = None
) -> None:
    """Raises InputError where no model could ever write the answer for a label word in `length` tokens.

    length: None for any number. answers: what is written for each label word; None: the label words.
    """
    words = task.labels if answers is None else answers
    for word, ids, written in zip(words, target_ids(tokenizer, words), as_written(words, tokenizer), strict=True):
        named = "label word" if word in task.labels else "answer in method.wording.verbaliser"
        if written != word:
            raise InputError(
                f"task={task.name} has the {named} {word!r}, which this model's tokenizer can only write as "
                f"{written!r}: choose another model, or for a task of your own other words in task.labels"
            )
        if length is not None and len(ids) - 1 > length:
            raise InputError(
                f"task.target_length={length} is not allowed: this model's tokenizer writes the {named} {word!r} "
                f"of task={task.name} in {len(ids) - 1} tokens, and no more than task.target_length are ever written"
            )


def as_written(texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, length: int | None = None) -> list[str]:
    """Each text as a model that has learnt it writes it, in at most `length` tokens."""
    return texts_of(tokenizer, [ids[:-1][:length] for ids in target_ids(tokenizer, texts)])


def unwritable(task: Task, examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase, length: int) -> list[bool]:
    """Of each example, whether no answer that counts as right can be written so that it scores as itself.

    Scored by the task's metrics: two spaces are one for SQuAD's, and two for accuracy. False where a task has label
    words, which are checked by themselves.
    """
    if task.labels:
        return [False] * len(examples)
    targets = as_written([example.target for example in examples], tokenizer, length)
    return [
        written != example.target
        and not any(_right(task, example, text, tokenizer, length) for text in example.right_ones)
        for example, written in zip(examples, targets, strict=True)
    ]


def _right(task: Task, example: Example, text: str, tokenizer: PreTrainedTokenizerBase, length: int) -> bool:
    (written,) = as_written([text], tokenizer, length)
    return written == text or all(
        (metric.statistics([written], [example]) == metric.statistics([text], [example])).all()
        for metric in task.scored_by
    )

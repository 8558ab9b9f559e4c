"""Predictions of finished runs for new records.

Several prompts over one frozen backbone answer in one batch, each example after its own prompt: the paper's mixed-task
inference (section 1 and figure 2). A run of another method answers alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from softscale import tasks
from softscale.backbone.backbone import Backbone
from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.backbone.padding import PAD, padded
from softscale.backbone.text import holds_control, text_ids
from softscale.data.batches import bounded_batches
from softscale.data.notes import CONTROL, far_notes
from softscale.errors import InputError
from softscale.finished.run import Finished
from softscale.methods.method import Context
from softscale.methods.modules.method import Method
from softscale.methods.modules.prompt_tuning import PromptTuning, prepend_each
from softscale.ranges import LONGEST
from softscale.tasks.sentinel import after_sentinel
from softscale.tasks.task import Example, Task


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One example of one record, for one run; `position` is that of the record in its file (`line 3`)."""

    position: str
    run: Finished
    example: Example

    @property
    def form(self) -> tuple[int, bool]:
        """The tokens that may be written, and whether a sentinel comes before them."""
        return self.run.study.task.target_length, self.run.study.task.sentinel


def check_together(runs: Sequence[Finished]) -> None:
    """Raises InputError where these runs cannot answer in one batch."""
    first = runs[0]
    for run in runs:
        method = run.study.method.name
        if not run.study.method.trains:
            raise InputError(f"run={run.id} is of method={method}, which trained nothing: predict needs a trained run")
        if len(tasks.of(run.study.task).parts()) > 1:
            raise InputError(f"run={run.id} is of several tasks, task={run.study.task.name}: predict is of one task")
        if len(runs) > 1 and method != "prompt_tuning":
            raise InputError(f"run={run.id} is of method={method}: only runs of prompt_tuning answer in one batch")
        if run.record.backbone["before"] != first.record.backbone["before"]:
            raise InputError(
                f"run={run.id} is of another backbone than run={first.id}: {run.study.model.name}, not "
                f"{first.study.model.name}"
            )


def asked(path: Path, records: Iterable[tuple[str, Mapping[str, Any]]], runs: Sequence[Finished]) -> list[Asked]:
    """What every run is asked of the records, in their order; a record that names its `run` asks that one only.

    Raises:
        InputError: a record is none of the run's task, but for its label, or names another run; or there is none.
    """
    by_id = {run.id: run for run in runs}
    made: list[Asked] = []
    for position, record in records:
        named = record.get("run")
        if named is not None and named not in by_id:
            raise InputError(f"{path}, {position}: field run is {named!r}, but it must be one of {', '.join(by_id)}")
        for run in runs if named is None else [by_id[named]]:
            (task,) = tasks.of(run.study.task).parts()
            try:
                made += [Asked(position=position, run=run, example=each) for each in _examples(task, record)]
            except InputError as error:
                raise InputError(f"{path}, {position}: {error}") from error
    if not made:
        raise InputError(f"input={path} has no records, but it must hold at least one")
    return made


def _examples(task: Task, record: Mapping[str, Any]) -> list[Example]:
    return list(task.examples(task.labelled(record), "dev"))


def predictions(questions: Sequence[Asked], runs: Sequence[Finished], notes: list[str]) -> list[str]:
    """What is predicted for each example, in their order; what must be known of their inputs goes into `notes`.

    Raises:
        InputError: an input is too long, or the backbone cannot be loaded or is not that of the runs.
    """
    first = runs[0]
    tokenizer = load_tokenizer(first.study.model)
    ids = text_ids(tokenizer, [each.example.input for each in questions])
    batches = list(_batches(questions, ids, first.record.runtime["eval_batch_size"]))
    notes += _notes(ids, runs, tokenizer)
    backbone = load_backbone(first.study.model, tokenizer, dropout=0.0)
    if backbone.sha256() != first.record.backbone["before"]:
        raise InputError(f"model.path={first.study.model.path} holds other weights than run={first.id} was made on")
    made = {run.id: _method(run, backbone) for run in runs}
    answers: dict[int, str] = {}
    for batch in batches:
        tokens = [ids[index] for index in batch]
        own = [made[questions[index].run.id] for index in batch]
        length, sentinel = questions[batch[0]].form
        for index, text, method in zip(batch, _written(backbone, own, tokens, length + sentinel), own, strict=True):
            answers[index] = method.answer(after_sentinel(text) if sentinel else text)
    return [answers[index] for index in range(len(questions))]


def _notes(ids: Sequence[Sequence[int]], runs: Sequence[Finished], tokenizer: PreTrainedTokenizerBase) -> list[str]:
    unknown = sum(tokenizer.unk_token_id in row for row in ids)
    control = sum(holds_control(tokenizer, row) for row in ids)
    notes = far_notes(list(map(len, ids)), max(run.study.task.input_length for run in runs), "inputs")
    if unknown:
        notes.append(f"{unknown} of {len(ids)} inputs hold text that the tokenizer reads as <unk>")
    if control:
        notes.append(f"{control} of {len(ids)} inputs hold {CONTROL}")
    return notes


def _method(run: Finished, backbone: Backbone) -> Method:
    """The run's method with what it trained."""
    context = Context(
        backbone=backbone,
        words=tasks.of(run.study.task).init_words,
        generator=torch.Generator().manual_seed(run.study.seed),
        notes=[],
    )
    if run.study.method.name == "prompt_tuning":  # needs no file or run that it once started from
        return PromptTuning(run.tensors["prompt"])
    method = run.study.method.build(context)
    method.load(run.tensors)
    return method


def _batches(questions: Sequence[Asked], ids: Sequence[Sequence[int]], size: int) -> Iterator[list[int]]:
    """Indices of questions answered at once: of one form, inputs of similar length together, runs mixed.

    Raises InputError, naming the record, for an input that is too long.
    """
    for question, row in zip(questions, ids, strict=True):
        if len(row) > LONGEST:
            raise InputError(f"{question.position}: an input has {len(row):,} tokens, but at most {LONGEST:,} are read")
    alike: dict[tuple[int, bool], list[int]] = defaultdict(list)
    for index, question in enumerate(questions):
        alike[question.form].append(index)
    for indices in alike.values():
        for batch in bounded_batches([len(ids[index]) for index in indices], size):
            yield [indices[each] for each in batch]


@torch.no_grad()
def _written(backbone: Backbone, methods: Sequence[Method], tokens: Sequence[Sequence[int]], length: int) -> list[str]:
    """The text of at most `length` tokens for each row of token ids, by its own method."""
    embedded = backbone.embed(padded(tokens, PAD))
    mask = padded([[1] * len(row) for row in tokens], 0)
    prompts = [method.prompt for method in methods if isinstance(method, PromptTuning)]
    if prompts:
        return backbone.generate(*prepend_each(prompts, embedded, mask), length)
    (method,) = set(methods)
    with method.attach(backbone):
        return backbone.generate(*method.join(embedded, mask), length)

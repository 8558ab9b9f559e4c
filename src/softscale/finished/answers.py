"""Predictions of finished runs for new records.

Several prompts over one frozen backbone answer in one batch, each example after its own prompt: the paper's mixed-task
inference (section 1 and figure 2). A run of another method answers alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from softscale import tasks
from softscale.backbone.backbone import Backbone
from softscale.backbone.load import load_tokenizer
from softscale.backbone.text import input_holds_control, input_ids
from softscale.config import Runtime
from softscale.data.batches import scoring_batches
from softscale.data.context import room
from softscale.data.notes import CONTROL, far_notes
from softscale.devices.available import torch_device
from softscale.errors import InputError
from softscale.finished.backbone import backbone_of
from softscale.finished.mixed_batch import Question, answers
from softscale.finished.run import Finished
from softscale.methods.method import Context
from softscale.methods.modules.method import Method
from softscale.methods.modules.prompt_tuning import PromptTuning
from softscale.ranges import LONGEST
from softscale.tasks.task import Example, Task


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One example of one record, for one run; `position` is that of the record in its file (`line 3`)."""

    position: str
    run: Finished
    example: Example


def check_answers(run: Finished) -> None:
    """Raises InputError where this run can answer nothing."""
    if not run.study.method.trains:
        method = run.study.method.name
        raise InputError(f"run={run.id} is of method={method}, which trained nothing: predict needs a trained run")
    if len(tasks.of(run.study.task).parts()) > 1:
        raise InputError(f"run={run.id} is of several tasks, task={run.study.task.name}: predict is of one task")


def check_together(runs: Sequence[Finished]) -> None:
    """Raises InputError where these runs cannot answer in one batch."""
    first = runs[0]
    for run in runs:
        check_answers(run)
        if len(runs) > 1 and run.study.method.name != "prompt_tuning":
            raise InputError(
                f"run={run.id} is of method={run.study.method.name}: only runs of prompt_tuning answer in one batch"
            )
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
                made += [Asked(position=position, run=run, example=each) for each in unlabelled(task, record)]
            except InputError as error:
                raise InputError(f"{path}, {position}: {error}") from error
    if not made:
        raise InputError(f"input={path} has no records, but it must hold at least one")
    return made


def unlabelled(task: Task, record: Mapping[str, Any]) -> list[Example]:
    """What a record asks, with its label or without. Raises InputError for what is no record of the task."""
    return list(task.examples(task.labelled(record), "dev"))


def predictions(questions: Sequence[Asked], runs: Sequence[Finished], notes: list[str], runtime: Runtime) -> list[str]:
    """What is predicted for each example, in their order; what must be known of their inputs goes into `notes`.

    runtime: the device, its threads, and how many examples at once.

    Raises:
        InputError: an input is too long, or the backbone cannot be loaded or is not that of the runs.
    """
    first, device = runs[0], torch_device(runtime)
    torch.set_num_threads(runtime.threads)
    tokenizer = load_tokenizer(first.study.model)
    ids = input_ids(tokenizer, [each.example.input for each in questions])
    for question, row in zip(questions, ids, strict=True):
        most = longest(question.run)
        if len(row) > most:
            raise InputError(f"{question.position}: an input has {len(row):,} tokens, but at most {most:,} are read")
    notes += notes_on(ids, runs, tokenizer)
    backbone = backbone_of(first, tokenizer)
    made = {run.id: method_of(run, backbone).to(device) for run in runs}
    backbone.to(device)
    rows = [Question.of(row, each.run, made[each.run.id]) for row, each in zip(ids, questions, strict=True)]
    answered: dict[int, str] = {}
    for batch in scoring_batches(list(map(len, ids)), runtime):
        texts = answers(backbone, first.study.model.dtype, [rows[index] for index in batch])
        answered |= zip(batch, texts, strict=True)
    return [answered[index] for index in range(len(rows))]


def longest(run: Finished) -> int:
    """Tokens that an input of a run may have."""
    most = room(run.study)
    return LONGEST if most is None else min(LONGEST, most)


def notes_on(ids: Sequence[Sequence[int]], runs: Sequence[Finished], tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """What must be known of inputs, each with its end, that these runs are asked."""
    unknown = sum(tokenizer.unk_token_id in row for row in ids)
    control = sum(input_holds_control(tokenizer, row) for row in ids)
    notes = far_notes(list(map(len, ids)), max(run.study.task.input_length for run in runs), "inputs")
    if unknown:
        notes.append(f"{unknown} of {len(ids)} inputs hold text that the tokenizer reads as <unk>")
    if control:
        notes.append(f"{control} of {len(ids)} inputs hold {CONTROL}")
    return notes


def method_of(run: Finished, backbone: Backbone) -> Method:
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

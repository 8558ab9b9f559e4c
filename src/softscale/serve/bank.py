"""The prompts that are served: runs of prompt tuning on one backbone, added and removed while it answers.

A request keeps the prompt that it found, so a run that is removed still answers what was asked of it before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from softscale import tasks
from softscale.errors import InputError
from softscale.finished.answers import check_answers
from softscale.finished.run import Finished, finished
from softscale.methods.modules.prompt_tuning import PromptTuning
from softscale.tasks.task import Task


class NotServed(LookupError):
    """No run, or not one alone, goes by a name; the message is a sentence."""


class Damaged(InputError):
    """A run cannot be read; the message names files of the server."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """One run that answers, with its prompt."""

    run: Finished
    method: PromptTuning

    @cached_property
    def task(self) -> Task:
        (task,) = tasks.of(self.run.study.task).parts()
        return task

    def summary(self) -> dict[str, Any]:
        """What a client may want to know of it, as JSON."""
        study = self.run.study
        return {
            "run": self.run.id,
            "task": study.task.name,
            "model": study.model.name,
            "prompt_length": len(self.method.prompt),
            "target_length": study.task.target_length,
            "labels": list(self.task.labels),
            "seed": study.seed,
            "dev_score": self.run.record.best["dev/score"],
        }


class Bank:
    def __init__(self, ids: Sequence[str], folder: Path, most: int) -> None:
        """The runs of these ids below `folder`. Raises InputError where one cannot be served, or not with the others.

        most: runs that are served together.
        """
        self._folder, self._most = folder, most
        self.first = self._read(ids[0])
        self._served: dict[str, Served] = {}
        for id_ in ids:
            self.add(id_)

    def add(self, id_: str) -> Served:
        """The run of that id, from now on served. Raises InputError where it cannot be."""
        if id_ in self._served:
            return self._served[id_]
        if len(self._served) >= self._most:
            raise InputError(f"run={id_} is not added: {self._most} runs are served, which is the most")
        run = self._read(id_)
        self._served[id_] = Served(run=replace(run, tensors={}), method=_prompt(run, self.first))  # held once
        return self._served[id_]

    def holds(self, id_: str) -> bool:
        """Whether a finished run of that id can be added."""
        return id_ in self._served or (self._folder / id_ / "record.json").is_file()

    def _read(self, id_: str) -> Finished:
        try:
            return finished(id_, self._folder)
        except InputError as error:
            raise Damaged(str(error)) from error

    def remove(self, id_: str) -> Served:
        """The run of that id, from now on not served. Raises NotServed where it was not."""
        if id_ not in self._served:
            raise NotServed(f"run {id_} is not served: GET /runs lists those that are")
        return self._served.pop(id_)

    def find(self, name: str) -> Served:
        """The run of that id, or the only one of the task of that name. Raises NotServed."""
        served = self._served.get(name)
        if served:
            return served
        of_task = [each for each in self.all() if each.run.study.task.name == name]
        if len(of_task) > 1:
            raise NotServed(f"{len(of_task)} runs of task {name} are served: name one by its id, which GET /runs lists")
        if not of_task:
            raise NotServed("no run or task of that name is served: GET /runs lists those that are")
        return of_task[0]

    def all(self) -> list[Served]:
        return list(self._served.values())

    def __contains__(self, id_: str) -> bool:
        return id_ in self._served

    def __len__(self) -> int:
        return len(self._served)


def _prompt(run: Finished, first: Finished) -> PromptTuning:
    """What a run trained. Raises InputError where it cannot be served beside `first`."""
    method = run.study.method.name
    if method != "prompt_tuning":
        raise InputError(f"run={run.id} is of method={method}: serve is for runs of prompt_tuning, which share a batch")
    check_answers(run)
    if run.record.backbone["before"] != first.record.backbone["before"]:
        models = f"{run.study.model.name}, not {first.study.model.name}"
        raise InputError(f"run={run.id} is of another backbone than run={first.id}: {models}")
    prompt = run.tensors.get("prompt")
    width = first.tensors["prompt"].shape[-1] if "prompt" in first.tensors else 0
    if prompt is None or prompt.shape != (run.study.method.num_positions(), width) or not prompt.isfinite().all():
        raise InputError(f"run={run.id} is damaged: its best.safetensors holds no prompt of its length")
    return PromptTuning(prompt)

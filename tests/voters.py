"""Records of runs that answered as they are told to, with their predictions published as a run does it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from tiny import study_of

from softscale import tasks
from softscale.config import Study
from softscale.figures.kind import Cell
from softscale.runs.fingerprint import fingerprint
from softscale.runs.published_predictions import publish_predictions
from softscale.runs.record import Record
from softscale.sources.miniature import MiniatureConfig
from softscale.tasks import Example
from softscale.training.predictions_file import lines, summary

Answer = Callable[[int, Example], str]  # of an example, by its place
DATA = MiniatureConfig(name="miniature", seed=0, train_records=4, dev_records=24)


def dev_of(task: str) -> list[Example]:
    return DATA.open().examples(tasks.by_name(task), "dev")


def noisy(task: str, seed: int, right: float = 0.7) -> Answer:
    """Right with that probability, and otherwise anything that the task could be answered."""
    draw = random.Random(f"{task} {seed}")
    words = tasks.by_name(task).labels or sorted({example.target for example in dev_of(task)})
    return lambda _, example: example.target if draw.random() < right else draw.choice(words)


def voter(
    folder: Path, task: str, seed: int, answer: Answer, *, model: str = "mini_1", total: int = 66_000
) -> tuple[Record, Study]:
    """A run and its study; its predictions are in `folder`."""
    scored, examples = tasks.by_name(task), dev_of(task)
    told = [answer(place, example) for place, example in enumerate(examples)]
    scores = scored.score(told, examples)
    best = {"step": 1, **{f"dev/{name}": score for name, score in scores.items()}}
    best["dev/score"] = scored.selecting_score(scores)
    content = lines(told, told, examples)
    made = study_of(folder, task=task, seed=seed)
    study = replace(made, data=DATA, model=replace(made.model, name=model, source="miniature", path=model))
    record = Record(
        id=fingerprint(study),
        study=asdict(study),
        runtime={},
        parameters={"total": total + 64, "trained": 64, "stored": 64, "bytes": 300},
        backbone={"before": "a", "after": "a"},
        data={"train": 4, "dev": len(examples), "train_cut": 0, "majority": 0.5},
        curve=[best],
        best=best,
        last=best,
        predictions=summary(scored, content),
        notes=[],
        provenance={"commit": "c", "dirty": False, "device": "d", "seconds": 1.0, "versions": {}},
    )
    publish_predictions(content, folder / f"{record.id}.jsonl.gz")
    return record, study


def cells_of(made: Sequence[tuple[Record, Study]]) -> list[Cell]:
    return [
        {
            "id": record.id,
            "model": study.model.name,
            "method": study.method.name,
            "task": study.task.name,
            "tasks": [study.task.name],
            "seed": study.seed,
        }
        for record, study in made
    ]

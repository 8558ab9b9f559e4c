"""The file of a run's predictions, and what a record says of it."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from softscale.runs.label_first import begun
from softscale.runs.published_predictions import scoring_fields
from softscale.tasks.task import Example, Task


def summary(task: Task, content: bytes) -> dict[str, Any]:
    """Of a file of predictions: sha256, and numbers of predictions.

    count: all; commonest: those that are the commonest text; illegal: those that are no label of the task (-1: it has
    none); of the illegal ones, empty: those without any text, copied: those that stand in the input, word for word,
    begun: those that begin with a label and go on, begun_right: with the right one.
    """
    rows = [json.loads(line) for line in content.splitlines()]
    illegal = [row for row in rows if row["prediction"] not in task.labels] if task.labels else []
    return {
        "sha256": hashlib.sha256(content).hexdigest(),
        "count": len(rows),
        "commonest": Counter(row["prediction"] for row in rows).most_common(1)[0][1],
        "illegal": len(illegal) if task.labels else -1,
        "empty": sum(not row["prediction"].strip() for row in illegal),
        "copied": sum(_stands_in(row["prediction"], row["input"]) for row in illegal),
        **begun(task, ((row["prediction"], row["target"]) for row in illegal)),
    }


def _stands_in(text: str, whole: str) -> bool:
    return bool(text.strip()) and f" {' '.join(text.split())} " in f" {' '.join(whole.split())} "


def predictions_in(content: bytes) -> list[str]:
    """The predictions of a file of them, in the order of the data."""
    return [json.loads(line)["prediction"] for line in content.splitlines()]


def lines(written: Sequence[str], predictions: Sequence[str], examples: Sequence[Example]) -> bytes:
    """A file of predictions, one JSON object an example in the order of the data.

    What was read, what is right and what was predicted; beside it what scoring needs where that is more than the
    target, and what was written, where that is another text.
    """
    rows = (
        {"input": example.input, "target": example.target, "prediction": prediction}
        | scoring_fields(example)
        | ({"written": text} if text != prediction else {})
        for text, prediction, example in zip(written, predictions, examples, strict=True)
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()

"""The published predictions of runs, split: the examples of a dev set once, and of each run its answers alone."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from softscale import tasks
from softscale.errors import InputError
from softscale.metrics.squad import normalised
from softscale.tasks.wsc import referent_judgement

Row = Mapping[str, Any]  # input, target, prediction; where there are such: label, answers, group, written
SHOWN = ("input", "target", "label", "answers", "group")


@dataclass(frozen=True)
class Answers:
    """What one run answered.

    examples: the name of the set that it was asked.
    content: `texts`, the distinct answers; `given`, an index of them an example; `wrong` and `illegal`, indices of
    examples; `written`, by index, what the model wrote where that is another text. `illegal` is null for free text.
    """

    examples: str
    content: Mapping[str, Any]


class Examples:
    """The distinct sets of examples of all runs, by name; columns of SHOWN, each a list over the examples."""

    def __init__(self) -> None:
        self.sets: dict[str, dict[str, list[Any]]] = {}

    def add(self, rows: Sequence[Row]) -> str:
        """The name of the set that these rows are about, which is kept if it is new."""
        columns = {name: [row.get(name, "") for row in rows] for name in SHOWN}
        columns = {name: values for name, values in columns.items() if any(values) or name in ("input", "target")}
        name = hashlib.sha256(json.dumps(columns).encode()).hexdigest()[:12]
        self.sets.setdefault(name, columns)
        return name


def read_answers(path: Path, record: Row, examples: Examples) -> Answers | None:
    """What the run of a record answered; None where nothing is published, or not what the record was made with."""
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error):
        return None
    if hashlib.sha256(content).hexdigest() != record["predictions"].get("sha256"):
        return None
    rows = [json.loads(line) for line in content.splitlines()]
    texts = {text: index for index, text in enumerate(dict.fromkeys(row["prediction"] for row in rows))}
    labels = labels_of(record["study"]["task"])
    illegal = [index for index, row in enumerate(rows) if row["prediction"] not in labels] if labels else None
    return Answers(
        examples=examples.add(rows),
        content={
            "texts": list(texts),
            "given": [texts[row["prediction"]] for row in rows],
            "wrong": [index for index, row in enumerate(rows) if not is_right(row)],
            "illegal": illegal,
            "written": {index: row["written"] for index, row in enumerate(rows) if "written" in row},
        },
    )


def labels_of(task: Mapping[str, Any]) -> tuple[str, ...]:
    """The label words of a recorded task, none for free text; of one's own task those of its configuration."""
    own = task.get("labels")
    if own:
        return tuple(map(str, own.values() if isinstance(own, Mapping) else own))
    try:
        return tasks.by_name(task["name"]).labels
    except InputError:
        return ()


def is_right(row: Row) -> bool:
    """Whether the answer to one example is right.

    Of several right answers one must be met, without case, punctuation and articles (SQuAD); of WSC the judgement of
    the referent must be the label; of all else the answer is the target.
    """
    prediction = row["prediction"]
    if row.get("answers"):
        return normalised(prediction) in map(normalised, row["answers"])
    if row.get("label"):
        return referent_judgement(prediction, row["target"]) == row["label"]
    return prediction == row["target"]

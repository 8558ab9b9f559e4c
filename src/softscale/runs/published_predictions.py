"""The published predictions of a run: `results/predictions/<id>.jsonl.gz`, from which a vote can be scored anywhere.

The content is that of `predictions.jsonl` in the run's folder, whose sha256 is in the record; the file is packed so
that equal content gives equal bytes. Each line holds what scoring needs beside the prediction (target, label, answers,
group), so that a page needs neither the run's folder nor the source of the data, which may be elsewhere, or gone, or
another one by then: what is scored is what the run answered.
"""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from softscale.errors import InputError
from softscale.files import write_atomically
from softscale.tasks.task import Example

SCORING = ("label", "answers", "group")  # beside the target: what tasks score by; left out of a line where empty


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """One prediction an example, in the order of the data."""

    predictions: tuple[str, ...]
    examples: tuple[Example, ...]  # without `parts`, which no task scores by


def scoring_fields(example: Example) -> dict[str, Any]:
    """What a line of predictions tells of an example beside its input and target."""
    return {name: getattr(example, name) for name in SCORING if getattr(example, name)}


def publish_predictions(content: bytes, path: Path) -> None:
    """Write `content` packed to `path`, unless it is there already."""
    if path.exists() and _unpacked(path) == content:
        return
    packed = io.BytesIO()
    # A file object of gzip's own rather than gzip.compress, whose header names the system before Python 3.13.
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as file:
        file.write(content)
    write_atomically(path, packed.getvalue())


def read_predictions(path: Path, recorded: Mapping[str, Any]) -> Predictions:
    """What is published at `path`; `recorded`: the `predictions` of the run's record.

    Raises:
        InputError: the file does not hold what the record was made with.
        FileNotFoundError: there is none.
    """
    content = _unpacked(path)
    found = hashlib.sha256(content).hexdigest() if content is not None else "unreadable"
    if content is None or found != recorded["sha256"]:
        raise InputError(
            f"{path} does not hold the predictions that its record was made with (sha256 {found[:12]}, and the record "
            f"says {recorded['sha256'][:12]}): restore it from git, or delete it and its run and train the cell again"
        )
    rows = [json.loads(line) for line in content.splitlines()]
    return Predictions(
        predictions=tuple(row["prediction"] for row in rows),
        examples=tuple(_example(row) for row in rows),
    )


def _example(row: Mapping[str, Any]) -> Example:
    return Example(
        input=row["input"],
        target=row["target"],
        label=row.get("label", ""),
        answers=tuple(row.get("answers", ())),
        group=row.get("group", ""),
    )


def _unpacked(path: Path) -> bytes | None:
    """The content of a packed file; None where it is damaged. Raises FileNotFoundError where there is none."""
    try:
        return gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return None

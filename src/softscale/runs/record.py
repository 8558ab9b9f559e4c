"""The record of a finished run: one JSON file, written last and never touched again.

`runs/<id>/record.json` is the proof that a run is done; a copy in `results/records/` is what tables are made from and
what is committed. Scores are fractions; metric keys are paths such as `dev/accuracy`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from softscale.errors import InputError
from softscale.files import write_atomically

SCHEMA = 3  # 2 has transfer; 3 has resampled, and more of predictions


@dataclass(kw_only=True)
class Record:
    """Everything that is known of a finished run."""

    id: str
    study: dict[str, Any]  # in full, defaults included
    runtime: dict[str, Any]
    parameters: dict[str, int]  # total, trained, stored, bytes
    backbone: dict[str, str]  # sha256 of the weights, before and after
    # train, dev: examples; train_cut: inputs over the limit; majority: best constant answer; of a mixture also
    # <task>/train, <task>/dev, <task>/majority
    data: dict[str, float]
    curve: list[dict[str, float]]  # step, train/loss, dev/<metric> (of a mixture dev/<task>/<metric>), dev/score
    best: dict[str, float]  # the point of the curve with the highest dev/score, the earliest of equals
    last: dict[str, float]
    # of the best step on dev: sha256 of the file, count, illegal, and since schema 3 commonest, empty, copied
    # (evaluation.summary); of a mixture those of each task, by its name; `transfer/<task>`: those
    predictions: dict[str, Any]
    notes: list[str]  # what is no error but must be known
    provenance: dict[str, Any]
    transfer: dict[str, float] = field(default_factory=dict)  # transfer/<task>/<metric>, of the best step
    # The best step's score on each resample of a dev set (resampling.py): of `dev` (of a mixture `dev/<task>`) and of
    # `transfer/<task>`; empty before schema 3.
    resampled: dict[str, list[float]] = field(default_factory=dict)
    schema: int = SCHEMA

    def write(self, path: Path) -> None:
        """Write to a temporary name, sync, rename."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True, allow_nan=False) + "\n"
        write_atomically(path, text.encode())


def read_record(path: Path) -> Record:
    """The record in `path`.

    Raises:
        InputError: it is no record, or one of a newer schema than this version knows.
    """
    try:
        values = json.loads(path.read_text())
        schema = int(values["schema"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise InputError(f"{path} is not a record ({why}); delete it to run the cell again") from error
    if schema > SCHEMA:
        raise InputError(f"{path} has schema {schema}, and this softscale reads up to {SCHEMA}: update softscale")
    if schema == 1:  # no run before schema 2 had a transfer
        values = {"transfer": {}, **values, "study": {"transfer": [], **values["study"]}}
    if schema < 3:  # nor any before schema 3 resamples
        values = {"resampled": {}, **values}
    names = {part.name for part in fields(Record)}
    if set(values) != names:
        odd = ", ".join(sorted(set(values) ^ names))
        raise InputError(f"{path} is not a record of schema {schema}: missing or unknown {odd}")
    return Record(**values)


def read_records(folder: Path, ids: Iterable[str]) -> list[Record]:
    """The records of `ids` that are in `folder`; an id without one is left out."""
    return [read_record(path) for path in (folder / f"{id_}.json" for id_ in ids) if path.exists()]


def dotted(node: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values by their full names, as they are typed: {"optim": {"lr": 0.3}} as {"optim.lr": 0.3}.

    An empty mapping has none.
    """
    values: dict[str, Any] = {}
    for name, value in node.items():
        values |= dotted(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return values

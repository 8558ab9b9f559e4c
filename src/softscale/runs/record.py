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
from softscale.files import unique_keys, write_atomically
from softscale.runs.record_values import is_id, problem
from softscale.runs.recorded_study import recorded_id

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
    # of the best step on dev: sha256 of the file, count, illegal, and since schema 3 commonest, empty, copied,
    # later begun, begun_right (evaluation.summary; label_first.completed counts these two for older records); of a
    # mixture those of each task, by its name; `transfer/<task>`: those
    predictions: dict[str, Any]
    notes: list[str]  # what is no error but must be known
    provenance: dict[str, Any]
    transfer: dict[str, float] = field(default_factory=dict)  # transfer/<task>/<metric>, of the best step
    # The best step's score on each resample of a dev set (resampling.py): of `dev` (of a mixture `dev/<task>`) and of
    # `transfer/<task>`; empty before schema 3. Where dev is scored by several metrics, that of each as `dev/<metric>`
    # too, which older runs of schema 3 lack.
    resampled: dict[str, list[float]] = field(default_factory=dict)
    schema: int = SCHEMA

    def write(self, path: Path) -> None:
        """Write to a temporary name, sync, rename."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True, allow_nan=False) + "\n"
        write_atomically(path, text.encode())


def read_record(path: Path) -> Record:
    """The record in `path`, its values checked.

    Raises:
        InputError: it is no record, or not that of the run whose file this is, or one of a newer schema than this
            version knows.
    """
    try:
        values = json.loads(path.read_bytes(), object_pairs_hook=unique_keys)
        schema = values["schema"]
        if type(schema) is not int or schema < 1:
            raise ValueError(f"schema must be 1 to {SCHEMA}, and it is {schema!r}")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _no_record(path, f"{type(error).__name__}: {error}") from error
    if schema > SCHEMA:
        raise InputError(f"{path} has schema {schema}, and this softscale reads up to {SCHEMA}: update softscale")
    if schema == 1 and isinstance(values.get("study"), dict):  # no run before schema 2 had a transfer
        values = {"transfer": {}, **values, "study": {"transfer": [], **values["study"]}}
    if schema < 3:  # nor any before schema 3 resamples
        values = {"resampled": {}, **values}
    names = {part.name for part in fields(Record)}
    if set(values) != names:
        odd = ", ".join(sorted(set(values) ^ names))
        raise InputError(
            f"{path} is not a record of schema {schema}: missing or unknown {odd}; delete it to run the cell again"
        )
    wrong = problem(values) or _other_run(path, values)
    if wrong:
        raise _no_record(path, wrong)
    return Record(**values)


def _no_record(path: Path, why: str) -> InputError:
    return InputError(f"{path} is not a record ({why}); delete it to run the cell again")


def _other_run(path: Path, values: Mapping[str, Any]) -> str | None:
    """What shows that a record is not that of the run whose file it is in; None where nothing does."""
    own, named = values["id"], path.parent.name if path.name == "record.json" else path.stem
    if is_id(named) and named != own:
        return f"its id is {own}"
    told = recorded_id(values["study"])
    return f"its study is that of {told}" if told not in (None, own) else None


def read_records(folder: Path, ids: Iterable[str], damaged: list[str] | None = None) -> list[Record]:
    """The records of `ids` that are in `folder`; an id without one is left out.

    damaged: where given, one that cannot be read is left out too, and what is wrong with it is added here.

    Raises:
        InputError: one cannot be read, and `damaged` is not given.
    """
    found = []
    for path in (folder / f"{id_}.json" for id_ in ids):
        if not path.exists():
            continue
        try:
            found.append(read_record(path))
        except InputError as error:
            if damaged is None:
                raise
            damaged.append(str(error))
    return found


def dotted(node: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values by their full names, as they are typed: {"optim": {"lr": 0.3}} as {"optim.lr": 0.3}.

    An empty mapping has none.
    """
    values: dict[str, Any] = {}
    for name, value in node.items():
        values |= dotted(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return values

"""usage: softscale predict run=ID[,ID…] input=FILE [to=FILE] [model.path=DIR] [runtime=gpu] [runtime.KEY=VALUE …]

Predictions of finished runs for the records of a JSONL or CSV file, in the layout of the run's task; labels may be
missing, null or empty. Several runs of prompt tuning on one backbone answer together, each example after its own run's
prompt: every record, or where a record has a field `run` that one. A line of JSON for each example: place, run, input,
prediction. model.path=DIR says where the model of the runs is now, if it was moved; device, threads and size of a batch
are those of `runtime`, as in training.

  softscale predict run=0d3a65273e6f input=RTE/test.jsonl to=predictions.jsonl
  softscale predict run=0d3a65273e6f,6f3b1676dd8d input=questions.jsonl
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from softscale.commands.options import check_can_be_made, options
from softscale.config import Runtime
from softscale.errors import InputError
from softscale.files import write_atomically
from softscale.finished.run import finished
from softscale.sources.custom import READERS
from softscale.sources.readers.json_lines import json_lines

RUNTIME = ("runtime", "runtime.runs", "runtime.device", "runtime.threads", "runtime.eval_batch_size")


def main(arguments: Sequence[str]) -> int:
    values = options("predict", arguments, ("run", "input", "to", "model.path", *RUNTIME), needed=("run", "input"))
    path = Path(values["input"]).expanduser()
    if not path.is_file():
        raise InputError(f"input={values['input']} is not a file: give a JSONL or CSV file of records")
    to = _output(values["to"], path, Path(values.get("runtime.runs", "runs"))) if "to" in values else None
    ids = values["run"].split(",")
    if len(set(ids)) < len(ids):
        raise InputError(f"run={values['run']} is not allowed: it must name each run once")
    runs = [finished(each, Path(values.get("runtime.runs", "runs")), values.get("model.path")) for each in ids]

    from softscale.finished.answers import asked, check_together, predictions

    runtime = _runtime([f"{name}={values[name]}" for name in RUNTIME if name in values])
    check_together(runs)
    examples = asked(path, READERS.get(path.suffix, json_lines)(path), runs)
    notes: list[str] = []
    rows = [
        {"place": each.position, "run": each.run.id, "input": each.example.input, "prediction": prediction}
        for each, prediction in zip(examples, predictions(examples, runs, notes, runtime), strict=True)
    ]
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if to is None:
        print(text, end="")
        return 0
    write_atomically(to, text.encode())
    print(f"{len(rows)} predictions: {values['to']}")
    return 0


def _runtime(overrides: Sequence[str]) -> Runtime:
    """Raises InputError where a value is out of range, or the device is not here."""
    from softscale.compose.cells import hydra_session, single
    from softscale.devices.available import check_devices

    with hydra_session():
        runtime = single(overrides).config.runtime
    runtime.check()
    check_devices(runtime)
    return runtime


def _output(typed: str, source: Path, runs: Path) -> Path:
    """The file to write. Raises InputError where it cannot be one, or would take the place of what is read."""
    to = Path(typed).expanduser()
    refused = f"to={typed} is not allowed"
    if not typed or to.is_dir() or (to.exists() and not to.is_file()):
        raise InputError(f"{refused}: it must name a file to write")
    if to.exists() and to.samefile(source):
        raise InputError(f"{refused}: it is the input, which would be lost")
    if to.resolve().is_relative_to(runs.resolve()):
        raise InputError(f"{refused}: it is within {runs}, where the files of runs are")
    check_can_be_made(to, typed)
    return to

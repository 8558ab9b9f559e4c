"""usage: softscale plan experiment=… [key=value …]

What an experiment (or a sweep typed out, or one study) would cost, before anything is spent and without weights: for
each model and method its cells by state, trained parameters, FLOPs, memory and the devices that have it, and hours. A
cell that another experiment has too is trained once.

  softscale plan experiment=paper/figure_1_scale
  softscale plan model=t5_xl_lm,t5_xxl_lm data=hub task=boolq,rte model.dtype=bf16
"""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from softscale.compose.cells import cells, hydra_session
from softscale.costs.plan import groups_of, written_plan
from softscale.runs.job import PUBLISHED, Job, states_of
from softscale.runs.record import Record, read_records


def main(arguments: Sequence[str]) -> int:
    overrides = [argument for argument in arguments if argument not in ("-m", "--multirun")]
    with _collecting_no_garbage(), hydra_session():
        jobs = {job.id: job for job in (Job.of(cell.config, cell.experiment) for cell in cells(overrides))}
    damaged: list[str] = []
    records: dict[str, Record] = {}
    for results in dict.fromkeys([PUBLISHED, Path(next(iter(jobs.values())).runtime.results)]):
        folder = results / "records"
        found = read_records(folder, (path.stem for path in sorted(folder.glob("*.json"))), damaged)
        records |= {record.id: record for record in found}  # of a run that was made again here, its time here
    for sentence in damaged:
        print(f"note: skipped: {sentence}", file=sys.stderr)
    notes: list[str] = []
    states = states_of(jobs, notes)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    print(written_plan(groups_of(list(jobs.values()), list(records.values()), states)))
    return 0


@contextmanager
def _collecting_no_garbage() -> Iterator[None]:
    """Importing and composing keep nearly all that they make: looking for garbage is a tenth of their time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()

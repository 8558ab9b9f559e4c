"""usage: softscale status experiment=… [key=value …]

Which cells of an experiment (or of a sweep typed out) are done, interrupted, failed, damaged and to do.
"""

import sys
from collections import Counter
from collections.abc import Sequence

from softscale.commands.counted import counted
from softscale.compose.cells import cells, hydra_session
from softscale.runs.job import Job, states_of


def main(arguments: Sequence[str]) -> int:
    overrides = [argument for argument in arguments if argument not in ("-m", "--multirun")]
    with hydra_session():
        experiment = counted(overrides)
        if experiment:
            print(f"experiment={experiment} is counted: nothing is to be trained; softscale report shows it")
            return 0
        jobs = {}
        for cell in cells(overrides):
            job = Job.of(cell.config, cell.experiment)
            jobs.setdefault(job.id, job)
    notes: list[str] = []
    states = states_of(jobs, notes)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    for id_, job in jobs.items():
        study = job.study
        names = f"{study.model.name}  {study.method.name}  {study.task.name}  seed {study.seed}"
        print(f"{id_}  {states[id_]:<11}  {names}")
    print(f"{len(jobs)} cells: " + ", ".join(f"{n} {state}" for state, n in Counter(states.values()).items()))
    return 0

"""usage: softscale recipe run=ID | [key=value …]

How a finished run, or a study before it is run, differs from the paper's recipe as printed and from the released code:
every field with its value here, its value there and the source of that.

  softscale recipe run=1938f025d99b
  softscale recipe model=t5_base_lm data=hub task=cb recipe=released
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from softscale.compose.cells import hydra_session, single
from softscale.compose.deviations import RECIPES, deviations
from softscale.errors import InputError
from softscale.markdown import aligned_table
from softscale.runs.job import PUBLISHED, Job
from softscale.runs.record import dotted, read_record


def main(arguments: Sequence[str]) -> int:
    runs = [argument.removeprefix("run=") for argument in arguments if argument.startswith("run=")]
    overrides = [argument for argument in arguments if not argument.startswith("run=")]
    if len(runs) > 1:
        raise InputError(f"run={runs[1]} is one run too many: give one run=ID")
    with hydra_session():
        job = Job.of(single(overrides).config, None)
        id_, study = _recorded(runs[0], job, overrides) if runs else (job.id, asdict(job.study))
        flat = dotted(study)
        print(f"{id_}  {flat['model.name']}  {flat['method.name']}  {flat['task.name']}  seed {flat['seed']}")
        for recipe, words in RECIPES.items():
            found = deviations(flat, recipe)
            print(f"\n{recipe}, {words}: {len(found)} deviations")
            rows = [[each.field, each.here, each.there, each.source] for each in found]
            if rows:
                print(aligned_table(["field", "here", "there", "source"], rows, left=4))
    return 0


def _recorded(id_: str, job: Job, overrides: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The study of a finished run, from its folder or from the published records."""
    for override in overrides:
        if not override.startswith("runtime"):
            raise InputError(f"{override} cannot be given beside run={id_}: a record holds its whole study")
    runtime = job.runtime
    published = dict.fromkeys([Path(runtime.results), PUBLISHED])
    files = [Path(runtime.runs) / id_ / "record.json", *(each / "records" / f"{id_}.json" for each in published)]
    for file in files:
        if file.is_file():
            return id_, read_record(file).study
    raise InputError(f"run={id_} is not a finished run: there is no {', '.join(map(str, files))}")

"""usage: softscale neighbours experiment=… [key=value …]

What the trained prompts of an experiment are near to in the vocabulary of their models (paper, section 7), beside
random vectors: shares of rows with tight clusters, of shared nearest pieces, of label words that are near. Needs the
runs themselves (runtime.runs); writes results/<experiment>/neighbours.csv and neighbours.md.

  softscale neighbours experiment=miniature/figure_3b_init
"""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from softscale import tasks
from softscale.compose.cells import cells, hydra_session
from softscale.errors import InputError
from softscale.files import write_atomically
from softscale.finished.neighbours import NEIGHBOURS, Row, row_of, to_markdown
from softscale.runs.job import Job

if TYPE_CHECKING:
    from softscale.finished.run import Finished


def main(arguments: Sequence[str]) -> int:
    with hydra_session():
        found = cells(arguments)
        experiment, runtime = found[0].experiment, found[0].config.runtime
        if experiment is None:
            raise InputError("neighbours needs an experiment: give one with experiment=…, as listed in experiments/")
        jobs = {job.id: job for job in (Job.of(cell.config, experiment) for cell in found)}
    prompts = {id_: job for id_, job in jobs.items() if job.study.method.name == "prompt_tuning"}
    rows, missing = _rows(prompts, Path(runtime.runs))
    if not rows:
        raise InputError(f"none of the {len(prompts)} prompts of experiment={experiment} is in {runtime.runs}")
    import pandas as pd

    folder = Path(runtime.results) / experiment
    table = pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")
    write_atomically(folder / NEIGHBOURS, table.encode())
    page = folder / NEIGHBOURS.replace(".csv", ".md")
    write_atomically(page, to_markdown(rows).encode())
    print(page.read_text())
    holes = f", {missing} not found" if missing else ""
    print(f"{folder / NEIGHBOURS} and {page.name} of {len(rows)} prompts{holes}")
    return 0


def _rows(prompts: Mapping[str, Job], runs: Path) -> tuple[list[Row], int]:
    """The rows of prompts that were trained here, and how many were not; each backbone is loaded once."""
    from softscale.backbone.load import load_tokenizer
    from softscale.backbone.text import written_ids
    from softscale.finished.backbone import backbone_of
    from softscale.finished.run import finished
    from softscale.finished.vocabulary import by_chance

    done = [finished(id_, runs) for id_ in sorted(prompts) if (runs / id_ / "record.json").is_file()]
    rows = []
    for name, group in groupby(sorted(done, key=_model), key=_model):
        finished_runs = list(group)
        tokenizer = load_tokenizer(finished_runs[0].study.model)
        embeddings = backbone_of(finished_runs[0], tokenizer).embeddings
        print(f"{name}: {len(finished_runs)} prompts", flush=True)
        random_prompts = cache(partial(by_chance, embeddings=embeddings))  # the same for all prompts of a length
        for run in finished_runs:
            labels = tasks.of(run.study.task).init_words
            rows.append(row_of(run, embeddings, written_ids(tokenizer, labels), random_prompts))
    return rows, len(prompts) - len(done)


def _model(run: "Finished") -> str:
    return run.study.model.name

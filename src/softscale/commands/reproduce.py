"""usage: softscale reproduce [published=DIR] experiment=… [key=value …]

Trains what is not done yet, as train does, and holds every score against the published one of the same study: it is
reproduced within the published run's 95 % interval over examples, and always within one point. Published scores are
first held against their published predictions. Exit code 0: all are reproduced; 1: not all, or a run failed.

  softscale reproduce experiment=miniature/figure_1_first_look
  softscale reproduce experiment=miniature/figure_1_scale model=mini_1 task=rte
"""

from collections.abc import Sequence
from pathlib import Path

from softscale.commands import train
from softscale.commands.report import experiment_of, published_records
from softscale.compose.cells import cells, hydra_session
from softscale.errors import InputError
from softscale.runs.job import PUBLISHED
from softscale.tables.reproduction import in_words, misstated, reproduced


def main(arguments: Sequence[str]) -> int:
    given = [argument.removeprefix("published=") for argument in arguments if argument.startswith("published=")]
    overrides = [argument for argument in arguments if not argument.startswith("published=")]
    results = Path(given[-1]) if given else PUBLISHED
    with hydra_session():
        found = cells(overrides)
        experiment = experiment_of(found)
    own = Path(found[0].config.runtime.results)
    if own.resolve() == results.resolve():
        raise InputError(f"runtime.results={own} is not allowed: these are the published results themselves")
    published = published_records(experiment, results)
    if not published:
        raise InputError(f"experiment={experiment.name} has no published records in {results}/records: nothing to hold")
    studies = dict(zip((cell["id"] for cell in experiment.cells), experiment.studies, strict=True))
    wrong = misstated(published, studies, results / "predictions")
    for sentence in wrong:
        print(f"published and wrong: {sentence}")
    failed = train.main(overrides)
    again = reproduced(experiment_of(found).records, published)
    if again:
        print(in_words(again))
    for each in again:
        if not each.holds:
            print(f"not reproduced: {each}")
    missing = len(experiment.cells) - len({each.id for each in again})
    if missing:
        print(f"not compared: {missing} of {len(experiment.cells)} cells, which lack a record here or a published one")
    return int(bool(failed or wrong or missing or not all(each.holds for each in again)))

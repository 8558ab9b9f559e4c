"""The whole page into a folder: assets, the charting library, and the data as scripts that are loaded when needed."""

import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from softscale.compose.deviations import RECIPES
from softscale.errors import InputError
from softscale.files import writable
from softscale.site.answers import Examples, read_answers
from softscale.site.charts import chart_of
from softscale.site.claims import read_claims
from softscale.site.columns import columns_of
from softscale.site.experiments import Experiment, Table, read_experiments
from softscale.site.runs import Deviations, read_runs
from softscale.site.scripts import script

MARK = "softscale.txt"  # says that a folder is a site of ours, which may be written anew
WORDS = "Written by `softscale site`; open index.html in a browser. The folder is replaced when it is written again.\n"
# Letters of an id that name the file of its record, and of its answers: few files, and each of them small.
RECORD_LETTERS, ANSWER_LETTERS = 1, 2


def build_site(results: Path, to: Path, damaged: list[str]) -> tuple[int, int]:
    """Write the site of `results` to the folder `to`; how many experiments and runs it shows.

    damaged: what is wrong with a record that is left out is added here.

    Raises:
        InputError: there are no results; `to` has files that are not a site's; Vega-Lite is not installed.
    """
    experiments, runs = read_experiments(results), read_runs(results, damaged)
    if not experiments and not runs:
        raise InputError(
            f"runtime.results={results} has no results: neither records nor the table.csv of an experiment; run "
            "softscale train and softscale report first"
        )
    library = _vega()
    _emptied(to)
    _write(to / "vega.js", library)
    for asset in _assets():
        _write(to / asset, files("softscale.site").joinpath("assets", asset).read_bytes())
    for name, value in _data(results, experiments, runs):
        _write(to / f"{name}.js", script(name, value))
    for experiment in experiments:
        for file in ("table.csv", *experiment.others):
            _write(to / "tables" / file_of(experiment.name) / file, (results / experiment.name / file).read_bytes())
    return len(experiments), len(runs)


def file_of(name: str) -> str:
    """An experiment's name as that of a file."""
    return re.sub(r"[^\w.-]", "-", name)


def _vega() -> bytes:
    """Vega, Vega-Lite and Vega-Embed in one script. Raises InputError where their package is missing."""
    try:
        import vl_convert
    except ImportError as missing:
        raise InputError("the charts need Vega-Lite: pip install 'softscale[site]'") from missing
    return vl_convert.javascript_bundle().encode()  # pyright: ignore[reportCallIssue]: its stub lacks the defaults


def _emptied(folder: Path) -> None:
    """The folder, empty. Raises InputError where it is not ours to empty."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"to={folder} is a file: choose a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise InputError(f"to={folder} has files that are not a site's: choose an empty folder, or a new one")
    if folder.is_dir():
        shutil.rmtree(folder)
    _write(writable(folder) / MARK, WORDS.encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _assets() -> Iterator[str]:
    """The files of assets/, by their paths within it."""
    top = files("softscale.site").joinpath("assets")
    for entry in top.iterdir():
        if entry.is_dir():
            yield from (f"{entry.name}/{inner.name}" for inner in entry.iterdir())
        else:
            yield entry.name


def _data(
    results: Path, experiments: Sequence[Experiment], runs: Sequence[dict[str, Any]]
) -> Iterator[tuple[str, Any]]:
    """Every script of data by its name, which is its path without `.js`."""
    shown, labels = _shown_in(experiments)
    examples, deviations = Examples(), Deviations()
    records: dict[str, dict[str, Any]] = defaultdict(dict)
    answered: dict[str, dict[str, Any]] = defaultdict(dict)
    rows = []
    for run in runs:
        id_ = run["id"]
        answers = read_answers(results / "predictions" / f"{id_}.jsonl.gz", run, examples)
        if answers:
            answered[id_[:ANSWER_LETTERS]][id_] = answers.content
        own = {
            "deviations": deviations.add(run["study"]),
            "examples": answers.examples if answers else None,
            "experiments": shown.get(id_, []),
        }
        records[id_[:RECORD_LETTERS]][id_] = run | own
        rows.append(_summary(run, own["examples"], labels.get(id_, "")))
    yield from ((f"data/records-{name}", chunk) for name, chunk in records.items())
    yield from ((f"predictions/{name}", chunk) for name, chunk in answered.items())
    for name, columns in examples.sets.items():
        yield f"data/examples-{name}", columns
    yield "data/runs", sorted(rows, key=lambda row: row[1:5])
    yield "data/deviations", {"recipes": RECIPES, "lists": deviations.lists}
    trained = {run["id"]: run["parameters"]["trained"] for run in runs}
    for experiment in experiments:
        yield f"data/experiment-{file_of(experiment.name)}", _experiment(experiment, trained)
    yield (
        "data/index",
        {
            "experiments": [_entry(experiment) for experiment in experiments],
            "claims": read_claims(results),
            "runs": len(runs),
        },
    )


def _shown_in(experiments: Sequence[Experiment]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Of each run, the experiments that have it, and the longest of its labels there, which tells most."""
    shown: dict[str, list[str]] = defaultdict(list)
    labels: dict[str, str] = {}
    for experiment in experiments:
        for run in experiment.runs:
            if experiment.name not in shown[run["id"]]:
                shown[run["id"]].append(experiment.name)
            labels[run["id"]] = max(labels.get(run["id"], ""), run["label"], key=len)
    return shown, labels


def _summary(run: Mapping[str, Any], examples: str | None, label: str) -> list[Any]:
    """A row of the list of all runs: id, model, label, task, seed, score, trained parameters, last step, examples."""
    study = run["study"]
    return [
        *(run["id"], study["model"]["name"], label or study["method"]["name"].replace("_", " ")),
        *(study["task"]["name"], study["seed"], run["best"]["dev/score"]),
        *(run["parameters"]["trained"], run["last"]["step"], examples),
    ]


def _entry(experiment: Experiment) -> dict[str, Any]:
    """What the list of experiments tells of one."""
    return {
        "name": experiment.name,
        "file": file_of(experiment.name),
        "title": experiment.title,
        "claim": experiment.claim,
        "rows": len(experiment.table.rows),
        "runs": len({run["id"] for run in experiment.runs}),
    }


def _experiment(experiment: Experiment, trained: Mapping[str, int]) -> dict[str, Any]:
    """All of one experiment; `trained`: parameters of the runs that have a record, to which alone a row can lead."""
    runs = [[id_ for id_ in experiment.runs_of(row) if id_ in trained] for row in experiment.table.rows]
    return {
        **_entry(experiment),
        "words": experiment.words,
        "sections": experiment.sections,
        "table": _table(experiment.table),
        "runs_of": runs,
        "trained": [max((trained[id_] for id_ in ids), default="") for ids in runs],
        "chart": chart_of(experiment.table),
        "others": {name: _table(table) for name, table in experiment.others.items()},
    }


def _table(table: Table) -> dict[str, Any]:
    """The columns, and the rows as the texts that stand in the CSV."""
    return {"columns": columns_of(table), "rows": [[row[name] for name in table.columns] for row in table.rows]}

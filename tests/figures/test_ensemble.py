"""The page of a vote: from its CSV alone, the same bytes, and honest where a vote is missing."""

from pathlib import Path

import pytest
from voters import cells_of, noisy, voter

from softscale.config import ReportConfig
from softscale.figures.ensemble import draw
from softscale.figures.kind import Experiment
from softscale.figures.page import report

WORDS = ReportConfig(kind="ensemble", title="Table 3", claim="A vote is better.")


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    folder = tmp_path / "predictions"
    made = [voter(folder, task, seed, noisy(task, seed)) for task in ("rte", "cb") for seed in range(3)]
    records, studies = [record for record, _ in made], [study for _, study in made]
    cells = cells_of(made)
    return Experiment(name="vote", cells=cells, records=records, studies=studies, predictions=folder)


def drawn(table: Path, lines: list[str]) -> bytes:
    table.write_text("\n".join(lines) + "\n")
    draw(table, table.with_name("figure.png"), title="T", caption="C")
    return table.with_name("figure.png").read_bytes()


def test_reporting_twice_changes_no_byte(experiment: Experiment, tmp_path: Path) -> None:
    first, second = (report(experiment, WORDS, tmp_path / name) for name in ("a", "b"))
    for name in ("table.csv", "table.md", "figure.png"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert b"Software" not in (first / "figure.png").read_bytes()


def test_single_runs_means_votes_the_paper_and_uncommitted_code_are_seen(
    experiment: Experiment, tmp_path: Path
) -> None:
    lines = (report(experiment, WORDS, tmp_path) / "table.csv").read_text().splitlines()
    head = lines[0].split(",")
    table = tmp_path / "table.csv"
    whole = drawn(table, lines)
    assert drawn(table, lines) == whole
    seen = [whole]
    for what in ("single", "average", "ensemble"):
        index = next(i for i, line in enumerate(lines) if f",score,{what}," in line)
        cells = lines[index].split(",")
        for name, value in (("score", "0.123456"), ("dirty", "True"), ("paper", "0.234567")):
            if (what == "single" and name != "score") or (what == "average" and name == "dirty"):
                continue
            changed = [*cells]
            changed[head.index(name)] = value
            seen.append(drawn(table, [*lines[:index], ",".join(changed), *lines[index + 1 :]]))
    assert len(set(seen)) == len(seen)


def test_a_missing_vote_is_told_on_the_page_and_under_the_figure(experiment: Experiment, tmp_path: Path) -> None:
    whole = report(experiment, WORDS, tmp_path / "whole")
    lost = experiment.records[0].id
    assert experiment.predictions
    (experiment.predictions / f"{lost}.jsonl.gz").unlink()
    partial = report(experiment, WORDS, tmp_path / "partial")
    assert f"vote not computed: predictions of {lost} are missing." in (partial / "table.md").read_text()
    assert "not computed" not in (whole / "table.md").read_text()
    assert (partial / "figure.png").read_bytes() != (whole / "figure.png").read_bytes()


def test_a_vote_of_some_of_the_runs_says_of_how_many(experiment: Experiment, tmp_path: Path) -> None:
    some = Experiment(
        name="vote",
        cells=experiment.cells,
        records=experiment.records[1:],
        studies=experiment.studies,
        predictions=experiment.predictions,
    )
    page = (report(some, WORDS, tmp_path) / "table.md").read_text()
    assert "| rte | accuracy | 2 |" in page
    assert "| cb | accuracy / f1 | 3 |" in page
    assert "not run: 1 of 6 cells" in page

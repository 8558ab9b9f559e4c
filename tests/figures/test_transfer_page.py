"""The page of zero-shot transfer: from its CSV alone, the same bytes, and a point for everything that is told."""

from pathlib import Path

import pytest
from matplotlib.image import imread
from transferred import cells_of, squad_runs, transferred

from softscale.config import ReportConfig
from softscale.figures.kind import Experiment
from softscale.figures.page import report
from softscale.figures.transfer import draw
from softscale.runs.record import Record

WORDS = ReportConfig(kind="transfer", title="Table 1", claim="Prompts transfer better.")


def page(records: list[Record], folder: Path) -> Path:
    return report(Experiment(name="t", cells=cells_of(records), records=records), WORDS, folder)


def drawn(table: Path, text: str) -> bytes:
    table.write_text(text)
    draw(table, table.with_name("figure.png"), title="T", caption="C")
    return table.with_name("figure.png").read_bytes()


def test_reporting_twice_changes_no_byte_whatever_the_order_of_the_records(tmp_path: Path) -> None:
    first, second = page(squad_runs(), tmp_path / "a"), page(squad_runs()[::-1], tmp_path / "b")
    for name in ("table.csv", "table.md", "figure.png"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert b"Software" not in (first / "figure.png").read_bytes()


@pytest.mark.parametrize("column", ["delta", "delta_std", "paper_delta", "dirty"])
def test_differences_spreads_the_paper_and_uncommitted_code_are_seen(column: str, tmp_path: Path) -> None:
    text = (page(squad_runs(), tmp_path) / "table.csv").read_text()
    head, *lines = text.splitlines()
    index = next(i for i, line in enumerate(lines) if ",prompt_tuning," in line and ",duorc,False,f1," in line)
    cells = lines[index].split('"')[-1].split(",")  # the rung has a comma, and stands first
    names = head.split(",")
    cells[names.index(column)] = "True" if column == "dirty" else "0.012345"
    lines[index] = '"'.join([*lines[index].split('"')[:-1], ",".join(cells)])
    table = tmp_path / "table.csv"
    assert drawn(table, text) == drawn(table, text)
    assert drawn(table, "\n".join([head, *lines]) + "\n") != drawn(table, text)


def test_a_second_training_task_makes_the_figure_higher_and_a_rung_does_not(tmp_path: Path) -> None:
    def height(records: list[Record], name: str) -> int:
        return imread(page(records, tmp_path / name) / "figure.png").shape[0]

    methods = ("model_tuning", "prompt_tuning")
    other = [transferred(method, "mrpc", ["qqp"]) for method in methods]
    large = [transferred(m, "squad", ["duorc", "race"], model="l", backbone=10**9) for m in methods]
    small = [transferred(m, "squad", ["duorc", "race"], model="s", backbone=10**7) for m in methods]
    assert height([*small, *other], "other") > height(small, "alone") == height([*small, *large], "rungs")


def test_without_model_tuning_the_page_says_that_there_is_no_difference(tmp_path: Path) -> None:
    alone = page([record for record in squad_runs() if record.study["method"]["name"] == "prompt_tuning"], tmp_path)
    assert "| prompt tuning | Δ |" in (alone / "table.md").read_text()
    text = (alone / "table.csv").read_text()
    with_one = (page(squad_runs(), tmp_path / "both") / "table.csv").read_text()
    assert drawn(tmp_path / "table.csv", text) != drawn(tmp_path / "table.csv", with_one)

"""The committed results follow from the committed records, and show what the README says."""

from pathlib import Path

import pandas as pd
import pytest

from softscale.commands.report import main as report
from softscale.config import ROOT

EXPERIMENT = "miniature/figure_1_first_look"
RESULTS = ROOT / "results"
TABLE = pd.read_csv(RESULTS / EXPERIMENT / "table.csv")


def test_drawing_the_committed_records_again_changes_no_byte_of_the_tables(tmp_path: Path) -> None:
    (tmp_path / "records").symlink_to(RESULTS / "records")
    report([f"experiment={EXPERIMENT}", f"runtime.results={tmp_path}"])
    for name in ("table.csv", "table.md"):
        assert (tmp_path / EXPERIMENT / name).read_bytes() == (RESULTS / EXPERIMENT / name).read_bytes()


def test_the_readme_shows_the_committed_table() -> None:
    page = (RESULTS / EXPERIMENT / "table.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert "\n".join(rows) in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("task", ["rte", "wic"])
def test_prompt_tuning_on_the_top_rung_beats_the_majority_class_by_fifteen_points_and_the_bottom_rung(task: str) -> None:
    rows = TABLE[(TABLE["task"] == task) & (TABLE["method"] == "prompt_tuning")].sort_values("total")
    bottom, top = rows.iloc[0], rows.iloc[-1]
    assert top["n"] >= 3
    assert top["mean"] >= top["majority"] + 0.15
    assert top["mean"] > bottom["mean"]

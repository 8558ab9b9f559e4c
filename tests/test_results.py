"""The committed results follow from the committed records, and show what the README says.

They are read from git: a `make study` of one's own writes other numbers into the working tree.
"""

import io
import itertools
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from softscale.commands.report import main as report
from softscale.config import ROOT

EXPERIMENT = "miniature/figure_1_first_look"
PLACE = f"results/{EXPERIMENT}"
HEAD = "| model | parameters | method | trained | rte | wic | average |"


def committed(path: str) -> bytes:
    told = subprocess.run(["git", "-C", str(ROOT), "show", f"HEAD:{path}"], capture_output=True, check=False)
    if told.returncode:
        pytest.skip(f"{path} is not in a git checkout")
    return told.stdout


def committed_records(folder: Path) -> None:
    """Write the committed records into `folder`/records."""
    (folder / "records").mkdir()
    listed = committed("results/records").decode().split()
    for name in (name for name in listed if name.endswith(".json")):
        (folder / "records" / name).write_bytes(committed(f"results/records/{name}"))


def test_drawing_the_committed_records_again_changes_no_byte_of_the_tables(tmp_path: Path) -> None:
    committed_records(tmp_path)
    report([f"experiment={EXPERIMENT}", f"runtime.results={tmp_path}"])
    for name in ("table.csv", "table.md"):
        assert (tmp_path / EXPERIMENT / name).read_bytes() == committed(f"{PLACE}/{name}")


def test_the_readme_shows_the_committed_table() -> None:
    lines = committed(f"{PLACE}/table.md").decode().splitlines()
    rows = itertools.takewhile(lambda line: line.startswith("|"), lines[lines.index(HEAD) :])
    assert "\n".join(rows) in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("task", ["rte", "wic"])
def test_a_prompt_on_the_top_rung_beats_the_majority_by_fifteen_points_and_the_bottom_rung(task: str) -> None:
    table = pd.read_csv(io.BytesIO(committed(f"{PLACE}/table.csv")))
    rows = table[(table["task"] == task) & (table["method"] == "prompt_tuning")].sort_values("total")
    bottom, top = rows.iloc[0], rows.iloc[-1]
    assert top["n"] >= 2
    assert top["mean"] >= top["majority"] + 0.15
    assert top["mean"] > bottom["mean"]

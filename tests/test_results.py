"""The committed results follow from the committed records, and show what the README says.

They are read from git: a `make study` of one's own writes other numbers into the working tree.
"""

import io
import itertools
import subprocess
import tarfile
from pathlib import Path

import pandas as pd
import pytest

from softscale.commands.report import main as report
from softscale.config import ROOT
from softscale.figures.skill_card import wilson

EXPERIMENT = "miniature/figure_1_first_look"
PLACE = f"results/{EXPERIMENT}"
# Every page of records that a fresh clone has: results/<folder>/<experiment>/table.csv.
REPORTED = sorted(
    str(table.parent.relative_to(ROOT / "results"))
    for table in ROOT.glob("results/*/*/table.csv")
    if (ROOT / "experiments" / table.parent.relative_to(ROOT / "results")).with_suffix(".yaml").exists()
    and table.parent.name != "figure_4_parameters"  # counted, of no record; its page tells the command as it was typed
)
CARDS = "results/miniature/skill_cards/table.csv"
HEAD = "| model | parameters | method | trained | rte | wic | average |"


def committed(path: str) -> bytes:
    told = subprocess.run(["git", "-C", str(ROOT), "show", f"HEAD:{path}"], capture_output=True, check=False)
    if told.returncode:
        pytest.skip(f"{path} is not in a git checkout")
    return told.stdout


def committed_files(place: str, folder: Path) -> None:
    """Write the committed files of a folder into another one."""
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", "HEAD", place], capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"{place} is not in a git checkout")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as told:
        told.extractall(folder.parent / "archive", filter="data")
    (folder.parent / "archive" / place).rename(folder)


@pytest.mark.parametrize(
    "experiment", [EXPERIMENT, *(pytest.param(name, marks=pytest.mark.slow) for name in REPORTED if name != EXPERIMENT)]
)
def test_drawing_the_committed_records_again_changes_no_byte_of_the_tables(experiment: str, tmp_path: Path) -> None:
    for kind in ("records", "predictions"):
        committed_files(f"results/{kind}", tmp_path / kind)
    report([f"experiment={experiment}", f"runtime.results={tmp_path}"])
    for name in ("table.csv", "table.md"):
        assert (tmp_path / experiment / name).read_bytes() == committed(f"results/{experiment}/{name}")


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


@pytest.fixture
def cards() -> pd.DataFrame:
    """Shares of right answers: a row a skill, a column a rung, smallest first."""
    told = pd.read_csv(io.BytesIO(committed(CARDS))).sort_values("total")
    return told.assign(share=told["right"] / told["count"]).pivot_table(
        index="skill", columns="total", values="share", sort=True
    )


def test_the_top_rung_has_the_skills_and_the_bottom_rung_lacks_half_of_them(cards: pd.DataFrame) -> None:
    assert (cards.iloc[:, -1] >= 0.85).sum() >= 6
    assert (cards.iloc[:, 0] < 0.7).sum() >= 4


def test_no_skill_falls_as_rungs_grow_by_more_than_the_intervals_allow() -> None:
    told = pd.read_csv(io.BytesIO(committed(CARDS)))
    for skill, rows in told.sort_values("total").groupby("skill"):
        intervals = [wilson(int(row["right"]), int(row["count"])) for _, row in rows.iterrows()]
        for (low, _), (_, high) in itertools.combinations(intervals, 2):
            assert high >= low, skill

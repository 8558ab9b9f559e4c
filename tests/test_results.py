"""The committed results follow from the committed records, and show what the README says.

They are read from git: a `make study` of one's own writes other numbers into the working tree.
"""

import io
import itertools
from pathlib import Path

import pandas as pd
import pytest
from committed import committed, committed_files

from softscale.commands.report import main as report
from softscale.config import ROOT
from softscale.figures.skill_card import wilson

EXPERIMENT = "miniature/figure_1_first_look"
PLACE = f"results/{EXPERIMENT}"
REPORTED = [
    f"miniature/{path.stem}"
    for path in sorted((ROOT / "experiments" / "miniature").glob("*.yaml"))
    if path.stem != "figure_4_parameters"  # counted, of no record; its page tells the command as it was typed
]
CARDS = "results/miniature/skill_cards/table.csv"
HEAD = "| model | parameters | method | trained | rte | wic | average |"


@pytest.mark.parametrize(
    "experiment", [EXPERIMENT, *(pytest.param(name, marks=pytest.mark.slow) for name in REPORTED if name != EXPERIMENT)]
)
def test_drawing_the_committed_records_again_changes_no_byte_of_the_tables(experiment: str, tmp_path: Path) -> None:
    pages = {name: committed(f"results/{experiment}/{name}") for name in ("table.csv", "table.md", "runs.csv")}
    for kind in ("records", "predictions"):
        committed_files(f"results/{kind}", to=tmp_path / kind)
    report([f"experiment={experiment}", f"runtime.results={tmp_path}"])
    for name, page in pages.items():
        assert (tmp_path / experiment / name).read_bytes() == page


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

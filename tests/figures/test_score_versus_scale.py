"""A figure comes from a CSV alone, is the same bytes every time, and shows what it is told to."""

from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.image import imread

from softscale.figures.look import read_rows
from softscale.figures.score_versus_scale import _footnotes
from softscale.figures.score_versus_scale import draw as score_versus_scale
from softscale.tables.paper import ANCHORS, Anchor

HEAD = "model,method,label,task,tasks,total,trained,miniature,mean,std,low,high,n,illegal,collapsed,dirty,majority"
ANCHOR = next(anchor for anchor in ANCHORS if anchor.task == "boolq" and anchor.certain)


def table_of(
    folder: Path,
    *,
    holes: bool = False,
    dirty: bool = False,
    majority: str = "0.6",
    interval: str = ",",
    collapsed: str = "0.000000",
) -> Path:
    lines = [HEAD]
    for task, tasks in (("boolq", 1), ("cb", 1), ("average", 2)):
        for place, total in enumerate((231_000, 903_000, 3_420_000)):
            if holes and place == 1:
                continue
            head = f"mini_{place + 1},prompt_tuning,prompt tuning,{task},{tasks},{total},1280,True"
            lines.append(f"{head},{0.5 + 0.1 * place:.6f},0.020000,{interval},3,0,{collapsed},{dirty},{majority}")
    path = folder / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def draw(table: Path, *, title: str = "T", caption: str = "C", paper: tuple[Anchor, ...] = ()) -> bytes:
    path = table.parent / "figure.png"
    score_versus_scale(table, path, title=title, caption=caption, paper=paper)
    return path.read_bytes()


def test_drawing_twice_gives_the_same_bytes_and_names_no_software(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    once = draw(table)
    assert draw(table) == once
    assert b"Software" not in once


def test_a_users_matplotlib_settings_do_not_change_the_bytes(tmp_path: Path) -> None:
    import matplotlib

    table = table_of(tmp_path)
    once = draw(table)
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 9, "axes.facecolor": "red"}):
        assert draw(table) == once


@pytest.mark.parametrize("other", [{"holes": True}, {"dirty": True}, {"majority": ""}, {"majority": "0.55"}], ids=str)
def test_holes_uncommitted_code_and_the_majority_class_are_seen(tmp_path: Path, other: dict) -> None:
    assert draw(table_of(tmp_path)) != draw(table_of(tmp_path, **other))


@pytest.mark.parametrize(
    "other", [{"interval": "0.4,0.8"}, {"collapsed": "0.333333"}, {"collapsed": "0.666667"}], ids=str
)
def test_intervals_and_collapsed_runs_are_seen(tmp_path: Path, other: dict) -> None:
    assert draw(table_of(tmp_path)) != draw(table_of(tmp_path, **other))


def test_a_share_of_collapsed_runs_that_is_not_known_or_none_marks_nothing(tmp_path: Path) -> None:
    assert draw(table_of(tmp_path)) == draw(table_of(tmp_path, collapsed=""))


def test_the_deviation_does_not_matter_where_the_interval_is_known(tmp_path: Path) -> None:
    table = table_of(tmp_path, interval="0.4,0.8")
    once = draw(table)
    table.write_text(table.read_text().replace("0.020000", "0.090000"))
    assert draw(table) == once


@pytest.mark.parametrize(("interval", "told"), [("0.4,0.8", "95 % interval"), (",", "one standard deviation")])
def test_the_caption_says_what_a_band_is(tmp_path: Path, interval: str, told: str) -> None:
    rows = read_rows(table_of(tmp_path, interval=interval))
    (words,) = [note for note in _footnotes(rows, ()) if note.startswith("Mean over seeds")]
    assert told in words
    assert ("95 % interval" in words) == (interval != ",")


def test_a_deviation_is_seen_without_a_neighbour_too(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    lines = table.read_text().splitlines()
    alone = "\n".join([HEAD, *lines[1::3]]) + "\n"  # one rung only
    table.write_text(alone)
    once = draw(table)
    table.write_text(alone.replace("0.020000", "0.090000"))
    assert draw(table) != once


def test_the_papers_certain_numbers_are_seen_in_range_and_told_out_of_range(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    bare = draw(table)
    told = draw(table, paper=(ANCHOR,))
    drawn = draw(table, paper=(replace(ANCHOR, total=903_000),))
    assert len({bare, told, drawn}) == 3


def test_recalled_numbers_and_those_of_other_tasks_and_methods_are_never_drawn(
    tmp_path: Path,
) -> None:
    table = table_of(tmp_path)
    near = replace(ANCHOR, total=903_000)
    others = (
        replace(near, certain=False),
        replace(near, task="wic"),
        replace(near, method="prompt_design"),
    )
    assert draw(table, paper=others) == draw(table)


def test_a_long_caption_wraps_and_makes_the_page_higher_not_wider(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    path = tmp_path / "figure.png"
    draw(table)
    short = imread(path).shape
    draw(table, caption="Beyond twenty tokens there is only a marginal gain. " * 12)
    long = imread(path).shape
    assert long[0] > short[0]
    assert long[1] == short[1]

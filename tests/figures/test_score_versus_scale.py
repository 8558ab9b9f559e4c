"""A figure comes from a CSV alone, is the same bytes every time, and shows what it is told to."""

from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.image import imread

from softscale.figures.score_versus_scale import draw as score_versus_scale
from softscale.figures.score_versus_scale import reading, short_names
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
        for rung, total in enumerate((231_000, 903_000, 3_420_000)):
            if holes and rung == 1:
                continue
            head = f"mini_{rung + 1},prompt_tuning,prompt tuning,{task},{tasks},{total},1280,True"
            lines.append(f"{head},{0.5 + 0.1 * rung:.6f},0.020000,{interval},3,0,{collapsed},{dirty},{majority}")
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


@pytest.mark.parametrize(("interval", "band"), [("0.4,0.8", "95 % interval"), (",", "one standard deviation")])
def test_the_first_sentence_under_a_figure_says_what_a_band_is(tmp_path: Path, interval: str, band: str) -> None:
    words = reading(table_of(tmp_path, interval=interval))[0]
    assert words.startswith("Mean over seeds, n = 3; ")
    assert band in words
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
    out_of_range = draw(table, paper=(ANCHOR,))
    drawn = draw(table, paper=(replace(ANCHOR, total=903_000),))
    assert len({bare, out_of_range, drawn}) == 3


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


def test_a_caption_has_two_lines_however_long_it_is(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    path = tmp_path / "figure.png"
    draw(table, caption="Beyond twenty tokens there is only a marginal gain. " * 3)
    two_lines = imread(path).shape
    draw(table, caption="Beyond twenty tokens there is only a marginal gain. " * 12)
    assert imread(path).shape == two_lines


def test_what_all_curves_have_in_common_is_told_once() -> None:
    labels = ["prompt tuning, length 1", "prompt tuning, length 5"]
    assert short_names(labels) == ("prompt tuning", dict(zip(labels, ["length 1", "length 5"], strict=True)))
    plain = ["prompt tuning", "prompt tuning, span"]  # a curve without a name would be left
    assert short_names(plain) == ("", {label: label for label in plain})


def test_more_curves_than_names_have_room_for_are_drawn_all(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    head, *lines = table.read_text().splitlines()
    table.write_text("\n".join([head, *(line.replace("prompt tuning", f"l{n}") for n in range(24) for line in lines)]))
    every = draw(table)
    table.write_text("\n".join([head, *(line.replace("prompt tuning", f"l{n}") for n in range(23) for line in lines)]))
    assert draw(table) != every

"""Names at the ends of curves do not overlap, and marks do not hide the points that they belong to."""

import itertools

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation, Text

from softscale.figures.direct_labels import End, Mark, fit, name_ends, spread, write_marks
from softscale.figures.look import style
from softscale.figures.sheet import Panel, Sheet

LINE = 0.165


def panel_of(sheet: Sheet) -> Panel:
    (panel,) = sheet.panels([""], 3.0, right=3.0)
    panel.axes.set_xlim(0, 10)
    panel.axes.set_ylim(0, 100)
    return panel


def boxes(sheet: Sheet, panel: Panel) -> list:
    """What the words cover, in pixels."""
    figure = sheet.finish("", [])
    FigureCanvasAgg(figure).draw()
    words = [child for child in panel.axes.get_children() if isinstance(child, Annotation)]
    return [Text.get_window_extent(each) for each in words]


@pytest.mark.parametrize(
    ("wanted", "middles"),
    [
        ([1, 5, 9], [1, 5, 9]),  # room for all
        ([5, 5], [4.5, 5.5]),  # both give way
        ([4.9, 5, 5.1], [4, 5, 6]),
        ([-3, 0], [0.5, 1.5]),  # not below the panel
        ([9.9, 10, 20], [7.5, 8.5, 9.5]),  # nor above it
        ([1, 1, 9], [0.5, 1.5, 9]),  # who is far off stays
    ],
)
def test_boxes_move_as_little_as_they_must(wanted: list[float], middles: list[float]) -> None:
    assert spread(wanted, [1.0] * len(wanted), 10.0) == pytest.approx(middles)


def test_higher_boxes_get_more_room() -> None:
    assert spread([5, 5], [1.0, 3.0], 10.0) == pytest.approx([4, 6])


def test_names_of_curves_that_end_together_do_not_overlap() -> None:
    ends = [End(x=10, y=99 + n / 10, name=f"length {n}", colour="black") for n in range(8)]
    with style():
        sheet = Sheet("T")
        panel = panel_of(sheet)
        assert fit(ends, panel.height)
        name_ends(panel, ends)
        ordered = sorted(boxes(sheet, panel), key=lambda box: box.y0)
    assert all(high.y0 >= low.y1 - 1 for low, high in itertools.pairwise(ordered))


def test_more_names_than_lines_do_not_fit() -> None:
    ends = [End(x=10, y=50, name="a", colour="black")] * 19
    assert not fit(ends, 18.5 * LINE)
    assert fit(ends, 19.5 * LINE)


def test_marks_of_points_that_lie_close_hide_neither_them_nor_one_another() -> None:
    curves = [[(2.0, 50 + 0.5 * n), (5.0, 50.0 + n), (8.0, 0.0)] for n in range(3)]
    marks = [Mark(x=x, y=y, words="✕ 1/3", colour="black") for curve in curves for x, y in curve[:2]]
    with style():
        sheet = Sheet("T")
        panel = panel_of(sheet)
        write_marks(panel, marks, curves)
        found = boxes(sheet, panel)
        points = [panel.axes.transData.transform(point) for curve in curves for point in curve]
    assert len(found) == 6
    assert not any(box.x0 < x < box.x1 and box.y0 < y < box.y1 for box in found for x, y in points)
    pairs = [(a, b) for index, a in enumerate(found) for b in found[:index]]
    assert not any(min(a.x1, b.x1) - max(a.x0, b.x0) > 2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2 for a, b in pairs)

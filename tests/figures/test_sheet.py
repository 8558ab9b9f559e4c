"""A page of a figure is as high as what stands on it, and its caption is two lines and no more."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from softscale.figures.look import style
from softscale.figures.sheet import CAPTION_LETTERS, Sheet, caption_of


def test_a_caption_takes_the_sentences_that_fit_in_two_lines() -> None:
    long = "x" * 2 * CAPTION_LETTERS
    assert caption_of("The paper: more is better.", [long, "Three seeds."]) == "The paper: more is better. Three seeds."


@pytest.mark.parametrize("words", [10, 40, 600])
def test_a_caption_has_at_most_two_lines_and_says_that_it_was_cut(words: int) -> None:
    caption = caption_of("word " * words, [])
    assert caption.count("\n") <= 1
    assert caption.endswith("…") == (words == 600)


def test_a_number_and_its_percent_sign_stay_on_one_line() -> None:
    for before in range(CAPTION_LETTERS - 4, CAPTION_LETTERS + 1):
        assert not any(line.startswith("%") for line in caption_of(f"{'x' * before} 95 % interval", []).split("\n"))


def test_panels_and_what_stands_under_them_do_not_overlap() -> None:
    with style():
        sheet = Sheet("T")
        panels = sheet.panels(list("abcde"), 1.0, columns=3)
        figure = sheet.finish("C", [])
        FigureCanvasAgg(figure).draw()
        boxes = [panel.axes.get_tightbbox() for panel in panels]
        caption = next(text for text in figure.texts if text.get_text() == "C").get_window_extent()
    assert [panel.first for panel in panels] == [True, False, False, True, False]
    assert [panel.lowest for panel in panels] == [False, False, True, True, True]
    for index, box in enumerate(boxes):
        assert box is not None
        assert box.y0 > caption.y1
        assert box.x0 > 0
        assert box.x1 < figure.bbox.width
        assert not any(box.overlaps(other) for other in boxes[:index])

"""A page of panels side by side: in each a line a name, from the top, and one axis of numbers for all."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from softscale.figures.look import CAPTION_LETTERS, LEFT, LINE, RIGHT, TITLE_LETTERS, WIDTH, Sheet

# In inches: a line of a panel, room for a letter of its name, between panels, the widest; and panels side by side.
LINE_HEIGHT, LETTER, COLUMN_GAP, ROW_GAP, WIDEST, COLUMNS = 0.32, 0.078, 0.3, 0.7, 3.7, 6
LEGEND_LINE, LEGEND_COLUMNS = 0.2, 4
NARROW = 2.0  # inches: a panel with room for few numbers and a short label


def lines_page(
    heads: Sequence[str],
    names: Sequence[str],
    handles: Sequence[Any],
    *,
    title: str,
    caption: str,
    label: tuple[str, str],
) -> tuple[Figure, list[Axes]]:
    """The empty page, and its panels in the order of `heads`: title, panels, legend, caption. Within `look.style()`.

    Args:
        heads: over the panels; may have several lines.
        names: of the lines of every panel, the first at the top, at y = 0, 1, …
        handles: of the legend.
        label: of the numbers: for a wide and for a narrow panel.
    """
    title, caption = textwrap.fill(title, TITLE_LETTERS), textwrap.fill(caption, CAPTION_LETTERS)
    columns = min(COLUMNS, len(heads))
    above = LINE * max(head.count("\n") for head in heads)
    height = LINE_HEIGHT * len(names)
    step = height + ROW_GAP + above
    top = 0.5 + 0.22 * (title.count("\n") + 1) + above
    legend_top = top + math.ceil(len(heads) / columns) * step - above
    entries = math.ceil(len(handles) / LEGEND_COLUMNS) * (1 + max(str(h.get_label()).count("\n") for h in handles))
    caption_top = legend_top + LEGEND_LINE * entries + 0.15
    sheet = Sheet(caption_top + LINE * (caption.count("\n") + 1) + 0.15)
    sheet.title(title)
    sheet.caption(caption_top, caption)
    sheet.legend(LEFT, legend_top, handles, LEGEND_COLUMNS)
    left = max(LEFT, 0.25 + LETTER * max(map(len, names)))
    width = min(WIDEST, (WIDTH - left - RIGHT - COLUMN_GAP * (columns - 1)) / columns)
    panels: list[Axes] = []
    for index, head in enumerate(heads):
        below, column = divmod(index, columns)
        axes = sheet.panel(left + column * (width + COLUMN_GAP), top + below * step, width, height)
        if panels:
            axes.sharex(panels[0])
        panels.append(axes)
        axes.set_title(head)
        axes.xaxis.set_major_locator(MaxNLocator(4 if width < NARROW else 8, integer=True, steps=[1, 2, 5, 10]))
        axes.grid(axis="x", visible=True)
        axes.set_yticks(range(len(names)), names if column == 0 else [""] * len(names))
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.tick_params("y", length=0)
        if index + columns >= len(heads):
            axes.set_xlabel(label[width < NARROW])
    return sheet.figure, panels

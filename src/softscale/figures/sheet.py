"""The page of a figure, in inches from the top: a title, blocks of panels, a legend, a caption of two lines at most."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH, LEFT, RIGHT, EDGE = 9.0, 0.75, 0.25, 0.15  # the page and its margins
TITLE_LINE, HEAD_LINE, CAPTION_LINE, LEGEND_LINE = 0.22, 0.17, 0.17, 0.2
COLUMN_GAP = 0.5
TITLE_LETTERS, CAPTION_LETTERS, LEGEND_LETTERS = 86, 126, 34  # in a line
CAPTION_LINES = 2
LETTER = 0.072  # of usual text: as wide as it gets on average


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Axes, and what is known of them before they are drawn."""

    axes: Axes
    width: float  # inches
    height: float
    first: bool  # of its row
    lowest: bool  # of its column


class Sheet:
    """A figure that grows downwards: what is added stands below what was there."""

    def __init__(self, title: str) -> None:
        self.figure = Figure()
        self._top = EDGE
        self._boxes: list[tuple[Axes, float, float, float, float]] = []  # left, top, width, height
        self._legends: list[tuple[float, float, dict[str, Any]]] = []
        self._texts: list[tuple[float, str, dict[str, Any]]] = []
        self._text(textwrap.fill(title, TITLE_LETTERS), TITLE_LINE, fontsize=11.5, weight="bold")

    def panels(
        self,
        heads: Sequence[str],
        height: float,
        *,
        columns: int = 1,
        left: float = LEFT,
        right: float = RIGHT,
        gap: float = COLUMN_GAP,
        widest: float = math.inf,
        foot: float = 0.5,
    ) -> list[Panel]:
        """A block of panels, row by row, under their heads.

        foot: room below a panel for what stands at its axis.
        """
        columns = min(columns, len(heads))
        above = 0.15 + HEAD_LINE * (1 + max(head.count("\n") for head in heads))
        width = min(widest, (WIDTH - left - right - gap * (columns - 1)) / columns)
        made = []
        for index, head in enumerate(heads):
            row, column = divmod(index, columns)
            axes = self.figure.add_axes((0, 0, 1, 1), label=str(len(self._boxes)))
            axes.set_title(head)
            top = self._top + above + row * (above + height + foot)
            self._boxes.append((axes, left + column * (width + gap), top, width, height))
            lowest = index + columns >= len(heads)
            made.append(Panel(axes=axes, width=width, height=height, first=column == 0, lowest=lowest))
        self._top += math.ceil(len(heads) / columns) * (above + height + foot)
        return made

    def skip(self, height: float) -> None:
        """Leave room below what was there."""
        self._top += height

    def legend(self, handles: Sequence[Artist], columns: int = 4) -> None:
        """Below what was there."""
        lines = 1 + max(str(handle.get_label()).count("\n") for handle in handles)
        self._legends.append((LEFT, self._top + 0.05, {"handles": handles, "ncols": columns, "columnspacing": 1.6}))
        self._top += LEGEND_LINE * lines * math.ceil(len(handles) / columns) + 0.1

    def legend_beside(self, panel: Panel, handles: Sequence[Artist], away: float) -> None:
        """To the right of a panel, `away` inches from it."""
        left, top = next((left, top) for axes, left, top, _, _ in self._boxes if axes is panel.axes)
        self._legends.append((left + panel.width + away, top, {"handles": handles}))

    def finish(self, caption: str, reading: Sequence[str]) -> Figure:
        """Under it all the caption and those sentences of `reading` that find room in two lines."""
        self._top += 0.1
        self._text(caption_of(caption, reading), CAPTION_LINE, fontsize=8.5, color="#333333", linespacing=1.35)
        height = self._top + EDGE
        self.figure.set_size_inches(WIDTH, height)
        for axes, left, top, wide, high in self._boxes:
            axes.set_position((left / WIDTH, 1 - (top + high) / height, wide / WIDTH, high / height))
        for left, top, look in self._legends:
            corner = (left / WIDTH, 1 - top / height)
            self.figure.legend(loc="upper left", bbox_to_anchor=corner, borderaxespad=0, **look)
        for top, words, look in self._texts:
            self.figure.text(LEFT / WIDTH, 1 - top / height, words, va="top", **look)
        return self.figure

    def _text(self, words: str, line: float, **look: Any) -> None:
        self._texts.append((self._top, words, look))
        self._top += line * (words.count("\n") + 1)


def caption_of(caption: str, reading: Sequence[str]) -> str:
    """Two lines at most: what does not fit stands in the page's text anyway."""
    for sentence in reading:
        longer = f"{caption} {sentence}".strip()
        if len(textwrap.wrap(longer, CAPTION_LETTERS)) <= CAPTION_LINES:
            caption = longer
    caption = caption.replace(" %", "\N{NO-BREAK SPACE}%").replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
    return textwrap.fill(caption, CAPTION_LETTERS, max_lines=CAPTION_LINES, placeholder=" …")

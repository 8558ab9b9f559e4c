"""Panels side by side: in each a line a name, from the top, and one axis of numbers for all."""

from collections.abc import Sequence

from matplotlib.ticker import MaxNLocator

from softscale.figures.sheet import EDGE, LEFT, LETTER, Panel, Sheet

# In inches: a line of a panel, between panels, the widest; and panels side by side.
LINE_HEIGHT, COLUMN_GAP, WIDEST, COLUMNS = 0.3, 0.25, 3.85, 6
NARROW = 2.0  # inches: a panel with room for few numbers and a short label


def line_panels(sheet: Sheet, heads: Sequence[str], names: Sequence[str], label: tuple[str, str]) -> list[Panel]:
    """Empty panels, in the order of `heads`. Within `look.style()`.

    Args:
        names: of the lines of every panel, the first at the top, at y = 0, 1, …
        label: of the numbers: for a wide and for a narrow panel.
    """
    panels = sheet.panels(
        heads,
        LINE_HEIGHT * len(names),
        columns=COLUMNS,
        left=max(LEFT, EDGE + 0.1 + LETTER * max(map(len, names))),
        gap=COLUMN_GAP,
        widest=WIDEST,
    )
    for panel in panels:
        axes = panel.axes
        if axes is not panels[0].axes:
            axes.sharex(panels[0].axes)
        narrow = panel.width < NARROW
        axes.xaxis.set_major_locator(MaxNLocator(3 if narrow else 8, integer=True, steps=[1, 2, 5, 10]))
        axes.grid(axis="x", visible=True)
        axes.set_yticks(range(len(names)), names if panel.first else [""] * len(names))
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.tick_params("y", length=0)
        axes.tick_params("x", labelsize=8 if narrow else 9)
        if panel.lowest:
            axes.set_xlabel(label[narrow])
    return panels

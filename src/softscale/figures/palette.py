"""Colour and marker of each method: one table for every figure and for the site. Needs the standard library only.

Lines stand out from a white page by a contrast of 3 or more (WCAG 2.2, 1.4.11), and any two methods differ with each
of the three kinds of colour blindness, too. The first three colours are Okabe and Ito's (2008).
"""

from collections.abc import Sequence
from dataclasses import dataclass

Colour = str  # "#rrggbb"
Parts = tuple[float, ...]  # red, green and blue of sRGB in [0, 1]

LEAST = 3.0  # contrast of a line with the page
MOST = 16.0  # contrast of the darkest shade
WHITE, BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Mark:
    """How a method is drawn; `marker` as matplotlib takes it."""

    colour: Colour
    marker: str


METHODS = {
    "prompt_tuning": Mark("#0072b2", "o"),
    "model_tuning": Mark("#d55e00", "s"),
    "prompt_design": Mark("#009e73", "^"),
    "prefix_tuning": Mark("#a05ceb", "D"),
    "lora": Mark("#801515", "v"),
    "ia3": Mark("#241c8f", "P"),
    "bitfit": Mark("#0c4a3a", "X"),
    "per_layer_prompts": Mark("#e8589b", "*"),
    "warp": Mark("#767676", "p"),
}
# Methods without a mark of their own take these, in alphabetical order.
OTHERS = (Mark("#7a5230", "h"), Mark("#5c6670", "<"), Mark("#a08000", ">"), Mark("#2f6f8f", "d"))


def marks(methods: Sequence[str]) -> dict[str, Mark]:
    """The mark of each of `methods`, those of a user's own included."""
    own = sorted(set(methods) - set(METHODS))
    known = METHODS | {name: OTHERS[index % len(OTHERS)] for index, name in enumerate(own)}
    return {name: known[name] for name in methods}


def shades(colour: Colour, count: int) -> list[Colour]:
    """`count` shades of one hue, from light to dark in equal steps of contrast; the lightest is seen on white, too."""
    if count == 1:
        return [colour]
    ratio = (MOST / LEAST) ** (1 / (count - 1))
    return [_shade(colour, LEAST * ratio**step) for step in range(count)]


def contrast(colour: Colour) -> float:
    """With a white page: 1 for white to 21 for black (WCAG 2.2)."""
    return _contrast(_parts(colour))


def _shade(colour: Colour, wanted: float) -> Colour:
    """The mixture of a colour with white or black that has this contrast with white."""
    base, low, high = _parts(colour), -1.0, 1.0  # -1 white, 0 the colour itself, 1 black
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if _contrast(_mixed(base, middle)) < wanted else (low, middle)
    return "#" + "".join(f"{round(255 * part):02x}" for part in _mixed(base, high))


def _mixed(base: Parts, dark: float) -> Parts:
    other = BLACK if dark > 0 else WHITE
    return tuple((1 - abs(dark)) * part + abs(dark) * end for part, end in zip(base, other, strict=True))


def _contrast(parts: Parts) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


def _parts(colour: Colour) -> Parts:
    return tuple(int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))

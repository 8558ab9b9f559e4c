"""Methods are told apart by everybody, on white, and look the same wherever they are drawn."""

import itertools

import pytest
from matplotlib.colors import to_rgb

from softscale.config import ROOT
from softscale.figures.look import looks_of
from softscale.figures.palette import LEAST, METHODS, contrast, marks, shades

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB: what each kind of colour blindness sees.
SIGHTS = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.072175), (0.0193339, 0.119192, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)
JUST_NOTICED = 2.3  # a difference in CIELAB (Mahy, Van Eycken and Oosterlinck 1994)


def times(matrix: tuple, values: list[float]) -> list[float]:
    return [sum(weight * value for weight, value in zip(row, values, strict=True)) for row in matrix]


def lab(colour: str, sight: str) -> list[float]:
    """A colour in CIELAB as it is seen."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    seen = [min(1.0, max(0.0, part)) for part in times(SIGHTS[sight], linear)]
    x, y, z = (
        part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116
        for part in (value / white for value, white in zip(times(XYZ, seen), WHITE, strict=True))
    )
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


@pytest.mark.parametrize("sight", SIGHTS)
def test_any_two_methods_differ_for_every_kind_of_sight(sight: str) -> None:
    for (first, one), (second, other) in itertools.combinations(METHODS.items(), 2):
        pairs = zip(lab(one.colour, sight), lab(other.colour, sight), strict=True)
        assert sum((a - b) ** 2 for a, b in pairs) ** 0.5 > 4 * JUST_NOTICED, (first, second)


def test_without_any_colour_markers_tell_methods_apart() -> None:
    assert len({mark.marker for mark in METHODS.values()}) == len(METHODS)


def test_every_method_has_a_look_of_its_own() -> None:
    ours = {path.stem for path in (ROOT / "conf" / "method").glob("*.yaml")}
    assert ours
    assert ours <= set(METHODS)


@pytest.mark.parametrize("colour", [mark.colour for mark in METHODS.values()])
@pytest.mark.parametrize("count", [1, 2, 6])
def test_every_shade_is_seen_on_white_and_the_next_is_darker(colour: str, count: int) -> None:
    contrasts = [contrast(shade) for shade in shades(colour, count)]
    assert min(contrasts) > LEAST - 0.02  # colours have eight bits a part
    assert contrasts == sorted(set(contrasts))


def test_black_and_white_are_as_far_apart_as_can_be() -> None:
    assert (contrast("#000000"), contrast("#ffffff")) == (pytest.approx(21), pytest.approx(1))  # WCAG 2.2


def test_a_method_looks_the_same_whatever_stands_beside_it() -> None:
    alone = [{"method": "lora", "label": "lora"}]
    crowd = [{"method": method, "label": method.replace("_", " ")} for method in METHODS]
    variants = [{"method": "lora", "label": f"lora{rest}"} for rest in (", rank 1", ", rank 2", "")]
    looks = [looks_of(rows)["lora"] for rows in (alone, crowd, alone + variants)]
    assert looks[0] == looks[1] == looks[2]
    assert looks[0]["color"] == METHODS["lora"].colour


def test_variants_of_a_method_keep_its_marker_and_differ_in_shade() -> None:
    looks = looks_of([{"method": "lora", "label": f"lora, rank {rank}"} for rank in range(5)])
    assert {look["marker"] for look in looks.values()} == {METHODS["lora"].marker}
    assert len({look["color"] for look in looks.values()}) == 5


def test_methods_of_ones_own_get_marks_that_no_method_here_has() -> None:
    own = marks(["zeta", "alpha", "lora"])
    assert own["lora"] == METHODS["lora"]
    assert own["zeta"] != own["alpha"]
    assert not {own["zeta"].marker, own["alpha"].marker} & {mark.marker for mark in METHODS.values()}

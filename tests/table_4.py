"""The paper's Table 4 as printed, and where it contradicts itself."""

from dataclasses import dataclass

from softscale.tables.paper import BASE_PARAMETERS

LENGTHS = (1, 5, 20, 50, 100, 150)

# Table 4 as printed: trained parameters by prompt length ...
PRINTED_TRAINED = {
    "small": (512, 2_560, 10_420, 25_600, 51_200, 76_800),
    "base": (768, 3_840, 15_360, 38_400, 76_800, 115_200),
    "large": (1_024, 5_120, 20_480, 51_200, 102_400, 153_600),
    "xl": (2_048, 10_240, 40_960, 102_400, 204_800, 307_200),
    "xxl": (4_096, 20_480, 81_920, 204_800, 409_600, 614_400),
}
# ... and their percentage of all parameters.
PRINTED_PERCENT = {
    "small": (0.00067, 0.00333, 0.01330, 0.03325, 0.06648, 0.09969),
    "base": (0.00031, 0.00155, 0.00620, 0.01551, 0.03101, 0.04651),
    "large": (0.00013, 0.00065, 0.00262, 0.00654, 0.01907, 0.01961),
    "xl": (0.00007, 0.00036, 0.00143, 0.00359, 0.00718, 0.01078),
    "xxl": (0.00004, 0.00018, 0.00074, 0.00184, 0.00368, 0.00552),
}


@dataclass(frozen=True, kw_only=True)
class Erratum:
    """A number of Table 4 that contradicts the rest of the table."""

    size: str
    length: int
    column: str  # trained | percent | total
    printed: float
    right: float


ERRATA = (
    Erratum(size="small", length=20, column="trained", printed=10_420, right=10_240),
    Erratum(size="small", length=20, column="total", printed=76_971_572, right=76_971_392),
    Erratum(size="large", length=100, column="percent", printed=0.01907, right=0.01307),
    Erratum(size="xxl", length=50, column="total", printed=11_137_380_352, right=11_135_537_152),
    # Cut off instead of rounded.
    Erratum(size="xl", length=20, column="percent", printed=0.00143, right=0.00144),
    Erratum(size="xl", length=100, column="percent", printed=0.00718, right=0.00719),
)


def table_4() -> dict[tuple[str, int], tuple[int, float]]:
    """Table 4 less its errata: (size, length) -> trained parameters, percentage of all."""
    right = {(slip.size, slip.length, slip.column): slip.right for slip in ERRATA}
    return {
        (size, length): (
            int(right.get((size, length, "trained"), trained)),
            right.get((size, length, "percent"), percent),
        )
        for size in BASE_PARAMETERS
        for length, trained, percent in zip(LENGTHS, PRINTED_TRAINED[size], PRINTED_PERCENT[size], strict=True)
    }

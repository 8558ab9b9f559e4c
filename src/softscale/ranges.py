"""What a value may be: each refusal names the field, its value and what is allowed. NaN is in no range."""

import math

from softscale.errors import InputError

MOST = 10**9  # of counts that nothing else bounds: steps, examples; more is a slip of the keyboard
LONGEST = 16_384  # tokens of one input or target: attention alone keeps 1 GB for every head


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise _refused(name, value, f"one of {', '.join(allowed)}")


def at_least(name: str, value: float, least: float, most: float = math.inf) -> None:
    """From `least` to `most`, both included, and finite."""
    if not least <= value < math.inf:
        raise _refused(name, value, f"{least} or more")
    if value > most:
        raise _refused(name, value, f"{_written(least)} to {_written(most)}")


def above_zero(name: str, value: float, most: float = math.inf) -> None:
    """Above 0, at most `most`, and finite."""
    if not 0 < value < math.inf:
        raise _refused(name, value, "a number above 0")
    if value > most:
        raise _refused(name, value, f"above 0 and at most {_written(most)}")


def below_one(name: str, value: float) -> None:
    """From 0 to below 1: a share that is dropped, or that a step takes away."""
    if not 0 <= value < 1:
        raise _refused(name, value, "at least 0 and less than 1")


def between_zero_and_one(name: str, value: float) -> None:
    """Neither 0 nor 1."""
    if not 0 < value < 1:
        raise _refused(name, value, "between 0 and 1")


def random_seed(name: str, value: int) -> None:
    """What every generator of random numbers takes."""
    if not 0 <= value < 2**32:
        raise _refused(name, value, "0 or more and less than 2^32")


def _refused(name: str, value: object, allowed: str) -> InputError:
    return InputError(f"{name}={value} is not allowed: it must be {allowed}")


def _written(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"

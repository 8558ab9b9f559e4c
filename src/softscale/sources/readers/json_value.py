"""JSON as the standard has it, and what Python's reader takes or breaks on beyond that, each with its reason."""

import json
import math
from typing import Any, NoReturn

from softscale.files import unique_keys


def json_value(text: str) -> Any:
    """The value that `text` says.

    Raises ValueError, with a reason that goes after `is not JSON: `, for anything else: NaN and Infinity, numbers that
    no computer number holds, half a surrogate pair, and nesting without end.
    """
    try:
        value = json.loads(text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=unique_keys)
    except json.JSONDecodeError as error:
        at = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}"
        raise ValueError(f"{error.msg}, at {at}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError as error:
        # Of an integer of thousands of digits Python gives advice to programmers.
        raise ValueError("a number has too many digits" if "digits" in str(error) else str(error)) from error
    if "\\ud" in text.lower():  # a text without an escape has none: it was read as UTF-8
        _no_half_pairs(value)
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON; write null for a missing value")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text if len(text) <= 20 else f'{text[:20]}…'} is too large")
    return value


def _no_half_pairs(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise ValueError(f"\\u{ord(half):04x} is half of a surrogate pair, which is no character") from error

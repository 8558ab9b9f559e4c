"""Data as scripts: a page that is opened from a file may load scripts beside it, and nothing else."""

import json
import math
from dataclasses import asdict, is_dataclass
from typing import Any


def script(name: str, value: Any) -> bytes:
    """A script that hands `value` to the page under `name`.

    The value travels as the text of JSON in a string: nothing in it can run, end a `<script>`, or become a key of a
    prototype. What is not a finite number becomes null.
    """
    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"softscale.take({_quoted(name)},{_quoted(text)});\n".encode("utf-8", "surrogatepass")


def _quoted(text: str) -> str:
    """A JavaScript string between single quotes, which JSON has few of; `<` and odd line ends are escaped."""
    for sign, escaped in (
        ("\\", "\\\\"),
        ("'", "\\'"),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("<", "\\x3c"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(sign, escaped)
    return f"'{text}'"


def _plain(value: Any) -> Any:
    """What JSON can say: dataclasses as objects, sequences as lists, numbers that are not finite as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | range):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

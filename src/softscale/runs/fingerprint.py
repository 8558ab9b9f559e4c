"""The identity of a run: twelve hex digits of what decides its numbers.

The same id from the command line, from a sweep and from Python. A field at its dataclass default is left out, so that
a new option does not orphan old results; what JSON cannot state exactly is refused, because falling back to `str` would
fork identities in silence.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import MISSING as ABSENT
from dataclasses import Field, fields, is_dataclass
from typing import Any

from omegaconf import MISSING

from softscale.config import Study


def fingerprint(study: Study) -> str:
    """Twelve hex digits of sha256 over the canonical JSON of `study`.

    Raises:
        TypeError: a value has no canonical form (a callable, a set).
        ValueError: a number is not finite, or a field has no value.
    """
    # Named one by one: a composed `Config` carries runtime and logging too, which are no part of the identity.
    science = _parts(study, fields(Study))
    text = json.dumps(science, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def canonical(value: Any) -> Any:
    """Plain JSON data; dataclass fields that are at their default are left out."""
    if is_dataclass(value):
        return _parts(value, fields(value))
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, dict):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 1 and 1.0 are one number, however they were typed
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{value!r} has no canonical form: a study holds numbers, texts, lists and dataclasses only")


def _parts(owner: Any, parts: Iterable[Field]) -> dict[str, Any]:
    """The parts of a dataclass that are not at their default."""
    made = {}
    for part in parts:
        value = getattr(owner, part.name)
        if isinstance(value, str) and value == MISSING:
            raise ValueError(f"{type(owner).__name__}.{part.name} has no value")
        default = part.default_factory() if part.default_factory is not ABSENT else part.default
        if default is ABSENT or value != default:
            made[part.name] = canonical(value)
    return made

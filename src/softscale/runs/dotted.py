"""Nested values by their full names, as they are typed: `{"optim": {"lr": 0.3}}` as `{"optim.lr": 0.3}`."""

from collections.abc import Mapping
from typing import Any


def dotted(node: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Every value that is no mapping; an empty mapping has none."""
    told: dict[str, Any] = {}
    for name, value in node.items():
        told |= dotted(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return told

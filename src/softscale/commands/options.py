"""The options of a command that composes no configuration: `key=value`, each of a few keys."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from softscale.errors import InputError


def options(command: str, arguments: Sequence[str], keys: Sequence[str], needed: Collection[str]) -> dict[str, str]:
    """Values by key.

    Raises:
        InputError: an argument is no option of the command, or one of `needed` is missing.
    """
    values = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if key not in keys or not equals or not value:
            raise InputError(
                f"{argument} is not an option of {command}: it takes {', '.join(f'{key}=…' for key in keys)}"
            )
        values[key] = value
    for key in keys:
        if key in needed and key not in values:
            raise InputError(f"{key} has no value: give it one with {key}=…")
    return values


def check_can_be_made(to: Path, typed: str) -> None:
    """Raises InputError where no file or folder can be made at `to`, typed as `to=…`; makes nothing."""
    folder = next(each for each in to.absolute().parents if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"to={typed} is not allowed: the folder {folder} cannot be written")

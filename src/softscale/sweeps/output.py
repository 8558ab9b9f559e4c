"""Output that nobody reads any more ends no training: `softscale train … | head -1`, a full disk under a log."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


@contextmanager
def lasting_output() -> Iterator[None]:
    """Within, standard output and standard error may be closed at any time; the other one says so, once."""
    before = sys.stdout, sys.stderr
    sys.stdout = _Lasting(before[0], "standard output")  # type: ignore[assignment]
    sys.stderr = _Lasting(before[1], "standard error")  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _Lasting:
    """A stream that drops what can no longer be written."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name = stream, name

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except (OSError, ValueError) as error:
            self._drop(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._drop(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _drop(self, error: Exception) -> None:
        """From now on to nowhere; what the stream still holds would fail again at its end."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
        if self._name == "standard output":
            print(f"softscale: standard output cannot be written ({error}): training goes on", file=sys.stderr)

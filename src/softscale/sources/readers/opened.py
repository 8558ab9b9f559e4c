"""Opening an official file: packed or not, told by its first bytes, and every failure in one sentence."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from softscale.errors import InputError

GZIP = b"\x1f\x8b"


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The unpacked bytes of `path`. Raises InputError where they cannot be read, then or later on."""
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == GZIP
        with gzip.open(path) if packed else path.open("rb") as file:
            yield file  # pyright: ignore[reportReturnType]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path} cannot be unpacked: {error}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def decoded(line: bytes, path: Path, number: int) -> str:
    """A line without its end, and without the byte-order mark of a first line. Raises InputError for what is no UTF-8.

    Only a line feed ends a line: U+2028 and the like, which str.splitlines cuts at, occur within texts.
    """
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}, line {number} is not UTF-8: {error.reason}") from error

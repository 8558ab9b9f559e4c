"""Opening a data file: packed or not, told by its first bytes, and every failure in one sentence."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from softscale.errors import InputError
from softscale.files import refuse_pointer

GZIP = b"\x1f\x8b"
EXPANSION = 200  # times its packed size; text packs to a third or a tenth, and zeros to a thousandth
ALWAYS = 1 << 26  # bytes that any packed file may hold
LONGEST_LINE = 1 << 28  # bytes


class _Bounded(io.RawIOBase):
    """An unpacked file that ends in EOFError, with a reason, once it holds more than `most` bytes."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._left, self._most = file, most, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        found = self._file.read(len(buffer))
        self._left -= len(found)
        if self._left < 0:
            raise EOFError(
                f"it holds more than {self._most:,} bytes, which is {EXPANSION} times its size; unpack it first"
            )
        buffer[: len(found)] = found
        return len(found)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The unpacked bytes of `path`. Raises InputError where they cannot be read, then or later on."""
    try:
        refuse_pointer(path)
        with path.open("rb") as plain:
            packed = plain.read(2) == GZIP
        if packed:
            most = max(ALWAYS, EXPANSION * path.stat().st_size)
            with gzip.open(path) as file, io.BufferedReader(_Bounded(file, most), 1 << 16) as bounded:  # pyright: ignore[reportArgumentType]
                yield bounded  # pyright: ignore[reportReturnType]
        else:
            with path.open("rb") as file:
                yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path} cannot be unpacked: {error}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def numbered_lines(file: IO[bytes], path: Path) -> Iterator[tuple[int, str]]:
    """Number and text of every line, without its end, and without the byte-order mark of a first line.

    Only a line feed ends a line: U+2028 and the like, which str.splitlines cuts at, occur within texts.
    Raises InputError for what is no UTF-8, and for a line without end.
    """
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise InputError(f"{path}, line {number} is longer than {LONGEST_LINE:,} bytes")
        try:
            yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise InputError(f"{path}, line {number} is not UTF-8: {error.reason}") from error

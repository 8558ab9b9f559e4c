"""The head of a GGUF file, read without its weights and without the package `gguf`, whose reader takes seconds.

The form: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAGIC = b"GGUF"
VERSIONS = (2, 3)
STRING, ARRAY = 8, 9
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


@dataclass(frozen=True, kw_only=True)
class StoredTensor:
    """sizes: of the fastest dimension first. kind: of its quantisation, by ggml's number."""

    name: str
    sizes: tuple[int, ...]
    kind: int
    offset: int  # from where the tensors begin


@dataclass(frozen=True, kw_only=True)
class Header:
    """values: those that are one number, text or truth. start: where the tensors begin."""

    values: dict[str, Any]
    tensors: tuple[StoredTensor, ...]
    start: int


def read_header(path: Path) -> Header:
    """Raises OSError, or ValueError where the file ends early or holds something else."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _header(_Reader(data))
        except struct.error:
            raise ValueError("it ends before its tensors") from None


class _Reader:
    """Values one after another."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data, self.place = data, 0

    def number(self, form: str) -> Any:
        (value,) = struct.unpack_from(f"<{form}", self.data, self.place)
        self.place += struct.calcsize(f"<{form}")
        return value

    def text(self) -> str:
        return self._bytes(self.number("Q")).decode()

    def value(self) -> Any:
        """None for an array, which is passed over."""
        kind = self.number("I")
        if kind == STRING:
            return self.text()
        if kind != ARRAY:
            return self.number(_form(kind))
        element, length = self.number("I"), self.number("Q")
        if element != STRING:
            self._bytes(length * struct.calcsize(f"<{_form(element)}"))
            return None
        unpack, data, place = struct.Struct("<Q").unpack_from, self.data, self.place
        for _ in range(length):  # one for each piece of the vocabulary
            place += 8 + unpack(data, place)[0]
        self.place = place
        return None

    def _bytes(self, length: int) -> bytes:
        if self.place + length > len(self.data):
            raise ValueError("it ends before its tensors")
        taken = self.data[self.place : self.place + length]
        self.place += length
        return taken


def _form(kind: int) -> str:
    if kind not in SCALARS:
        raise ValueError(f"it holds a value of the unknown type {kind}")
    return SCALARS[kind]


def _header(reader: _Reader) -> Header:
    if reader.number("4s") != MAGIC:
        raise ValueError(f"it does not begin with {MAGIC.decode()}")
    version = reader.number("I")
    if version not in VERSIONS:
        raise ValueError(f"its version is {version}, and {' and '.join(map(str, VERSIONS))} can be read")
    tensors, values = reader.number("Q"), reader.number("Q")
    said = {}
    for _ in range(values):
        name = reader.text()
        said[name] = reader.value()
    stored = []
    for _ in range(tensors):
        name = reader.text()
        sizes = tuple(reader.number("Q") for _ in range(reader.number("I")))
        stored.append(StoredTensor(name=name, sizes=sizes, kind=reader.number("I"), offset=reader.number("Q")))
    alignment = said.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1:
        raise ValueError(f"its tensors begin at multiples of {alignment}")
    return Header(values=said, tensors=tuple(stored), start=-(-reader.place // alignment) * alignment)

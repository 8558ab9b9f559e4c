"""Files appear whole or not at all, and what killed writers left goes when the same file is written again."""

import errno
import os
import time
from pathlib import Path

import pytest
from safetensors import SafetensorError

from softscale.files import is_of_full_disk, write_atomically


def test_what_a_killed_writer_of_the_same_file_left_goes(tmp_path: Path) -> None:
    own, other, new = (tmp_path / name for name in (".a.txt.x1.part", ".b.txt.x2.part", ".a.txt.x3.part"))
    own.write_bytes(b"half")
    other.write_bytes(b"half")
    new.touch()  # by a writer that has only just begun
    write_atomically(tmp_path / "a.txt", b"whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [new.name, other.name, "a.txt"]
    os.utime(new, (time.time() - 100, time.time() - 100))
    write_atomically(tmp_path / "a.txt", b"whole")
    assert not new.exists()


FULL = [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EDQUOT, "Disk quota exceeded"),
    SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
]


@pytest.mark.parametrize("error", FULL, ids=repr)
def test_an_error_of_a_full_disk_is_known_beneath_what_it_became(error: Exception) -> None:
    became = RuntimeError("while it was written")
    became.__cause__ = error
    assert is_of_full_disk(error)
    assert is_of_full_disk(became)
    assert not is_of_full_disk(OSError(errno.EACCES, "Permission denied"))

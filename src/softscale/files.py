"""A file that a reader sees whole or not at all."""

import os
import tempfile
from pathlib import Path

from softscale.errors import InputError

LFS = b"version https://git-lfs.github.com/spec/"


def write_atomically(path: Path, content: bytes) -> None:
    """Write under a temporary name in the same folder, sync, rename: a kill leaves the old file or the new one."""
    writable(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp makes private files
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def writable(folder: Path) -> Path:
    """`folder`, made where it is missing.

    Raises:
        InputError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise InputError(f"the folder {folder} cannot be written ({error.strerror}): choose another one") from error


def refuse_pointer(path: Path) -> None:
    """Raises InputError where the file is a Git LFS pointer: three lines of text that stand for a file not fetched."""
    with path.open("rb") as file:
        if file.read(len(LFS)) == LFS:
            raise InputError(f"{path} is a Git LFS pointer and not the file itself: fetch it with `git lfs pull`")

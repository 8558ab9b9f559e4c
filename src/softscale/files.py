"""A file that a reader sees whole or not at all."""

import errno
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Any

from softscale.errors import InputError

if sys.platform != "win32":
    import fcntl

LFS = b"version https://git-lfs.github.com/spec/"
STARTING = 60.0  # seconds that a writer may need between making its file and locking it


def write_atomically(path: Path, content: bytes) -> None:
    """Write under a temporary name in the same folder, sync, rename: a kill leaves the old file or the new one.

    What earlier writers of the same file left, when they were killed, is removed.
    """
    remove_leftovers(writable(path.parent), path.name)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with _locked(temporary):
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)  # mkstemp makes private files
            os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def _locked(path: str) -> Iterator[None]:
    """Within, the file is seen to have a writer; the lock ends with its process, however that one ends."""
    with open(path, "rb") as file:
        if sys.platform != "win32":
            with suppress(OSError):  # a file system without locks keeps what a killed writer left
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove what killed writers of the file `name`, or of any, left in `folder`; what is being written now stays."""
    if sys.platform == "win32":
        return
    for path in folder.glob(f".{'*' if name is None else f'{escape(name)}.*'}.part"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            status = os.fstat(file.fileno())
            if status.st_size or time.time() - status.st_mtime > STARTING:
                path.unlink()


def sync_folder(folder: Path) -> None:
    """Every file below `folder` on the disk itself: after a rename, a power cut leaves it whole."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


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


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For json.loads: an object as a dict. Raises ValueError for a key that is there twice: the last one would win."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {double!r} is there twice in one object")
    return found


def is_of_full_disk(error: BaseException) -> bool:
    """Whether an error, or one that it came from, says that the disk, or a user's share of it, has no room left."""
    cause = error.__cause__ or error.__context__
    own = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    # Rust's libraries (safetensors, tokenizers) raise errors of their own.
    return own or f"os error {errno.ENOSPC}" in str(error) or (cause is not None and is_of_full_disk(cause))


def refuse_pointer(path: Path) -> None:
    """Raises InputError where the file is a Git LFS pointer: three lines of text that stand for a file not fetched."""
    with path.open("rb") as file:
        if file.read(len(LFS)) == LFS:
            raise InputError(f"{path} is a Git LFS pointer and not the file itself: fetch it with `git lfs pull`")

"""Files of the checkout as they are committed: what a user ran since then, in runs/ or results/, changes no test."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from softscale.config import ROOT


def committed(path: str) -> bytes:
    """The content of a file, or skips where git has none."""
    return _git("show", f"HEAD:{path}")


def committed_files(folder: str, to: Path) -> Path:
    """`to`, holding the files of a folder; or skips where git has none."""
    to.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", f"HEAD:{folder}"))) as files:
        files.extractall(to, filter="data")
    return to


def committed_folders() -> list[str]:
    """The top-level folders that are seen, or skips where git has none."""
    names = _git("ls-tree", "-d", "--name-only", "HEAD").decode().splitlines()
    return [name for name in names if not name.startswith(".")]


def _git(*arguments: str) -> bytes:
    git = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=False)
    if git.returncode:
        pytest.skip(f"git {' '.join(arguments)} finds nothing: not committed, or no git checkout")
    return git.stdout

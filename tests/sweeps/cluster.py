"""Sweeps as they are typed where a cluster is, and whether their records are those of a sweep on this machine."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tiny import overrides_of

COMMAND = [sys.executable, "-c", "from softscale.cli import main; main()", "train", "-m"]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
CELLS = ("seed=range(6)", "method.length=4,8")


def line(t5_folder: Path, place: Path, *more: str, cells: Sequence[str] = CELLS) -> list[str]:
    """The command of a sweep, of 12 cells by default."""
    return [*COMMAND, *overrides_of(t5_folder, place, *cells, *more)]


def trained(command: Sequence[str], **variables: str) -> subprocess.CompletedProcess:
    """Run a command that must end well."""
    ended = subprocess.run(
        command, env=ENVIRONMENT | variables, capture_output=True, text=True, timeout=900, check=False
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended


def records_in(place: Path) -> dict[str, Any]:
    """What the records below a folder say, but for where, when and on what they were made, by id."""
    made = {path.stem: json.loads(path.read_text()) for path in place.glob("results/records/*.json")}
    return {
        id_: {key: value for key, value in record.items() if key not in ("provenance", "runtime")}
        for id_, record in made.items()
    }

"""A sample of benchmarks/kills.py: after kills, a full disk and damage every file is that of an undisturbed command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "kills.py"


@pytest.mark.slow
@pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("cc") is None, reason="it needs Linux and a C compiler"
)
def test_nothing_is_lost_and_nothing_differs(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    sample = ["kills=5", "full=1", "damages=1", "only=train,export npy"]
    ended = subprocess.run(
        [sys.executable, BENCHMARK, *sample],
        env=environment | {"TMPDIR": str(tmp_path)}, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    ends = [line.split(": ")[-1] for line in ended.stdout.splitlines() if " wrong" in line]
    assert ends == ["0 wrong"] * 3, ended.stdout
    assert not list(tmp_path.iterdir())

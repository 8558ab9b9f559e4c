"""Where the home folder cannot be written, caches are below runs/ and a study runs as anywhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import files_below, overrides_of

from softscale.devices.home import FOLDERS, can_be_written, make_caches_writable


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A folder that nobody can make, not even an administrator."""
    (tmp_path / "file").touch()
    return tmp_path / "file" / "home"


def test_what_cannot_be_written_goes_below_runs_and_nothing_else_moves(
    nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(nowhere))
    for name in (*FOLDERS, "TMPDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("MPLCONFIGDIR", str(nowhere / "matplotlib"))
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "wandb"))
    make_caches_writable(["train", f"runtime.runs={tmp_path}/mine"])
    assert os.environ["XDG_CACHE_HOME"] == f"{tmp_path}/mine/.home/.cache"
    assert os.environ["XDG_DATA_HOME"] == f"{tmp_path}/data"
    assert os.environ["WANDB_DATA_DIR"] == f"{tmp_path}/wandb"
    assert not {"MPLCONFIGDIR", "TMPDIR"} & {*os.environ}
    assert not can_be_written(nowhere)
    assert not (tmp_path / "mine").exists()


def test_a_home_that_can_be_written_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "new"))
    for name in FOLDERS:
        monkeypatch.delenv(name, raising=False)
    make_caches_writable(["train"])
    assert not [name for name in FOLDERS if name in os.environ]


@pytest.mark.slow
def test_a_study_runs_without_a_home(nowhere: Path, t5_folder: Path, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "HF_", "MPL", "WANDB"))}
    kept |= {"HOME": str(nowhere), "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    before, typed = files_below(t5_folder), [*overrides_of(t5_folder, tmp_path), "logger=wandb"]
    ended = subprocess.run(
        [sys.executable, "-c", "from softscale.cli import main; main()", "train", *typed],
        env=kept, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "note: W&B" not in ended.stderr
    assert "Matplotlib" not in ended.stderr
    assert list(tmp_path.glob("results/records/*.json"))
    assert list(tmp_path.glob("runs/*/wandb/offline-run-*"))
    assert {path.name for path in tmp_path.iterdir()} == {"file", "runs", "results"}
    assert files_below(t5_folder) == before

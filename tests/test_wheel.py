"""A wheel works from any folder: it holds the configuration, the experiments and the miniature ladder."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import softscale
from softscale.config import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="pip install -e '.[dev]' brings hatchling, which builds the wheel")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def typed(installed: Path, here: Path, *arguments: str) -> str:
    """What `softscale …` prints in the folder `here`."""
    command = [sys.executable, "-c", "from softscale.cli import main; main()", *arguments]
    environment = os.environ | {"PYTHONPATH": str(installed)}
    run = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_it_holds_every_file_of_the_folders_that_are_read_at_work(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    for folder in ("conf", "examples", "experiments", "models"):
        below = [Path(parent, file) for parent, _, files in os.walk(ROOT / folder, followlinks=True) for file in files]
        here = {str(path.relative_to(ROOT)) for path in below}
        assert here == {name.removeprefix("softscale/") for name in names if name.startswith(f"softscale/{folder}/")}


def test_it_says_its_version(wheel: Path, installed: Path, tmp_path: Path) -> None:
    assert wheel.name.startswith(f"softscale-{softscale.__version__}-py3-none-any")
    assert typed(installed, tmp_path, "--version") == f"softscale {softscale.__version__}\n"


def test_it_plans_an_experiment_in_another_folder(installed: Path, tmp_path: Path) -> None:
    shown = typed(installed, tmp_path, "plan", "experiment=miniature/figure_1_first_look")
    (total,) = (line for line in shown.splitlines() if line.startswith("| total"))
    assert [cell.strip() for cell in total.split("|")][3:7] == ["40", "0", "0", "0"]


def test_it_trains_in_another_folder_and_takes_no_other_project_s_commit_for_its_own(
    installed: Path, tmp_path: Path
) -> None:
    subprocess.run(["git", "init", "-q", installed], check=True)  # as where a project keeps its environment in itself
    small = ["model=mini_1", "task=rte", "data.train_records=24", "data.dev_records=8", "optim.steps=2", "logger=none"]
    typed(installed, tmp_path, "train", *small)
    (record,) = tmp_path.glob("runs/results/records/*.json")
    assert (tmp_path / "runs" / record.stem / "record.json").is_file()
    assert json.loads(record.read_text())["provenance"]["commit"] is None

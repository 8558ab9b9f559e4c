"""A sample of benchmarks/bad_lines.py, in this process: exit code 2, one sentence, nothing left behind."""

import random
import shutil
from pathlib import Path

import pytest
from bad_lines import cases, contents, faults, make_material
from tiny import overrides_of

from softscale.cli import main

COUNT, SEED, SAMPLE = 300, 18, 24


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory, t5_folder: Path) -> tuple[Path, str]:
    """A folder in which every command works, and the id of its finished run."""
    run, folder = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("material")
    with pytest.raises(SystemExit):
        main(["train", *overrides_of(t5_folder, run, "optim.steps=2")])
    return folder, make_material(folder, t5_folder, run)


@pytest.mark.parametrize("number", range(SAMPLE))
def test_a_bad_line_is_refused_in_one_sentence_and_leaves_nothing(
    number: int,
    material: tuple[Path, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = cases(COUNT, SEED, material[1])[number * (COUNT // SAMPLE)]
    shutil.copytree(material[0], tmp_path / "own")
    case.damage(tmp_path / "own", random.Random(number))
    monkeypatch.chdir(tmp_path / "own")
    before = contents(tmp_path / "own")
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(case.arguments)
    shown = capsys.readouterr().err
    assert faults(ended.value.code, shown, before, contents(tmp_path / "own")) == [], (case, shown)

"""`softscale reproduce`: own scores beside the published ones; a record that was doctored is caught."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import overrides_of

from softscale.cli import main

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def typed(t5_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A small experiment, which was run and published before: two seeds of prompts and of model tuning."""
    folder = tmp_path_factory.mktemp("published")
    words = overrides_of(t5_folder, folder, "experiment=miniature/figure_1_first_look", "seed=0,1", "runtime.workers=1")
    with pytest.raises(SystemExit) as ended:
        main(["train", *words])
    assert ended.value.code == 0
    return words


def reproduce(typed: list[str], published: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Its exit code and what it prints; the runs are found done in the folders of `typed`."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["reproduce", f"published={published}", *typed])
    return int(ended.value.code or 0), capsys.readouterr().out


@pytest.fixture
def published(typed: list[str], tmp_path: Path) -> Path:
    (results,) = (Path(word.partition("=")[2]) for word in typed if word.startswith("runtime.results="))
    return Path(shutil.copytree(results, tmp_path / "of_others"))


def doctor(published: Path, change: Callable[[dict], None]) -> str:
    """Change one published record; its id."""
    path = sorted((published / "records").glob("*.json"))[0]
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
    return path.stem


def test_runs_that_score_as_published_are_reproduced(
    typed: list[str], published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown = reproduce(typed, published, capsys)
    assert code == 0, shown
    assert "4 of 4 scores within 1 point of the published ones; largest difference 0.0 points" in shown


def test_a_doctored_score_is_caught_by_the_runs_made_again_and_by_its_own_predictions(
    typed: list[str], published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def better(record: dict) -> None:
        for point in (record["best"], record["last"], *record["curve"]):
            point["dev/score"] = point["dev/accuracy"] = 1.0

    id_ = doctor(published, better)
    code, shown = reproduce(typed, published, capsys)
    assert code == 1
    assert "3 of 4 scores within 1 point" in shown
    (line,) = (line for line in shown.splitlines() if line.startswith("not reproduced"))
    assert id_ in line
    (line,) = (line for line in shown.splitlines() if line.startswith("published and wrong"))
    assert line.startswith(f"published and wrong: {id_}: its record says 100.0%, its predictions say ")


def test_predictions_that_are_not_the_record_s_are_caught(
    typed: list[str], published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, *_ = sorted((published / "predictions").iterdir())
    assert first.read_bytes() != second.read_bytes()
    first.write_bytes(second.read_bytes())
    code, shown = reproduce(typed, published, capsys)
    assert code == 1
    assert f"published and wrong: {first} does not hold the predictions" in shown


def test_a_cell_without_a_published_record_is_counted(
    typed: list[str], published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sorted((published / "records").glob("*.json"))[0].unlink()
    code, shown = reproduce(typed, published, capsys)
    assert code == 1
    assert "not compared: 1 of 4 cells" in shown


def test_the_report_of_own_runs_ends_in_the_comparison(
    typed: list[str], published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(published, "results")
    for words in (typed, [*typed, "runtime.results=results"]):
        with pytest.raises(SystemExit) as ended:
            main(["report", *words])
        assert ended.value.code == 0
    own, of_the_published = capsys.readouterr().out.split("table.csv, table.md and figure.png from 4 of 4 cells\n")[1:]
    assert own.startswith("4 of 4 scores within 1 point")
    assert not of_the_published


def test_there_must_be_something_to_hold_it_against(typed: list[str], tmp_path: Path, refused: Callable) -> None:
    assert "has no published records in nowhere/records" in refused("reproduce", "published=nowhere", *typed)
    (results,) = (word.partition("=")[2] for word in typed if word.startswith("runtime.results="))
    assert "runtime.results" in refused("reproduce", f"published={results}", *typed)

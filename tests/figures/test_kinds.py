"""Kinds of pages are found by name, and an experiment whose page is counted needs no runs and takes none."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from softscale import figures
from softscale.commands.report import main as report
from softscale.config import ROOT
from softscale.errors import InputError

EXPERIMENTS = sorted((ROOT / "experiments").rglob("*.yaml"))


def test_a_kind_is_its_module() -> None:
    known = {"ensemble", "parameters", "score_versus_parameters", "score_versus_scale", "transfer"}
    assert known <= set(figures.names())
    for name in figures.names():
        assert type(figures.by_name(name)).__module__ == f"softscale.figures.{name}"


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        InputError, match=r"^report\.kind=pie is not allowed: it must be one of ensemble, parameters, score_"
    ):
        figures.by_name("pie")


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_every_experiment_names_a_kind_that_exists(path: Path) -> None:
    report_of = yaml.safe_load(path.read_text())["report"]
    assert report_of.get("kind", "score_versus_scale") in figures.names()


@pytest.mark.parametrize("experiment", ["paper/figure_4_parameters", "miniature/figure_4_parameters"])
def test_what_is_counted_is_not_trained(experiment: str, tmp_path: Path, refused: Callable[..., str]) -> None:
    message = refused("train", f"experiment={experiment}", f"runtime.runs={tmp_path / 'runs'}")
    assert message == f"experiment={experiment} is counted, not trained: softscale report experiment={experiment}"
    assert not list(tmp_path.iterdir())


def test_an_unknown_kind_is_refused_before_anything_is_trained(tmp_path: Path, refused: Callable[..., str]) -> None:
    experiment = "experiment=miniature/figure_1_first_look"
    message = refused("train", experiment, "report.kind=pie", f"runtime.runs={tmp_path / 'runs'}")
    assert "report.kind=pie is not allowed" in message
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_figure_4_is_reported_without_any_record_and_twice_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = ["experiment=miniature/figure_4_parameters", f"runtime.results={tmp_path}", "model=mini_1,mini_3"]
    folder = tmp_path / "miniature" / "figure_4_parameters"
    assert report(typed) == 0
    once = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(once) == ["figure.png", "table.csv", "table.md"]
    shutil.rmtree(folder)
    report(typed)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == once
    assert "from configurations" in capsys.readouterr().out
    assert b"nothing was trained" in once["table.md"]
    assert b",no," not in once["table.csv"]

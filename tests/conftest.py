"""What tests share: a folder of their own, the tiny backbone, processes that may be killed, and refusals."""

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from committed import committed_files
from tiny import load, save_t5_1_1
from transformers import PreTrainedTokenizerFast

from softscale.backbone.backbone import Backbone
from softscale.world.tokenizer import build_tokenizer


@pytest.fixture(scope="session", autouse=True)
def _away_from_the_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Fixtures for many tests are made in an empty folder; yields where `_in_a_folder_of_its_own` makes others."""
    before = Path.cwd()
    folders = tmp_path_factory.mktemp("folders")
    os.chdir(folders)
    yield folders
    os.chdir(before)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(_away_from_the_checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test stands in an empty folder: `runs` and `results`, by default, are never those of a user."""
    monkeypatch.chdir(tempfile.mkdtemp(dir=_away_from_the_checkout))


@pytest.fixture(scope="session")
def committed_records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of results/ as they are committed."""
    return committed_files("results/records", to=tmp_path_factory.mktemp("committed") / "records")


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    return build_tokenizer()


@pytest.fixture(scope="session")
def t5_folder(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> Path:
    return save_t5_1_1(tmp_path_factory.mktemp("t5") / "tiny", tokenizer)


@pytest.fixture
def backbone(t5_folder: Path) -> Backbone:
    return load(t5_folder)


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Processes of their own that may be killed; they are forked from one that has imported the slow libraries."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["softscale.training.run", "softscale.commands.train"])
    return context


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that must be refused: exit code 2 and one line on standard error, which is returned."""
    from softscale.cli import main

    def run(*arguments: str) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        shown = capsys.readouterr().err.splitlines()
        assert ended.value.code == 2, shown
        lines = [line for line in shown if line.startswith("softscale: ")]
        assert len(lines) == 1, shown
        return lines[0].removeprefix("softscale: ")

    return run

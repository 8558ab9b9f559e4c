"""What tests share: the tiny backbone, processes that may be killed, and refusals of the command line."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from tiny import load, save_t5_1_1
from transformers import PreTrainedTokenizerFast

from softscale.backbone.backbone import Backbone
from softscale.world.tokenizer import build_tokenizer


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
        told = capsys.readouterr().err.splitlines()
        assert ended.value.code == 2, told
        lines = [line for line in told if line.startswith("softscale: ")]
        assert len(lines) == 1, told
        return lines[0].removeprefix("softscale: ")

    return run

"""What tests of adaptation share: a T5 1.1 of the words of a licence, and the licence."""

from pathlib import Path

import pytest
from english import LICENCE, english_tokenizer
from tiny import save_t5_1_1
from transformers import PreTrainedTokenizerFast


@pytest.fixture(scope="session")
def english() -> PreTrainedTokenizerFast:
    return english_tokenizer()


@pytest.fixture(scope="session")
def t5(tmp_path_factory: pytest.TempPathFactory, english: PreTrainedTokenizerFast) -> Path:
    return save_t5_1_1(tmp_path_factory.mktemp("english") / "t5", english)


@pytest.fixture(scope="session")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The licence without every fifth line."""
    file = tmp_path_factory.mktemp("text") / "licence.txt"
    file.write_text("\n".join(line for i, line in enumerate(LICENCE) if i % 5) + "\n")
    return file

"""Plain text files as pieces of token ids."""

import gzip
import os
import time
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from softscale.pretrain.text import files_of, lines_of, pieces, tokenised_text, whole_of


def test_documents_are_cut_by_themselves_or_laid_end_to_end() -> None:
    documents = [[1, 2, 3, 4, 5], [6], [7, 8, 9, 10, 11, 12, 13]]
    assert list(pieces(documents, 4, joins=False)) == [[1, 2, 3, 4], [7, 8, 9, 10], [11, 12, 13]]
    assert list(pieces(documents, 4, joins=True)) == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]


def test_lines_and_files_are_documents_packed_or_not(tmp_path: Path) -> None:
    folder = tmp_path / "text"
    (folder / "deep").mkdir(parents=True)
    (folder / "b.txt").write_text("one two\n\n three\n")
    (folder / "deep" / "c.txt.gz").write_bytes(gzip.compress("vier fünf\n".encode()))
    (folder / ".hidden").write_text("no\n")
    files = files_of(str(folder))
    assert [line for file in files for line in lines_of(file)] == ["one two", " three", "vier fünf"]
    assert [text for file in files for text in whole_of(file)] == ["one two\n three", "vier fünf"]


def test_a_text_is_tokenised_once_and_again_when_it_changes(
    english: PreTrainedTokenizerFast, text: Path, tmp_path: Path
) -> None:
    copy, cache = tmp_path / "text", tmp_path / "cache"
    copy.write_text(text.read_text())
    first = tokenised_text(str(copy), "line", english, 16, False, cache)
    made = (cache / "tokens").stat().st_mtime_ns
    again = tokenised_text(str(copy), "line", english, 16, False, cache)
    assert (cache / "tokens").stat().st_mtime_ns == made
    assert first.facts == again.facts
    copy.write_text(text.read_text().upper())
    os.utime(copy, (time.time() + 9, time.time() + 9))
    assert tokenised_text(str(copy), "line", english, 16, False, cache).facts["sha256"] != first.facts["sha256"]


@pytest.mark.parametrize("name", ["tokens", "ends.npy", "facts.json"])
@pytest.mark.parametrize("damage", ["flipped", "missing"])
def test_a_damaged_text_on_disk_is_made_again(
    name: str, damage: str, english: PreTrainedTokenizerFast, text: Path, tmp_path: Path
) -> None:
    """A kill may come while it is removed."""
    whole = tokenised_text(str(text), "line", english, 16, False, tmp_path / "cache")
    rows, path = [whole[index] for index in range(len(whole))], tmp_path / "cache" / name
    content = path.read_bytes()
    path.unlink()
    if damage == "flipped":
        path.write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
    again = tokenised_text(str(text), "line", english, 16, False, tmp_path / "cache")
    assert [again[index] for index in range(len(again))] == rows
    assert again.facts == whole.facts

"""The cache of tokenised examples is a cache: damaged in any way it is made anew, and gives what it gave."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from softscale import tasks
from softscale.config import TaskConfig
from softscale.data.tokenised import Tokenised, tokenised
from softscale.sources.miniature import MiniatureConfig


def read(tokenizer: PreTrainedTokenizerFast, cache: Path) -> Tokenised:
    config = TaskConfig(name="rte", input_length=64, target_length=4)
    source = MiniatureConfig(name="miniature", seed=0, train_records=20, dev_records=20).open()
    return tokenised(tasks.by_name("rte"), config, source, "train", None, tokenizer, cache)


def cut_off(folder: Path) -> None:
    arrow = next(folder.glob("*.arrow"))
    arrow.write_bytes(arrow.read_bytes()[:-200])


def flipped(folder: Path) -> None:
    arrow = next(folder.glob("*.arrow"))
    content = bytearray(arrow.read_bytes())
    content[len(content) // 2] ^= 1
    arrow.write_bytes(bytes(content))


def zeros(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(bytes(path.stat().st_size))


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(b"")


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: next(folder.glob(name)).unlink()


def more(folder: Path) -> None:
    (folder / "data-00001-of-00002.arrow").write_bytes(b"of something else")


def no_files(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_bytes(b"a file in the place of the folder")


def half_written(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.with_suffix(".part").mkdir()
    (folder.with_suffix(".part") / "data-00000-of-00001.arrow").write_bytes(b"half")


DAMAGES = [cut_off, flipped, zeros, empty, more, no_files, a_file, half_written]
DAMAGES += [without("*.arrow"), without("dataset_info.json"), without("state.json"), without("sha256.json")]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_is_made_anew_and_gives_what_it_gave(
    damage: Callable[[Path], None], tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    first = read(tokenizer, tmp_path)
    rows, examples = first.rows.to_dict(), first.examples()
    del first  # it maps the file that is damaged now
    (folder,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    damage(folder)
    again = read(tokenizer, tmp_path)
    assert again.rows.to_dict() == rows
    assert again.examples() == examples
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [folder]  # nothing half-written is left


def test_a_whole_cache_is_read_and_not_made_again(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    read(tokenizer, tmp_path)
    (folder,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    read(tokenizer, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before

"""A folder in the official layout is read, and whatever is wrong with it is said by its place."""

import json
from pathlib import Path

import pytest

from softscale import tasks
from softscale.errors import InputError
from softscale.sources.local import LocalSource

CB = tasks.by_name("cb")
RECORD = {"premise": "p", "hypothesis": "h", "label": "neutral", "idx": 0}


def write(root: Path, *lines: str, name: str = "val.jsonl") -> Path:
    path = root / "CB" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def refusal(root: Path, split: str = "dev", limit: int | None = None) -> str:
    with pytest.raises(InputError) as refused:
        LocalSource(root).examples(CB, split, limit)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_train_is_train_jsonl_and_dev_is_val_jsonl(tmp_path: Path) -> None:
    write(tmp_path, json.dumps({**RECORD, "label": "entailment"}), name="train.jsonl")
    write(tmp_path, json.dumps(RECORD))
    source = LocalSource(tmp_path)
    assert [example.target for example in source.examples(CB, "train")] == ["entailment"]
    assert [example.target for example in source.examples(CB, "dev")] == ["neutral"]


def test_text_outside_ascii_and_blank_lines_are_read(tmp_path: Path) -> None:
    # U+2028 separates lines for str.splitlines, but not in JSONL.
    premise = "caf\u00e9\u2028\u201cyes\u201d"
    write(tmp_path, json.dumps({**RECORD, "premise": premise}, ensure_ascii=False), "", "")
    (example,) = LocalSource(str(tmp_path)).examples(CB, "dev")
    assert example.input == f"hypothesis: h premise: {premise}"


def test_a_limit_takes_the_first_examples_and_reads_no_further(tmp_path: Path) -> None:
    write(tmp_path, *[json.dumps({**RECORD, "premise": str(i)}) for i in range(3)], "not JSON")
    examples = LocalSource(tmp_path).examples(CB, "dev", limit=2)
    assert [example.input[-1] for example in examples] == ["0", "1"]


def test_a_limit_counts_examples_and_not_records(tmp_path: Path) -> None:
    answers = [{"text": str(i), "label": 0} for i in range(3)]
    question = {"question": "q", "idx": 0, "answers": answers}
    record = {"idx": 0, "passage": {"text": "t", "questions": [question]}}
    path = tmp_path / "MultiRC" / "val.jsonl"
    path.parent.mkdir()
    path.write_text(json.dumps(record))
    assert len(LocalSource(tmp_path).examples(tasks.by_name("multirc"), "dev", limit=2)) == 2


def test_a_missing_root_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none").startswith(f"data.root is {tmp_path / 'none'}, ")


def test_a_missing_file_is_named_with_the_layout(tmp_path: Path) -> None:
    message = refusal(tmp_path, "train")
    assert str(tmp_path / "CB" / "train.jsonl") in message
    assert "CB/train.jsonl and CB/val.jsonl" in message


@pytest.mark.parametrize("line", ["{", '{"premise": "p"', "CB"])
def test_a_line_that_is_not_json_is_named(tmp_path: Path, line: str) -> None:
    path = write(tmp_path, json.dumps(RECORD), line)
    assert refusal(tmp_path).startswith(f"{path}, line 2 is not JSON: ")


def test_bytes_that_are_not_utf_8_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(RECORD))
    path.write_bytes(path.read_bytes() + b'{"premise": "\xff"}\n')
    assert refusal(tmp_path).startswith(f"{path}, line 2 is not UTF-8: ")


def test_a_line_that_is_no_object_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "[1]")
    assert refusal(tmp_path) == f"{path}, line 1 must be a JSON object"


def test_a_bad_field_is_named_with_file_and_line(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(RECORD), "", json.dumps({**RECORD, "label": "maybe"}))
    assert refusal(tmp_path).startswith(f"{path}, line 3: field label is 'maybe', ")
    path = write(tmp_path, json.dumps({"premise": "p", "label": "neutral"}))
    assert refusal(tmp_path).startswith(f"{path}, line 1: field hypothesis is missing")


@pytest.mark.parametrize("lines", [(), ("", "  ")])
def test_a_file_without_records_is_refused(tmp_path: Path, lines: tuple[str, ...]) -> None:
    path = write(tmp_path, *lines)
    assert refusal(tmp_path).startswith(f"{path} has no records")


@pytest.mark.parametrize("split", ["test", "validation", ""])
def test_a_split_without_public_labels_is_refused(tmp_path: Path, split: str) -> None:
    assert refusal(tmp_path, split) == f"split is '{split}', but this source has only train and dev"


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(tmp_path: Path, limit: int) -> None:
    write(tmp_path, json.dumps(RECORD))
    assert refusal(tmp_path, limit=limit).startswith(f"limit is {limit}, ")

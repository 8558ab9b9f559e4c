"""Files that no reader expects: each refused with file, line and reason, or read."""

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from softscale.errors import InputError
from softscale.sources.readers import opened as opening
from softscale.sources.readers.csv_rows import csv_rows
from softscale.sources.readers.glue_tsv import glue_tsv
from softscale.sources.readers.json_lines import json_lines
from softscale.sources.readers.squad_json import squad_json

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
GOOD = '{"text": "a", "y": "b"}\n'


def write(folder: Path, content: str | bytes, name: str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(read: Callable[[Path], object], path: Path) -> str:
    with pytest.raises(InputError) as refused:
        list(read(path))  # type: ignore[call-overload]
    message = str(refused.value)
    assert "\n" not in message
    assert len(message) < 300
    return message


VALUES = [
    ("NaN", "NaN is no number of JSON; write null for a missing value"),
    ("[1, Infinity]", "Infinity is no number of JSON"),
    ('{"b": -Infinity}', "-Infinity is no number of JSON"),
    ("1e999", "the number 1e999 is too large"),
    ("-1e999", "the number -1e999 is too large"),
    ('"\\ud800"', "\\ud800 is half of a surrogate pair, which is no character"),
    ('"a \\uDC00 b"', "\\udc00 is half of a surrogate pair"),
    ('{"\\udbff": 1}', "\\udbff is half of a surrogate pair"),
    ("9" * 6000, "a number has too many digits"),
    ("[" * 50_000 + "]" * 50_000, "it is nested too deeply"),
    ('{"a":' * 50_000 + "1" + "}" * 50_000, "it is nested too deeply"),
    ("'a'", "Expecting value, at column 15"),
    ("01", "at column 16"),
]


@pytest.mark.parametrize(("value", "reason"), VALUES)
def test_what_is_no_json_is_named_by_file_line_and_reason(value: str, reason: str, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + f'{{"y": 1, "a": {value}}}\n', "rows.jsonl")
    message = refusal(json_lines, path)
    assert message.startswith(f"{path}, line 2 is not JSON: ")
    assert reason in message


@pytest.mark.parametrize(("value", "reason"), VALUES[:-2])
def test_squad_s_file_is_read_with_the_same_care(value: str, reason: str, tmp_path: Path) -> None:
    path = write(tmp_path, f'{{"data": [],\n "version": {value}}}', "train-v1.1.json")
    assert refusal(squad_json, path).startswith(f"{path} is not JSON: {reason}")


def test_a_surrogate_pair_and_a_backslash_are_characters(tmp_path: Path) -> None:
    path = write(tmp_path, '{"a": "\\ud83d\\ude00", "b": "\\\\ud800"}\n', "rows.jsonl")
    assert list(json_lines(path)) == [("line 1", {"a": "\U0001f600", "b": "\\ud800"})]


def test_long_cells_are_read(tmp_path: Path) -> None:
    long = "word " * 100_000
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["text", "y"], [long, "a"]])
    assert list(csv_rows(path)) == [("line 2", {"text": long, "y": "a"})]


@pytest.mark.parametrize("header", [",text,y", "text,,y", "text,y,,", ",,text,y,,,"])
def test_columns_without_a_name_are_left_out(header: str, tmp_path: Path) -> None:
    cells = ",".join({"text": "a", "y": "b"}.get(name, "7") for name in header.split(","))
    assert list(csv_rows(write(tmp_path, f"{header}\n{cells}\n", "rows.csv"))) == [("line 2", {"text": "a", "y": "b"})]


def test_a_header_without_any_name_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, ",,\na,b,c\n", "rows.csv")
    assert refusal(csv_rows, path).startswith(f"{path} has no name in its first line")


@pytest.mark.parametrize(
    ("read", "name"),
    [(csv_rows, "a.csv"), (json_lines, "a.jsonl"), (glue_tsv, "a.tsv"), (squad_json, "a.json")],
)
def test_a_pointer_of_git_lfs_is_named_as_one(read: Callable[[Path], object], name: str, tmp_path: Path) -> None:
    path = write(tmp_path, POINTER, name)
    assert refusal(read, path) == (f"{path} is a Git LFS pointer and not the file itself: fetch it with `git lfs pull`")


def test_a_packed_file_is_read_whatever_its_form(tmp_path: Path) -> None:
    assert list(csv_rows(write(tmp_path, gzip.compress(b"text,y\na,b\n"), "a.csv"))) == [
        ("line 2", {"text": "a", "y": "b"})
    ]
    assert list(json_lines(write(tmp_path, gzip.compress(GOOD.encode()), "a.jsonl"))) == [("line 1", json.loads(GOOD))]


@pytest.mark.parametrize("read", [json_lines, csv_rows, squad_json])
@pytest.mark.parametrize("line", [b" " * 99 + b"\n", b" "])
def test_a_packed_file_does_not_grow_without_end(
    read: Callable[[Path], object], line: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "ALWAYS", 1 << 20)
    path = write(tmp_path, gzip.compress(line * ((1 << 23) // len(line))), "a.jsonl.gz")
    message = refusal(read, path)
    assert message.startswith(f"{path} cannot be unpacked: it holds more than ")
    assert message.endswith("which is 200 times its size; unpack it first")


def test_text_that_packs_well_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "ALWAYS", 1 << 10)
    rows = "".join(json.dumps({"text": f"the {n} cat", "y": n * n}) + "\n" for n in range(5000))
    assert len(list(json_lines(write(tmp_path, gzip.compress(rows.encode()), "a.jsonl.gz")))) == 5000


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LONGEST_LINE", 1000)
    path = write(tmp_path, GOOD + '{"text": "' + "a" * 2000, "rows.jsonl")
    assert refusal(json_lines, path) == f"{path}, line 2 is longer than 1,000 bytes"

"""A user's own CSV or JSONL: read as spreadsheets write it, and every mistake named by file and line."""

import json
from pathlib import Path

import pytest

from softscale import tasks
from softscale.errors import InputError
from softscale.sources.custom import CustomData
from softscale.tasks.custom import CustomTask

TASK = tasks.of(
    CustomTask(name="custom", input_length=8, target_length=8, template="{text}", target="y", metric="accuracy")
)


def source(path: Path) -> CustomData:
    data = CustomData(name="custom", train=str(path), dev=str(path))
    data.check()
    return data


def read(path: Path, limit: int | None = None) -> list[tuple[str, str]]:
    return [(example.input, example.target) for example in source(path).open().examples(TASK, "train", limit)]


def write(folder: Path, content: str | bytes, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as refused:
        read(path)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_a_csv_is_read_as_a_spreadsheet_writes_it(tmp_path: Path) -> None:
    content = '\ufeffid,text,y\r\n1,"a, ""b""\r\nc",yes\r\n\r\n2,d\u2028é,no\r\n'
    assert read(write(tmp_path, content)) == [('a, "b"\r\nc', "yes"), ("d\u2028é", "no")]


def test_lines_of_json_are_read(tmp_path: Path) -> None:
    rows = [{"text": "a", "y": "yes"}, {"text": 3, "y": 1.5, "z": None}]
    path = write(tmp_path, "".join(json.dumps(row) + "\n" for row in rows), "rows.jsonl")
    assert read(path) == [("a", "yes"), ("3", "1.5")]


def test_a_limit_takes_the_first_rows(tmp_path: Path) -> None:
    assert read(write(tmp_path, "text,y\na,b\nc,d\n"), limit=1) == [("a", "b")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,y\na,b\nc\n", "{path}, line 3 has 1 cells, but the header has 2"),
        ("text,y\na,b,c\n", "{path}, line 2 has 3 cells, but the header has 2"),
        ('text,y\na,"b\n', "{path} is not CSV after line 0: "),
        ("text,y,y\na,b,c\n", "{path} has two columns y: give each its own name"),
        ("txt,y\na,b\n", "{path}, line 2: there is no column text, only txt, y"),
        ("text,y\na,\n", "{path}, line 2: column y is '', but it must be a text that is not empty"),
        ("", "data.train={path} has no examples"),
        ("text,y\n", "data.train={path} has no examples"),
        (b"text,y\na,\xff\n", "{path} is not UTF-8 after line 0: "),
    ],
)
def test_a_csv_that_cannot_be_read_is_named_with_the_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = write(tmp_path, content)
    assert refusal(path).startswith(message.format(path=path))


def test_a_line_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, '{"text": "a", "y": "b"}\n{\n', "rows.jsonl")
    assert refusal(path).startswith(f"{path}, line 2 is not JSON")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.csv") == f"data.train={tmp_path / 'none.csv'} is not a file"


@pytest.mark.parametrize(
    ("train", "dev", "message"),
    [
        (None, "b.csv", "data.train has no value: give a CSV or JSONL file of examples to train on"),
        ("a.csv", None, "data.dev has no value: give a CSV or JSONL file of examples that are not trained on"),
        ("a.xlsx", "b.csv", "data.train=a.xlsx is not allowed: the file must end in .csv or .jsonl"),
    ],
)
def test_both_files_must_be_given(train: str | None, dev: str | None, message: str) -> None:
    with pytest.raises(InputError) as refused:
        CustomData(name="custom", train=train, dev=dev).check()
    assert str(refused.value).startswith(message)


def test_a_task_of_the_user_s_own_is_in_no_official_download(tmp_path: Path) -> None:
    from softscale.sources.local import LocalSource

    with pytest.raises(InputError, match=r"task=custom has no official files: use data=custom data.train=FILE"):
        LocalSource(tmp_path).examples(TASK, "train")


def shared(path: Path, share: float) -> tuple[list[str], list[str]]:
    data = CustomData(name="custom", train=str(path), dev_share=share)
    data.check()
    opened = data.open()
    train, dev = ([example.input for example in opened.examples(TASK, split)] for split in ("train", "dev"))
    return train, dev


@pytest.mark.parametrize(("share", "count"), [(0.2, 20), (0.001, 1), (0.999, 99)])
def test_a_share_of_one_file_is_held_out_whatever_the_order_of_its_rows(
    share: float, count: int, tmp_path: Path
) -> None:
    rows = [f"text {i},y\n" for i in range(100)]
    train, dev = shared(write(tmp_path, "text,y\n" + "".join(rows)), share)
    assert (len(train), len(dev)) == (100 - count, count)
    assert not set(train) & set(dev)
    back = shared(write(tmp_path, "text,y\n" + "".join(reversed(rows)), "back.csv"), share)
    assert (set(back[0]), set(back[1])) == (set(train), set(dev))


def test_copies_of_an_input_are_on_one_side(tmp_path: Path) -> None:
    train, dev = shared(write(tmp_path, "text,y\n" + "a,1\nb,1\nc,2\n" * 5), 0.3)
    assert (len(train), len(dev), len(set(train)), len(set(dev))) == (10, 5, 2, 1)


def test_one_input_can_not_be_on_both_sides(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data\.dev_share=0\.5 is not allowed: .*rows\.csv has no two inputs"):
        shared(write(tmp_path, "text,y\na,1\na,2\n"), 0.5)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan"), 20])
def test_a_share_is_between_nothing_and_all(share: float) -> None:
    with pytest.raises(InputError, match=r"data\.dev_share=.* is not allowed: it must be above 0 and below 1"):
        CustomData(name="custom", train="a.csv", dev_share=share).check()


def test_a_share_and_a_dev_file_are_not_given_together() -> None:
    with pytest.raises(
        InputError, match=r"data\.dev_share=0\.2 is not allowed with data\.dev=b\.csv: give one of them"
    ):
        CustomData(name="custom", train="a.csv", dev="b.csv", dev_share=0.2).check()

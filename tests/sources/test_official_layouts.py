"""Every official layout below one root: GLUE's tables, SQuAD's nested JSON, MRQA's packed lines with a header."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from softscale import tasks
from softscale.errors import InputError
from softscale.sources.local import LocalSource
from softscale.tasks import Example

MRPC = "\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String"
QQP = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate"
PARAGRAPH = {"context": "c", "qas": [{"id": "1", "question": "q", "answers": [{"text": "a", "answer_start": 0}]}]}
MRQA_LINE = {"id": "", "context": "c", "qas": [{"qid": "1", "question": "q", "answers": ["a"], "detected_answers": []}]}
HEADER = {"header": {"dataset": "BioASQ", "split": "dev"}}


def write(root: Path, name: str, *lines: str, end: str = "\n") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(line + end for line in lines).encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def read(root: Path, task: str, split: str = "dev") -> list[Example]:
    return LocalSource(root).examples(tasks.by_name(task), split)


def refusal(root: Path, task: str, split: str = "dev") -> str:
    with pytest.raises(InputError) as refused:
        read(root, task, split)
    message = str(refused.value)
    assert "\n" not in message
    return message


def nested(*paragraphs: Any) -> str:
    return json.dumps({"version": "1.1", "data": [{"title": "t", "paragraphs": [p]} for p in paragraphs]}, indent=1)


@pytest.mark.parametrize("folder", ["MRPC", "mrpc"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_glue_tables_are_read_without_quoting_below_a_byte_order_mark(tmp_path: Path, folder: str, end: str) -> None:
    rows = ['1\t1\t2\t"An open quote\tand, "" two', "0\t3\t4\ta\u2028b\x85c\td"]
    write(tmp_path, f"{folder}/train.tsv", MRPC, *rows, "", end=end)
    first, second = read(tmp_path, "mrpc", "train")
    assert (first.input, first.target) == ('sentence1: "An open quote sentence2: and, "" two', "equivalent")
    assert (second.input, second.target) == ("sentence1: a\u2028b\x85c sentence2: d", "not_equivalent")


@pytest.mark.parametrize("row", ["1\t1\t2\tonly one", "1\t1\t2\ta\tb\tc"])
def test_a_line_of_mrpc_with_other_columns_is_named(tmp_path: Path, row: str) -> None:
    path = write(tmp_path, "MRPC/dev.tsv", MRPC, "1\t1\t2\ta\tb", row)
    assert refusal(tmp_path, "mrpc") == f"{path}, line 3 has {len(row.split(chr(9)))} columns, but the header has 5"


def test_broken_lines_of_qqp_are_left_out_and_noted(tmp_path: Path) -> None:
    # A line break within a question, as in the official train.tsv: both halves lack columns.
    lines = [QQP, "1\t2\t3\tWhy?\tHow?\t0", "2\t4\t5\tWhat is", "this?\tWhat?\t1", "3\t6\t7\tWho?\tWho?\t1"]
    write(tmp_path, "QQP/train.tsv", *lines)
    assert [example.target for example in read(tmp_path, "qqp", "train")] == ["not_duplicate", "duplicate"]
    notes = LocalSource(tmp_path).notes(tasks.by_name("qqp"), "train")
    assert notes == ["2 line(s) of QQP/train.tsv lack columns and were left out: 3, 4"]
    write(tmp_path, "QQP/train.tsv", *lines[:2])
    assert LocalSource(tmp_path).notes(tasks.by_name("qqp"), "train") == []


def test_a_line_of_qqp_with_more_columns_or_another_label_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "QQP/dev.tsv", QQP, "1\t2\t3\tWhy?\tHow?\t0\t1")
    assert refusal(tmp_path, "qqp") == f"{path}, line 2 has 7 columns, but the header has 6"
    path = write(tmp_path, "QQP/dev.tsv", QQP, "1\t2\t3\tWhy?\tHow?\t2")
    assert refusal(tmp_path, "qqp").startswith(f"{path}, line 2: field is_duplicate is '2', ")


def test_a_table_of_another_task_is_refused_by_the_missing_column(tmp_path: Path) -> None:
    write(tmp_path, "QQP/dev.tsv", MRPC, "1\t1\t2\ta\tb")
    assert "field question1 is missing (fields present: Quality, #1 ID" in refusal(tmp_path, "qqp")


def test_bytes_of_a_table_that_are_not_utf_8_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, "MRPC/dev.tsv", MRPC)
    path.write_bytes(path.read_bytes() + b"1\t1\t2\t\xe9\tb\n")
    assert refusal(tmp_path, "mrpc").startswith(f"{path}, line 2 is not UTF-8: ")


@pytest.mark.parametrize("lines", [(), (MRPC,), (QQP, "1\t2")])
def test_a_table_without_rows_is_refused(tmp_path: Path, lines: tuple[str, ...]) -> None:
    task = "qqp" if lines and lines[0] == QQP else "mrpc"
    write(tmp_path, f"{task.upper()}/dev.tsv", *lines)
    assert "has no records" in refusal(tmp_path, task)


@pytest.mark.parametrize("name", ["squad/dev-v1.1.json", "dev-v1.1.json", "SQuAD/dev-v1.1.json"])
def test_squad_is_read_in_its_nested_form(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, nested(PARAGRAPH, PARAGRAPH))
    assert [(e.input, e.answers) for e in read(tmp_path, "squad")] == [("question: q context: c", ("a",))] * 2


def test_squad_is_read_one_question_a_line(tmp_path: Path) -> None:
    line = {"id": "1", "context": "c", "question": "q", "answers": ["a", "b"], "src": "x"}
    write(tmp_path, "squad/train.jsonl", json.dumps(line))
    assert [(e.target, e.answers) for e in read(tmp_path, "squad", "train")] == [("a", ("a", "b"))]


def test_the_nested_form_of_squad_is_preferred_to_lines(tmp_path: Path) -> None:
    write(tmp_path, "squad/dev-v1.1.json", nested(PARAGRAPH))
    write(tmp_path, "squad/dev.jsonl", "not JSON")
    assert len(read(tmp_path, "squad")) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", " is not JSON: "),
        ("[]", " must be a JSON object"),
        ('{"version": "1.1"}', ": field data is missing (fields present: version)"),
        ('{"data": [{"title": "t"}]}', ": field data[0].paragraphs is missing"),
        (
            nested(PARAGRAPH, {"context": "c", "qas": [{"question": "q"}]}),
            ", data[1].paragraphs[0]: field qas[0].answers",
        ),
        ('{"data": []}', " has no records"),
    ],
)
def test_a_nested_file_that_is_not_of_the_form_is_named_by_its_place(
    tmp_path: Path, content: str, message: str
) -> None:
    path = write(tmp_path, "squad/dev-v1.1.json", content)
    assert refusal(tmp_path, "squad").startswith(f"{path}{message}")


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("bioasq", "mrqa/BioASQ.jsonl.gz"),
        ("drop", "mrqa/DROP.jsonl"),
        ("duorc", "MRQA/DuoRC.jsonl.gz"),
        ("duorc", "DuoRC.ParaphraseRC.jsonl"),
        ("race", "RACE.jsonl.gz"),
        ("re", "mrqa/RelationExtraction.jsonl.gz"),
        ("textbookqa", "mrqa/TextbookQA.jsonl.gz"),
    ],
)
def test_mrqa_sets_are_read_packed_or_not_behind_their_header(tmp_path: Path, task: str, name: str) -> None:
    write(tmp_path, name, json.dumps(HEADER), json.dumps(MRQA_LINE))
    assert [(e.input, e.target) for e in read(tmp_path, task)] == [("question: q context: c", "a")]


def test_a_file_that_was_unpacked_under_its_old_name_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "mrqa/RACE.jsonl.gz", json.dumps(HEADER), json.dumps(MRQA_LINE))
    path.write_bytes(gzip.decompress(path.read_bytes()))
    assert len(read(tmp_path, "race")) == 1


def test_a_packed_file_that_is_cut_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "mrqa/RACE.jsonl.gz", *[json.dumps({**MRQA_LINE, "id": str(i)}) for i in range(99)])
    path.write_bytes(path.read_bytes()[:-30])
    assert refusal(tmp_path, "race").startswith(f"{path} cannot be unpacked: ")


def test_a_header_without_questions_is_no_data_set(tmp_path: Path) -> None:
    write(tmp_path, "mrqa/RACE.jsonl", json.dumps(HEADER))
    assert "has no records" in refusal(tmp_path, "race")


def test_what_has_no_training_split_says_what_it_is_for(tmp_path: Path) -> None:
    assert refusal(tmp_path, "duorc", "train") == (
        "task=duorc is for evaluation only: train on another task, with transfer=[duorc]"
    )


@pytest.mark.parametrize(
    ("task", "parts"),
    [
        ("mrpc", ["MRPC/train.tsv and MRPC/dev.tsv"]),
        ("squad", ["squad/train-v1.1.json or train-v1.1.json or squad/train.jsonl"]),
        ("duorc", ["mrqa/DuoRC.jsonl", "mrqa/DuoRC.ParaphraseRC.jsonl.gz"]),
    ],
)
def test_a_missing_file_is_refused_with_every_name_that_is_looked_for(
    tmp_path: Path, task: str, parts: list[str]
) -> None:
    message = refusal(tmp_path, task)
    assert message.startswith("there is no file ")
    assert [part for part in parts if part not in message] == []

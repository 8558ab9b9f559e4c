"""`new-task` writes a task for a file, prints a command that works as typed, and refuses the rest in a sentence."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pieces_tokenizer import piece_tokenizer
from tiny import save_t5_1_1

from softscale.cli import main
from softscale.compose.cells import hydra_session, single
from softscale.config import ROOT
from softscale.tasks.custom import CustomTask
from softscale.tasks.proposal import Proposal, propose

Refused = Callable[..., str]
FEW = ["optim.steps=2", "optim.eval_every=2", "optim.batch_size=4", "data.num_dev=4", "logger=none", "method.length=4"]


@pytest.fixture
def made(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """Runs new-task, which must end well; the arguments of the command that it prints last."""

    def run(*arguments: str) -> list[str]:
        with pytest.raises(SystemExit) as ended:
            main(["new-task", *arguments])
        shown = capsys.readouterr()
        assert ended.value.code == 0, shown.err
        program, *command = shlex.split(shown.out.splitlines()[-1])
        assert program == "softscale"
        return command

    return run


def task_of(command: list[str]) -> CustomTask:
    with hydra_session():
        config = single(command[1:]).config.task
    assert isinstance(config, CustomTask)
    return config


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_t5_1_1(tmp_path_factory.mktemp("new task") / "t5", piece_tokenizer())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("example", "file", "metric", "labels"),
    [
        ("tickets/train.csv", "tickets 2.csv", ["accuracy", "macro_f1"], 5),
        ("entities/train.jsonl", "my, own/it's.jsonl", ["entity_f1", "exact_match"], 0),
    ],
)
def test_the_printed_command_trains_as_it_is_typed(
    example: str, file: str, metric: list[str], labels: int, made: Callable[..., list[str]], t5: Path
) -> None:
    Path(file).parent.mkdir(exist_ok=True)
    Path(file).write_bytes((ROOT / "examples" / example).read_bytes())
    command = made(file, "to=my conf", "name=mine", "model=local", f"model.path={t5}")
    with pytest.raises(SystemExit) as ended:
        main([*command, *FEW])
    assert ended.value.code == 0
    (path,) = Path("runs/results/records").glob("*.json")
    record = json.loads(path.read_text())
    task = record["study"]["task"]
    assert (task["metric"], len(task["labels"] or ())) == (metric, labels)
    assert set(record["resampled"]) == {"dev", *(f"dev/{name}" for name in metric)}
    assert record["data"]["train_cut"] == 0
    assert record["data"]["train"] == 77  # and 19 of 96 held out
    assert not [note for note in record["notes"] if "never be written" in note]


def test_a_file_of_labels_becomes_a_classification(made: Callable[..., list[str]]) -> None:
    rows = "".join(f"{i},text {i},{'yes' if i % 2 else 'no'}\n" for i in range(10))
    Path("reviews.csv").write_text(f"id,text,good\n{rows}")
    command = made("reviews.csv", "to=conf")
    assert command[:5] == ["train", "model=t5_small_lm", "data=custom", "data.train=reviews.csv", "data.dev_share=0.2"]
    task = task_of(command)
    assert (task.name, task.template, task.target, task.labels) == ("reviews", "{text}", "good", ["no", "yes"])
    assert (task.input_length, task.target_length) == (32, 8)


def test_a_text_keeps_every_sign_that_yaml_and_hydra_know() -> None:
    signs = ["yes", "1", "1e3", "null", "~", "a: b", "# c", "'d'", '"e"', "${f}", "\\g", "[h]", "é 👍", "- i", "on"]
    rows = [{"x y": f"text {i}", "the $target": sign} for i, sign in enumerate(signs * 2)]
    Path("signs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(SystemExit) as ended:
        main(["new-task", "signs.jsonl", "to=conf"])
    assert ended.value.code == 0
    task = task_of(["train", "hydra.searchpath=[conf]", "task=signs"])
    assert (task.labels, task.target, task.template) == (sorted(signs), "the $target", "{x y}")


@pytest.mark.parametrize(
    "file", ["a b.csv", "a,b.csv", "it's.csv", 'a"b.csv', "{x}$y.csv", "${x}.csv", "5=6.csv", "ö.csv"]
)
def test_a_file_of_any_name_is_found_again(file: str, made: Callable[..., list[str]]) -> None:
    Path(file).write_text("text,label\n" + "a1,x\nb2,y\nc3,x\nd4,y\n")
    command = made(file, "to=conf", "name=mine")
    with hydra_session():
        data: Any = single(command[1:]).config.data
    assert data.train == file


Rows = list[dict[str, Any]]


def proposed(rows: Rows, *inputs: str, target: str | None = None) -> Proposal:
    return propose(rows, inputs, target)


def times(count: int, **columns: Callable[[int], Any]) -> Rows:
    return [{name: value(i) for name, value in columns.items()} for i in range(count)]


@pytest.mark.parametrize(
    ("answer", "labels", "metric"),
    [
        (lambda i: "ab"[i % 2], ["a", "b"], ["accuracy", "macro_f1"]),
        (lambda i: i % 2, ["0", "1"], ["accuracy", "macro_f1"]),
        (lambda i: bool(i % 2), ["false", "true"], ["accuracy", "macro_f1"]),
        (lambda i: ["a ", "b  c"][i % 2], {"a ": "a", "b  c": "b c"}, ["accuracy", "macro_f1"]),
        (lambda i: f"class {i % 20}", sorted(f"class {i}" for i in range(20)), ["accuracy", "macro_f1"]),
        (lambda i: f"class {i % 21}", None, ["squad"]),  # too many
        (lambda i: f"answer {i}", None, ["squad"]),
        (lambda i: [f"answer {i}", "other"], None, ["squad"]),
        (lambda i: f"a much longer answer, of many words, number {i}", None, ["rouge_l", "chrf"]),
        (lambda i: ["a label of far too many words", "b"][i % 2], None, ["squad"]),
        (lambda i: f"person: Anna {i}; place: Rome" if i % 3 else "none", None, ["entity_f1", "exact_match"]),
        (lambda i: f"time {i}: 10; Rome", None, ["squad"]),
    ],
)
def test_few_short_targets_are_labels_and_all_else_is_text(
    answer: Callable[[int], Any], labels: Any, metric: list[str]
) -> None:
    found = proposed(times(42, text=lambda i: f"text {i}", label=answer))
    assert (found.labels, found.metric) == (labels, metric)


def test_targets_go_by_their_name_or_stand_last_and_ids_and_constants_are_no_input() -> None:
    rows = times(6, label=lambda i: "ab"[i % 2], id=lambda i: f"x{i}", n=lambda i: i, text=str, lang=lambda _: "en")
    texts = [{**row, "text": f"text {row['n']}"} for row in rows]
    assert (proposed(texts).inputs, proposed(texts).target) == (("text",), "label")
    assert proposed(texts, "text", "n").template == "text: {text} n: {n}"
    assert proposed(texts, target="n").inputs == ("label", "text")
    plain = times(4, a=lambda i: f"a {i}", b=lambda i: f"b {i}", c=lambda i: f"c {i}")
    assert (proposed(plain).template, proposed(plain).target) == ("a: {a} b: {b}", "c")
    numbers = times(4, a=lambda i: i, b=lambda i: i % 2)
    assert proposed(numbers).inputs == ("a",)


GOOD = "text,label\na1,x\nb2,y\nc3,x\nd4,y\n"


@pytest.mark.parametrize(
    ("content", "more", "message"),
    [
        ("", [], "f.csv has no rows: a task is made of examples"),
        ("text,label\n", [], "f.csv has no rows"),
        ("text\na\nb\n", [], "f.csv: the file has one column, text, and a task needs two"),
        (GOOD, ["target=y"], "f.csv: target=y is not a column: the file has text, label"),
        (GOOD, ["input=text,x"], "f.csv: input=x is not a column: the file has text, label"),
        (GOOD, ["input=label", "target=label"], "input=label is not allowed: it is the target"),
        (GOOD, ["input=text,label"], "input= names all columns"),
        ("text,label\na\n", [], "f.csv, line 2 has 1 cells, but the header has 2"),
        ("text,label\na,x\nb,x\n", [], "column label is 'x' in every row: there is nothing to learn"),
        ("text,label\na,x\nb, \nc,x\nd,y\ne,y\n", [], "f.csv, line 3: column label is ' ', but task.labels has words"),
        ("text,label\na,one long text\nb,\n", [], "f.csv, line 3: column label is '', but it must be a text"),
        (GOOD.replace("text", "{text}"), [], "the column '{text}' cannot be named in a template"),
        (GOOD.replace("text", "a:b"), ["input=a:b"], "the column 'a:b' cannot be named in a template"),
        (
            "text,label\na,???\nb,y\nc,???\nd,y\n",
            [],
            "labels ['???', 'y'] cannot stand in a YAML file: change it in f.csv",
        ),
        (GOOD, ["name=rte"], "task.name=rte is not allowed: it is the name of one of the paper's tasks"),
        (GOOD, ["name=a b"], "task.name=a b is not allowed: it must be of letters, digits and _"),
        (GOOD, ["name=tickets"], "conf/task/tickets.yaml is there already: choose another name with name=NAME"),
        (GOOD, ["to=f.csv"], "the folder f.csv/task cannot be written"),
        (GOOD, ["model=mini_9"], "model=mini_9 is not known: it must be one of"),
        (GOOD, ["model=mini_3"], "task=f has the label word 'x', which this model's tokenizer can only write as"),
        (GOOD, ["columns=text"], "new-task takes one file"),
        (GOOD, ["input="], "input= is not an option of new-task"),
        (GOOD, ["g.csv"], "new-task takes one file"),
    ],
)
def test_what_is_no_task_is_refused_and_nothing_is_written(
    content: str, more: list[str], message: str, refused: Refused
) -> None:
    Path("f.csv").write_text(content)
    to = [] if any(each.startswith("to=") for each in more) else ["to=conf"]
    assert message in refused("new-task", "f.csv", *to, *more)
    assert not Path("conf").exists()


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("f.txt", b"", "f.txt is not allowed: the file must end in .csv or .jsonl"),
        ("f.csv", b"text,label\n\xff,a\n", "f.csv is not UTF-8"),
        ("f.csv", b"\x1f\x8bno gzip", "f.csv cannot be unpacked"),
        ("f.jsonl", b"[1]\n", "f.jsonl, line 1 must be a JSON object"),
        ("f.jsonl", b'{"a": "x", "b": "y z"}\n{"a": "x"}\n', "f.jsonl, line 2: there is no column b, only a"),
        ("f.jsonl", b'{"a": {"x": 1}, "b": "y"}\n{"a": 1, "b": "z"}\n', "f.jsonl, line 1: column a is {'x': 1}"),
        ("---.csv", b"a,b\n1,2\n3,4\n", "---.csv gives the task no name: choose one with name=NAME"),
    ],
)
def test_what_cannot_be_read_is_refused_by_file_and_line(
    file: str, content: bytes, message: str, refused: Refused
) -> None:
    Path(file).write_bytes(content)
    assert message in refused("new-task", file, "to=conf")
    assert not Path("conf").exists()


@pytest.mark.parametrize("arguments", [[], ["nowhere.csv"], ["."]])
def test_no_file_is_refused(arguments: list[str], refused: Refused) -> None:
    refused("new-task", *arguments, "to=conf")


def test_a_task_is_never_overwritten(made: Callable[..., list[str]], refused: Refused) -> None:
    Path("f.csv").write_text(GOOD)
    made("f.csv", "to=conf")
    before = Path("conf/task/f.yaml").read_bytes()
    assert refused("new-task", "f.csv", "to=conf", "input=text").startswith("conf/task/f.yaml is there already")
    assert Path("conf/task/f.yaml").read_bytes() == before

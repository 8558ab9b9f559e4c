"""The example of a task of one's own runs as it is written, and ends in a score; what is wrong with one is refused."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import overrides_of

import softscale.commands.train  # noqa: F401 - it keeps the standard error that it finds when it is imported
from softscale.config import ROOT

Refused = Callable[..., str]
EXAMPLE = [
    block
    for block in re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    if "task=custom" in block
]


@pytest.mark.slow
def test_the_example_gives_ten_unseen_words_a_score_above_chance(tmp_path: Path) -> None:
    (block,) = EXAMPLE
    block = block.replace("logger=none", f"logger=none runtime.runs={tmp_path}/runs runtime.results={tmp_path}/results")
    here = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")}
    ended = subprocess.run(["bash", "-ec", block], cwd=tmp_path, env=os.environ | here, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    (record,) = tmp_path.glob("results/records/*.json")
    made = json.loads(record.read_text())
    assert (made["data"]["train"], made["data"]["dev"], made["data"]["majority"]) == (10, 10, 0.2)
    assert made["best"]["dev/accuracy"] >= 0.5
    assert made["notes"] == []


@pytest.fixture
def typed(t5_folder: Path, tmp_path: Path) -> list[str]:
    """A command that would run, but for what a test adds."""
    (tmp_path / "a.csv").write_text("text,label\nAnna has a kite,0\nBen has a cat,1\nzzz,1\n")
    rest = [each for each in overrides_of(t5_folder, tmp_path) if not each.startswith(("data.", "task"))]
    files = [f"data.train={tmp_path / 'a.csv'}", f"data.dev={tmp_path / 'a.csv'}"]
    return [*rest, "task=custom", "task.template=it: {text} ?", "task.target=label", "data=custom", *files]


LABELS = "task.labels={0: False, 1: True}"


def test_words_that_the_tokenizer_does_not_know_are_noted(typed: list[str], tmp_path: Path) -> None:
    from softscale.cli import main

    with pytest.raises(SystemExit) as ended:
        main(["train", *typed, "task.labels={0: 'False', 1: 'True'}"])
    assert ended.value.code == 0
    (record,) = tmp_path.glob("results/records/*.json")
    made = json.loads(record.read_text())
    assert "1 of 3 training examples hold text that the tokenizer reads as <unk>" in made["notes"]
    assert made["study"]["task"]["labels"] == {"0": "False", "1": "True"}
    lines = [json.loads(line) for line in (tmp_path / "runs" / made["id"] / "predictions.jsonl").open()]
    assert (lines[0]["input"], lines[0]["target"]) == ("it: Anna has a kite ?", "False")


def test_what_must_be_known_of_free_text_is_noted(typed: list[str], tmp_path: Path) -> None:
    from softscale.cli import main

    rows = [("the cat </s>", "the  cat"), ("a kite", "a kite"), ("the cat " * 200, "the cat has a kite")]
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(f"{text},{answer}\n" for text, answer in rows))
    with pytest.raises(SystemExit) as ended:
        main(["train", *typed, "task.input_length=64", "task.target_length=4"])
    assert ended.value.code == 0
    (record,) = tmp_path.glob("results/records/*.json")
    notes = json.loads(record.read_text())["notes"]
    for split in ("training", "dev"):
        assert (
            f"2 of 3 {split} targets can never be written as they stand, by this tokenizer in task.target_length=4 "
            "tokens, such as 'the  cat'"
        ) in notes
    assert (
        "1 of 3 dev inputs are more than 4 times as long as training inputs may be (64 tokens); the longest has 404"
    ) in notes
    assert not [note for note in notes if "control piece" in note]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            ["task.labels={0: the cat has a kite, 1: toy}", "task.target_length=4"],
            "writes the label word 'the cat has a kite' of",
        ),
        (["task.labels={0: bad, 1: good}"], "task=custom has the label word 'bad', which this model's tokenizer"),
        ([LABELS], "task.labels={0: False, 1: True} is not allowed"),
        (["task.template=it: {txt}"], "line 2: there is no column txt, only text, label"),
        (["task.labels={0: toy}"], "line 3: column label is '1', but task.labels has words for '0' only"),
        (["task.metric=rouge"], "task.metric=rouge is not allowed"),
        (["task.metric=binary_f1"], "task.labels must have two words"),
        (["data.dev=null"], "data.dev has no value: give a CSV or JSONL file of examples that are not trained on"),
        (["data.train=/nowhere.csv"], "data.train=/nowhere.csv is not a file"),
        (["~task.target"], "task.target"),
        (["transfer=[rte]"], "transfer=[rte] is not allowed: data=custom holds one task only"),
        (
            ["optim.steps=1", "task.name=rte"],
            "task.name=rte is not allowed: it is the name of one of the paper's tasks",
        ),
    ],
)
def test_a_mistake_is_said_before_weights_are_loaded(
    more: list[str], message: str, typed: list[str], tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("weights were loaded")

    monkeypatch.setattr("softscale.training.run.load_backbone", never)
    assert message in refused("train", *typed, *more)
    assert not list(tmp_path.glob("results/records/*.json"))


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e999", '"\\ud800"', "9" * 6000, "[" * 50_000 + "]" * 50_000])
def test_a_line_that_is_no_json_is_refused_by_file_line_and_reason(
    value: str, typed: list[str], tmp_path: Path, refused: Refused
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"text": "the cat", "label": "cat"}}\n{{"text": "a", "label": "a", "score": {value}}}\n')
    message = refused("train", *typed, f"data.train={path}")
    assert message.startswith(f"{path}, line 2 is not JSON: ")
    assert not list(tmp_path.glob("results/records/*.json"))

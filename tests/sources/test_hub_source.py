"""The hub's rows give the official examples, and an unreachable hub is said at once."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from datasets import config as settings

from softscale import tasks
from softscale.errors import InputError
from softscale.sources.hub import HubConfig, HubSource

README = """---
configs:
- config_name: {config}
  data_files:
  - split: {split}
    path: {split}.jsonl
---
"""


def folder(path: Path, config: str, *rows: dict[str, Any], split: str = "validation") -> str:
    """A data set in the hub's form, as a folder."""
    path.mkdir(exist_ok=True)
    (path / "README.md").write_text(README.format(config=config, split=split))
    (path / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "HF_DATASETS_CACHE", tmp_path / "cache")


def test_rows_of_the_hub_become_examples(tmp_path: Path) -> None:
    rows = [{"premise": "p", "hypothesis": "h", "label": i, "idx": i} for i in range(3)]
    source = HubSource(folder(tmp_path / "hub", "cb", *rows))
    examples = source.examples(tasks.by_name("cb"), "dev", limit=2)
    assert [example.target for example in examples] == ["entailment", "contradiction"]


def test_nested_rows_of_the_hub_become_examples(tmp_path: Path) -> None:
    row = {
        "passage": "Zoe met Al.",
        "query": "@placeholder left",
        "entities": ["Zoe", "Al"],
        "entity_spans": {"text": ["Zoe", "Al"], "start": [0, 8], "end": [3, 10]},
        "answers": ["Zoe"],
        "idx": {"passage": 4, "query": 5},
    }
    source = HubSource(folder(tmp_path / "hub", "record", row))
    (example,) = source.examples(tasks.by_name("record"), "dev")
    assert example.input == "query: @placeholder left entities: Al, Zoe passage: Zoe met Al."
    assert (example.answers, example.group) == (("Zoe",), "4/5")


def test_a_bad_row_is_named(tmp_path: Path) -> None:
    path = folder(tmp_path / "hub", "cb", {"premise": "p", "hypothesis": "h", "label": -1})
    with pytest.raises(InputError, match=r"hub, dev row 0: field label is -1, .*0 or 1 or 2"):
        HubSource(path).examples(tasks.by_name("cb"), "dev")


def test_a_split_without_public_labels_is_refused() -> None:
    with pytest.raises(InputError, match=r"split is 'test', .*train and dev"):
        HubSource("super_glue").examples(tasks.by_name("cb"), "test")


def test_glue_squad_and_mrqa_are_data_sets_of_their_own(tmp_path: Path) -> None:
    pair = {"sentence1": "a", "sentence2": "b", "label": 1, "idx": 0}
    asked = {"context": "c", "question": "q", "answers": {"text": ["a"], "answer_start": [0]}}
    out = {"subset": "DROP", "context": "c", "question": "q", "answers": ["a"]}
    others = {
        "glue": folder(tmp_path / "glue", "mrpc", pair),
        "squad": folder(tmp_path / "squad", "plain_text", asked),
        "mrqa": folder(tmp_path / "mrqa", "plain_text", {**out, "subset": "RACE"}, out, split="test"),
    }
    source = HubSource("super_glue", None, others)
    assert [e.target for e in source.examples(tasks.by_name("mrpc"), "dev")] == ["equivalent"]
    assert [e.input for e in source.examples(tasks.by_name("squad"), "dev")] == ["question: q context: c"]
    assert [e.answers for e in source.examples(tasks.by_name("drop"), "dev")] == [("a",)]
    with pytest.raises(InputError, match=r"mrqa, test has no rows with subset BioASQ"):
        source.examples(tasks.by_name("bioasq"), "dev")
    with pytest.raises(InputError, match=r"task=drop is for evaluation only"):
        source.examples(tasks.by_name("drop"), "train")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("mrpc", "nyu-mll/glue (mrpc, validation)"),
        ("qqp", "nyu-mll/glue (qqp, validation)"),
        ("squad", "rajpurkar/squad (validation)"),
        ("re", "mrqa-workshop/mrqa (test)"),
        ("cb", "aps/super_glue (cb, validation)"),
    ],
)
def test_a_data_set_that_cannot_be_had_is_named_as_the_hub_names_it(
    name: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    source = HubConfig(name="hub", path="aps/super_glue", revision="main").open()
    with pytest.raises(InputError) as refused:
        source.examples(tasks.by_name(name), "dev")
    assert str(refused.value).startswith(f"{place} cannot be read from the hub: ")


def test_every_data_set_has_its_own_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit of SuperGLUE is none of GLUE: each can be pinned, and the one that was looked for is named."""
    monkeypatch.setattr(settings, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    source = HubConfig(name="hub", path="aps/super_glue", revision="abc", glue_revision="def").open()
    assert [source.revision_of(name) for name in ("path", "glue", "squad")] == ["abc", "def", "abc"]
    for task, named in (("cb", "validation) at revision abc"), ("mrpc", "validation) at revision def")):
        with pytest.raises(InputError, match=re.escape(named)):
            source.examples(tasks.by_name(task), "dev")


@pytest.mark.parametrize(
    "surroundings",
    [
        {"HF_HUB_OFFLINE": "1"},
        # A name that never resolves, and a port on which nobody listens: no network.
        {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://hub.invalid"},
        {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9"},
    ],
)
@pytest.mark.slow
def test_an_unreachable_hub_ends_soon_and_names_the_other_sources(tmp_path: Path, surroundings: dict[str, str]) -> None:
    script = (
        "import time, datasets, huggingface_hub; start = time.monotonic()\n"
        "from softscale import tasks; from softscale.sources.hub import HubSource\n"
        "try: HubSource('super_glue').examples(tasks.by_name('cb'), 'dev')\n"
        "except ValueError as error: print(error)\n"
        "print(time.monotonic() - start)"
    )
    clean = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    environment = {**clean, "HF_HOME": str(tmp_path), **surroundings}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    message, seconds = run.stdout.splitlines()
    assert message.startswith("super_glue (cb, validation) cannot be read from the hub: ")
    assert "data=local data.root=DIR" in message
    assert "data=miniature" in message
    assert float(seconds) < 5

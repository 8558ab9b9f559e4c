"""usage: softscale new-task FILE [input=COLUMN,…] [target=COLUMN] [name=NAME] [to=DIR] [model=… [model.path=DIR]]

Looks at a CSV or JSONL file and writes a task for it: DIR/task/NAME.yaml, by default in softscale's own conf/. Prints
what it took for input, target and labels, and the command that trains on the file. Never overwrites a file.

target  default: the column with a name such as label, answer or summary, or the last one
input   default: the other columns of text; several are read as `name: text name: text`
labels  where there are at most 20 short targets, each twice on average; free text otherwise
model   measures lengths by its tokenizer; default: a token for every 3 bytes, and t5_small_lm in the printed command

  softscale new-task reviews.csv
  softscale new-task qa.jsonl input=question,context target=answer name=my_qa model=local model.path=DIR
"""

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf

from softscale.commands.options import options
from softscale.config import ROOT, ModelConfig
from softscale.errors import InputError
from softscale.files import write_atomically
from softscale.sources.custom import READERS
from softscale.sources.readers.examples import read_examples
from softscale.tasks import Example
from softscale.tasks.custom import Custom, CustomTask
from softscale.tasks.proposal import Proposal, propose

KEYS = ("input", "target", "name", "to", "model", "model.path")
DEV_SHARE = 0.2
BYTES = 3  # a token; T5's has about 4 of English
MOST_INPUT = 512  # tokens, as for the paper's tasks
DEFAULT_MODEL = "t5_small_lm"


def main(arguments: Sequence[str]) -> int:
    files = [argument for argument in arguments if argument.partition("=")[0] not in KEYS]
    if len(files) != 1:
        raise InputError("new-task takes one file: softscale new-task FILE.csv, or FILE.jsonl")
    values = options("new-task", [argument for argument in arguments if argument not in files], KEYS, needed=())
    path = Path(files[0]).expanduser()
    folder = Path(values["to"]).expanduser() if "to" in values else ROOT / "conf"
    name = _name(path, values.get("name"))
    written = folder / "task" / f"{name}.yaml"
    for taken in (ROOT / "conf" / "task" / f"{name}.yaml", written):
        if taken.exists():
            raise InputError(f"{taken} is there already: choose another name with name=NAME")
    rows = _rows(path)
    try:
        proposal = propose([record for _, record in rows], _columns(values.get("input")), values.get("target"))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    config = _config(name, proposal, input_length=MOST_INPUT, target_length=MOST_INPUT)
    examples = list(read_examples(path, rows, Custom(config), "train", ""))
    model = _model(values)
    lengths = _measured(config, examples, model)
    text = _yaml(path, config, lengths)
    write_atomically(written, text.encode())
    _say(proposal, len(examples), config, written)
    print(f"\nnext:\n  {_next(path, name, model, folder if 'to' in values else None)}")
    return 0


def _columns(typed: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(typed.split(","))) if typed else ()


def _name(path: Path, typed: str | None) -> str:
    name = typed if typed is not None else re.sub(r"\W+", "_", path.stem, flags=re.ASCII).strip("_")
    if not name:
        raise InputError(f"{path} gives the task no name: choose one with name=NAME")
    _config(name, Proposal(("a",), "b", None, ["accuracy"]), 1, 1)  # which refuses a name that cannot be one
    return name


def _rows(path: Path) -> list[tuple[str, Any]]:
    """The records of the file with their places. Raises InputError where it has none, or is no file of that kind."""
    if path.suffix not in READERS:
        raise InputError(f"{path} is not allowed: the file must end in {' or '.join(READERS)}")
    if not path.is_file():
        raise InputError(f"{path} is not a file")
    rows = list(READERS[path.suffix](path))
    if not rows:
        raise InputError(f"{path} has no rows: a task is made of examples")
    return rows


def _config(name: str, proposal: Proposal, input_length: int, target_length: int) -> CustomTask:
    config = CustomTask(
        name=name,
        input_length=input_length,
        target_length=target_length,
        template=proposal.template,
        target=proposal.target,
        labels=proposal.labels,
        metric=proposal.metric,
    )
    config.check()
    return config


def _model(values: dict[str, str]) -> ModelConfig | None:
    """The model that was named, or none."""
    typed = [f"{key}={values[key]}" for key in ("model", "model.path") if key in values]
    if not typed:
        return None
    from softscale.compose.cells import hydra_session, single

    with hydra_session():
        return single(typed).config.model


def _measured(config: CustomTask, examples: Sequence[Example], model: ModelConfig | None) -> dict[str, str]:
    """Sets the lengths of `config` by its examples; how each was measured. Raises InputError for unwritable labels."""
    texts = {
        "input": [example.input for example in examples],
        "target": list(Custom(config).labels) or [text for example in examples for text in example.right_ones],
    }
    if model is None:
        counts = {kind: [-(-len(text.encode()) // BYTES) for text in each] for kind, each in texts.items()}
        how = f"tokens, at {BYTES} bytes a token"
    else:
        from softscale.backbone.load import load_tokenizer
        from softscale.backbone.text import input_ids, target_ids
        from softscale.data.writable import check_labels

        tokenizer = load_tokenizer(model)
        check_labels(Custom(config), tokenizer, None)
        ids = {"input": input_ids(tokenizer, texts["input"]), "target": target_ids(tokenizer, texts["target"])}
        counts = {kind: list(map(len, each)) for kind, each in ids.items()}
        how = f"tokens of model={model.name}"
    longest = {kind: max(each) for kind, each in counts.items()}
    config.input_length = min(_rounded(longest["input"], 32), MOST_INPUT)
    config.target_length = _rounded(longest["target"], 8)
    return {kind: f"the longest {kind} has {count} {how}" for kind, count in longest.items()}


def _rounded(count: int, step: int) -> int:
    return -(-count // step) * step


def _yaml(path: Path, config: CustomTask, lengths: dict[str, str]) -> str:
    """The task as a file of conf/task/. Raises InputError for a text that YAML or OmegaConf would read as another."""
    labels = "null" if config.labels is None else _quoted(config.labels)
    text = f"""# Made by softscale new-task from {_quoted(path.name)}.
defaults: [custom_schema]
name: {_quoted(config.name)}
input_length: {config.input_length} # {lengths["input"]}; longer training inputs are cut
target_length: {config.target_length} # {lengths["target"]}
template: {_quoted(config.template)}
target: {_quoted(config.target)}
labels: {labels}
metric: {_quoted(config.metric)} # the first of several selects the best step
"""
    made = OmegaConf.create(text)
    read: Any = OmegaConf.to_container(made, resolve=True)
    missing = OmegaConf.missing_keys(made)  # where a text is ???, which is OmegaConf's for no value
    for field, value in asdict(config).items():
        if field in read and (read[field] != value or any(key.startswith(field) for key in missing)):
            raise InputError(f"{field} {value!r} cannot stand in a YAML file: change it in {path}")
    return text


def _quoted(value: Any) -> str:
    """YAML in one line, every text in double quotes; a dollar and a brace are no reference to another field."""
    if isinstance(value, list):
        return f"[{', '.join(map(_quoted, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_quoted(key)}: {_quoted(item)}' for key, item in value.items())} }}"
    plain = value.replace("${", "\\${")
    return yaml.safe_dump(plain, default_style='"', allow_unicode=True, width=1 << 30).strip()


def _say(proposal: Proposal, count: int, config: CustomTask, written: Path) -> None:
    kind = "free text" if config.labels is None else f"labels {', '.join(Custom(config).labels)}"
    print(f"{count} rows; input: {', '.join(proposal.inputs)}; target: {proposal.target} ({kind})")
    print(f"template: {config.template}")
    metrics = [config.metric] if isinstance(config.metric, str) else config.metric
    print(f"lengths: {config.input_length} and {config.target_length} tokens; metrics: {', '.join(metrics)}")
    print(f"task: {written}")


def _next(path: Path, name: str, model: ModelConfig | None, folder: Path | None) -> str:
    """The command that trains on the file, for a shell."""
    words = ["softscale", "train", f"model={model.name if model else DEFAULT_MODEL}"]
    if model and model.source == "folder":
        words.append(_override("model.path", model.path))
    if model and model.source == "miniature":
        words.append("ladder=miniature")
    words += ["data=custom", _override("data.train", str(path)), f"data.dev_share={DEV_SHARE}", f"task={name}"]
    if folder is not None:
        words.append(f"hydra.searchpath=[{_hydra(os.path.abspath(folder))}]")
    return " ".join(map(shlex.quote, words))


def _override(key: str, value: str) -> str:
    return f"{key}={_hydra(value)}"


def _hydra(value: str) -> str:
    """As Hydra's grammar reads it back: in quotes, but for plain paths."""
    if re.fullmatch(r"[A-Za-z/.][A-Za-z0-9_/.-]*", value):
        return value
    escaped = value.replace('"', '\\"').replace("${", "\\${")
    return f'"{escaped}"'

"""Tokenised examples, kept on disk and shared by the runs of a sweep."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from datasets import Dataset, concatenate_datasets, disable_progress_bars, load_from_disk
from filelock import FileLock
from transformers import PreTrainedTokenizerBase

from softscale.backbone.text import cut, input_holds_control, input_ids, joiner_of, target_ids
from softscale.config import TaskConfig
from softscale.data.writable import unwritable
from softscale.errors import InputError
from softscale.files import sync_folder, writable
from softscale.sources.source import Source
from softscale.tasks.sentinel import SENTINEL
from softscale.tasks.task import Example, Task


@dataclass(frozen=True)
class Tokenised:
    """One split of one task: token ids on disk, and how many examples are of some kind that must be known.

    cut: inputs that were longer than the limit. unknown: examples with pieces that the tokenizer does not know.
    control: inputs in which a name such as `</s>` became the piece of that name.
    unwritable: targets of free text that generation can never write as they are scored.
    counts: the number of examples of each task where they were `joined`.
    """

    rows: Dataset
    cut: int
    unknown: int
    control: int = 0
    unwritable: int = 0
    counts: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def examples(self) -> list[Example]:
        stored = map(json.loads, self.rows["example"][:])
        return [Example(**(fields | {"answers": tuple(fields["answers"])})) for fields in stored]

    def ids(self, indices: Sequence[int]) -> tuple[list[list[int]], list[list[int]]]:
        """Token ids of the inputs and of the targets at these indices."""
        chosen = self._only_ids[list(indices)]
        return chosen["input_ids"], chosen["target_ids"]

    @cached_property
    def _only_ids(self) -> Dataset:
        return self.rows.select_columns(["input_ids", "target_ids"])

    def lengths(self) -> list[int]:
        """Tokens of each input."""
        return [len(row) for row in self.rows["input_ids"][:]]

    def reworded(self, inputs: Sequence[str], tokenizer: PreTrainedTokenizerBase) -> "Tokenised":
        """The same examples with these inputs, one each and uncut.

        Held in memory: the wording is drawn anew for each seed, and what is on disk stays the task's text form.
        """
        examples = [replace(example, input=text) for example, text in zip(self.examples(), inputs, strict=True)]
        kept = {name: self.rows[name][:] for name in ("target_ids", "unwritable")}
        return _counted(Dataset.from_dict(_rows(examples, None, [], tokenizer) | kept))


def tokenised(
    task: Task,
    config: TaskConfig,
    source: Source,
    split: str,
    limit: int | None,
    tokenizer: PreTrainedTokenizerBase,
    cache: Path,
) -> Tokenised:
    """The examples of `split` as token ids, made once and then read from `cache`.

    Training inputs are cut to `config.input_length` tokens with EOS; others are not, as in t5x's infer_eval.

    Raises:
        InputError: the source cannot give the examples, the vocabulary has no sentinel that they need, or `cache`
            cannot be written.
    """
    longest = config.input_length if split == "train" else None
    opening = [_sentinel(tokenizer)] if config.sentinel else []
    asked = [source.version(task, split), task.version, limit, longest, opening, config.target_length]
    parts = [*asked, tokenizer_sha256(tokenizer), code_sha256()]
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
    folder = writable(cache) / f"{task.name}_{split}_{key}"
    with FileLock(f"{folder}.lock"):
        rows = _stored(folder)
        if rows is None:
            examples = source.examples(task, split, limit)
            made = _rows(examples, longest, opening, tokenizer)
            _write(folder, made | {"unwritable": unwritable(task, examples, tokenizer, config.target_length)})
            rows = _stored(folder)
    if rows is None:
        raise InputError(f"the folder {folder} does not hold what was written there: choose another runtime.runs")
    return _counted(rows)


def joined(parts: Sequence[Tokenised]) -> Tokenised:
    """The examples of several tasks, end to end."""
    rows = concatenate_datasets([part.rows for part in parts])
    counts = tuple(len(part) for part in parts)
    return _counted(rows, counts)


def _counted(rows: Dataset, counts: tuple[int, ...] = ()) -> Tokenised:
    cut, unknown, control, unwritten = (sum(rows[name][:]) for name in ("cut", "unknown", "control", "unwritable"))
    return Tokenised(rows, cut, unknown, control, unwritten, counts)


def _sentinel(tokenizer: PreTrainedTokenizerBase) -> int:
    ids = tokenizer.get_vocab()
    if SENTINEL not in ids:
        raise InputError(f"task.sentinel=true is not allowed: the model's vocabulary has no {SENTINEL}")
    return ids[SENTINEL]


def code_sha256() -> str:
    """Hash of this package's code: text forms and readers decide what is in the cache."""
    files = sorted(Path(__file__).parents[1].rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def tokenizer_sha256(tokenizer: PreTrainedTokenizerBase) -> str:
    """Of its pieces, and of what stands between an input and its target where they are one text."""
    vocabulary = json.dumps(tokenizer.get_vocab(), sort_keys=True) + (joiner_of(tokenizer) or "")
    return hashlib.sha256(vocabulary.encode()).hexdigest()


def _rows(
    examples: list[Example], longest: int | None, opening: list[int], tokenizer: PreTrainedTokenizerBase
) -> dict[str, Any]:
    """The columns of a split: inputs cut to `longest` tokens but for their ending, targets with `opening` in front."""
    full = input_ids(tokenizer, [example.input for example in examples])
    inputs = full if longest is None else cut(tokenizer, full, longest)
    targets = target_ids(tokenizer, [example.target for example in examples])
    unknown = tokenizer.unk_token_id
    return {
        "input_ids": inputs,
        "target_ids": [[*opening, *row] for row in targets],
        "example": [json.dumps(asdict(example)) for example in examples],
        "cut": [len(row) != len(whole) for row, whole in zip(inputs, full, strict=True)],
        "unknown": [unknown in row or unknown in target for row, target in zip(inputs, targets, strict=True)],
        "control": [input_holds_control(tokenizer, row) for row in full],
    }


SUMS = "sha256.json"  # of every other file of a cache, by its name


def _stored(folder: Path) -> Dataset | None:
    """What is in a folder of the cache; None where nothing is, or where it is not what was written."""
    try:
        sums = json.loads((folder / SUMS).read_bytes())
        if sums != _sums(folder):
            return None
        rows = load_from_disk(str(folder))
    except Exception:  # whatever a damaged file, or one of another version of datasets, makes its readers say
        return None
    return rows if isinstance(rows, Dataset) else None


def _sums(folder: Path) -> dict[str, str]:
    sums = {}
    for path in sorted(folder.iterdir()):
        if path.name != SUMS:
            with path.open("rb") as file:
                sums[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return sums


def _write(folder: Path, rows: dict[str, Any]) -> None:
    """Store under a temporary name, sync, rename: a kill or a power cut leaves no half-written cache.

    What is at `folder` already is damaged, and is replaced.
    """
    disable_progress_bars()
    temporary = folder.with_suffix(".part")
    for old in (temporary, folder):
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)
    Dataset.from_dict(rows).save_to_disk(str(temporary))
    (temporary / SUMS).write_text(json.dumps(_sums(temporary)))
    sync_folder(temporary)
    temporary.rename(folder)

"""Where a task's official files are: below `data.root`, and on the hub."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class OfficialFiles:
    """The names under which a data set is published. A split that is not named has no public labels.

    files: by split, paths below `data.root`; the first that is there is read, its form told by its ending:
        .jsonl (or .jsonl.gz) one record a line, .json SQuAD's nested form, .tsv GLUE's table without quotes.
    hub: which field of `data=hub` names the data set on the hub.
    hub_config: its configuration there, where it has several.
    hub_splits: by split, its name there.
    hub_subset: only rows with this value in their column `subset` are the task's.
    short_lines: whether lines of a .tsv that lack columns are left out, and said to be, or refused.
    """

    files: Mapping[str, tuple[str, ...]]
    hub: str
    hub_config: str | None = None
    hub_splits: Mapping[str, str] = field(default_factory=lambda: {"train": "train", "dev": "validation"})
    hub_subset: str | None = None
    short_lines: bool = False


def superglue(folder: str, config: str) -> OfficialFiles:
    """A task of the SuperGLUE v2 download, `folder`/{train,val}.jsonl."""
    files = {"train": (f"{folder}/train.jsonl",), "dev": (f"{folder}/val.jsonl",)}
    return OfficialFiles(files=files, hub="path", hub_config=config)


def glue(folder: str, config: str, short_lines: bool = False) -> OfficialFiles:
    """A task of the GLUE download, `folder`/{train,dev}.tsv."""
    files = {split: (f"{folder}/{split}.tsv",) for split in ("train", "dev")}
    return OfficialFiles(files=files, hub="glue", hub_config=config, short_lines=short_lines)


def squad() -> OfficialFiles:
    """SQuAD v1.1: the official nested JSON, or one question a line."""
    files = {
        split: (f"squad/{split}-v1.1.json", f"{split}-v1.1.json", f"squad/{split}.jsonl") for split in ("train", "dev")
    }
    return OfficialFiles(files=files, hub="squad")


def mrqa(subset: str, *others: str) -> OfficialFiles:
    """An out-of-domain set of the MRQA 2019 shared task: labelled, but for evaluation only."""
    names = [
        f"{folder}{name}.jsonl{end}" for folder in ("mrqa/", "") for name in (subset, *others) for end in ("", ".gz")
    ]
    return OfficialFiles(files={"dev": tuple(names)}, hub="mrqa", hub_splits={"dev": "test"}, hub_subset=subset)

"""Plain text files as pieces of token ids on disk: a document is a line or a file, packed with gzip or not."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from softscale.backbone.text import text_ids
from softscale.errors import InputError
from softscale.files import sync_folder, writable
from softscale.sources.readers.opened import numbered_lines, opened

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TOGETHER = 1000  # documents that are tokenised at a time


class Text:
    """Pieces of token ids, read from disk one by one; `facts` say which text it is, whatever its path."""

    def __init__(self, folder: Path) -> None:
        self.facts: dict[str, Any] = json.loads((folder / "facts.json").read_text())["facts"]
        self._ends = np.load(folder / "ends.npy")
        self._tokens = np.memmap(folder / "tokens", dtype=np.int32, mode="r") if len(self._ends) else np.empty(0)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, index: int) -> list[int]:
        start = self._ends[index - 1] if index else 0
        return self._tokens[start : self._ends[index]].tolist()


def tokenised_text(
    path: str, document: str, tokenizer: PreTrainedTokenizerBase, length: int, joins: bool, cache: Path
) -> Text:
    """The text of a file or of the files below a folder in pieces of 2 to `length` tokens, without EOS.

    Made once and then read from `cache`, as long as files, tokenizer and code are the same.

    Args:
        document: what a document is, `line` or `file`.
        joins: a piece may go on from one document to the next; otherwise each document is cut by itself.

    Raises:
        InputError: there is no text at `path`, it cannot be read or is not UTF-8, or `cache` cannot be written.
    """
    from softscale.data.tokenised import code_sha256, tokenizer_sha256

    files = files_of(path)
    seen = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    key = json.dumps([seen, document, length, joins, tokenizer_sha256(tokenizer), code_sha256()])
    if not _is_whole(cache, key):
        part = cache.with_name(f"{cache.name}.part")
        for old in (cache, part):
            shutil.rmtree(old, ignore_errors=True)
        texts = itertools.chain.from_iterable(DOCUMENTS[document](file) for file in files)
        facts = _write(writable(part), pieces(_ids(texts, tokenizer), length, joins))
        (part / "facts.json").write_text(json.dumps({"key": key, "facts": facts}))
        sync_folder(part)
        part.rename(cache)
    return Text(cache)


def _is_whole(cache: Path, key: str) -> bool:
    """Whether a cache holds what was written there for `key`; a kill may have come while it was removed."""
    try:
        stored = json.loads((cache / "facts.json").read_text())
        with (cache / "tokens").open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        digest.update(np.load(cache / "ends.npy").tobytes())
        return stored["key"] == key and stored["facts"]["sha256"] == digest.hexdigest()
    except (OSError, ValueError, KeyError, TypeError):
        return False


def files_of(path: str) -> list[Path]:
    """The file, or the files below the folder in the order of their names; hidden ones are left out.

    Raises:
        InputError: there are none.
    """
    root = Path(path).expanduser()
    if root.is_file():
        return [root]
    if not root.is_dir():
        raise InputError(f"text={path} is neither a file nor a folder: name one with plain text, .gz or not")
    files = [file for file in sorted(root.rglob("*")) if file.is_file() and not _hidden(file.relative_to(root))]
    if not files:
        raise InputError(f"text={path} holds no files: name a folder with plain text, .gz or not")
    return files


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a file that are not blank."""
    with opened(path) as file:
        yield from (text for _, text in numbered_lines(file, path) if text.strip())


def whole_of(path: Path) -> Iterator[str]:
    yield "\n".join(lines_of(path))


DOCUMENTS = {"line": lines_of, "file": whole_of}


def _ids(texts: Iterator[str], tokenizer: PreTrainedTokenizerBase) -> Iterator[list[int]]:
    while some := list(itertools.islice(texts, TOGETHER)):
        yield from text_ids(tokenizer, some)


def pieces(documents: Iterable[list[int]], length: int, joins: bool) -> Iterator[list[int]]:
    """Documents cut every `length` tokens, where `joins` laid end to end before; pieces of one token are left out."""
    rest: list[int] = []
    for tokens in documents:
        rest += tokens
        cut = [rest[i : i + length] for i in range(0, len(rest), length)]
        rest = cut.pop() if joins and cut else []
        yield from (piece for piece in cut if len(piece) > 1)
    if len(rest) > 1:
        yield rest


def _write(folder: Path, found: Iterable[list[int]]) -> dict[str, Any]:
    """Write the pieces end to end, and where each ends; returns their facts."""
    ends, total, digest = array("q"), 0, hashlib.sha256()
    with (folder / "tokens").open("wb") as file:
        for piece in found:
            content = np.asarray(piece, dtype=np.int32).tobytes()
            file.write(content)
            digest.update(content)
            total += len(piece)
            ends.append(total)
    digest.update(ends.tobytes())
    np.save(folder / "ends.npy", np.asarray(ends, dtype=np.int64))
    return {"pieces": len(ends), "tokens": total, "sha256": digest.hexdigest()}

"""The claims of the paper and their verdicts, as `softscale claims` wrote them to `results/claims.md`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAMES = ("paper", "claim", "here", "verdict", "rule")


def read_claims(results: Path) -> Mapping[str, Any]:
    """`words`: paragraphs above the first table; `groups`: title, rows by NAMES, experiments that they are judged by.

    Nothing where there is no such page.
    """
    page = results / "claims.md"
    if not page.is_file():
        return {"words": [], "groups": []}
    head, *parts = re.split(r"^## ", page.read_text(), flags=re.MULTILINE)
    words = [_plain(block) for block in head.split("\n\n") if block.strip() and not block.startswith("# ")]
    return {"words": words, "groups": [_group(part) for part in parts]}


def _group(part: str) -> dict[str, Any]:
    title, _, body = part.partition("\n")
    cells = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in body.splitlines() if line.startswith("| ")]
    rows = [dict(zip(NAMES, map(_plain, row), strict=False)) for row in cells[2:]]
    return {"title": title.strip(), "rows": rows, "experiments": re.findall(r"`([\w./-]+)`, ", body)}


def _plain(text: str) -> str:
    """Without the marks of Markdown that the page uses: bold and code."""
    return " ".join(text.replace("**", "").replace("`", "").split())

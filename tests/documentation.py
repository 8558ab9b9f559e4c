"""The pages that a user reads, and what tests read off them."""

import re

from softscale.config import ROOT

PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in [*ROOT.glob("*.md"), *sorted((ROOT / "docs").glob("*.md"))]
}


def code_blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def code_spans(page: str) -> list[str]:
    """Code within the text, on one line or broken over two."""
    text = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]


def commands(page: str) -> list[str]:
    """Every line of its shell blocks, with the continued ones joined, and what the text says of the same programs."""
    lines = "\n".join(code_blocks(page, "bash")).replace("\\\n", " ").splitlines()
    spans = [span for span in code_spans(page) if re.match(r"(softscale|make|pip|python|pre-commit|\.) ", span)]
    return [line for line in [*lines, *spans] if line.strip()]
